// Shows what needs passkeys where the browser knows them.
if (window.PublicKeyCredential) {
  for (const part of document.querySelectorAll("[data-needs-passkeys]")) part.hidden = false;
}

// A cancelled or refused passkey says so on the page.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  for (const trouble of document.querySelectorAll("[data-passkey-trouble]")) {
    trouble.hidden = false;
    trouble.focus();
  }
});
