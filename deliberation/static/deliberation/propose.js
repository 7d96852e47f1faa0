// Writing a statement: suggestions come by themselves, and a draft outlives the page.

const form = document.querySelector("form[data-draft]");
const field = form?.elements.text;

// --- The draft. It stays in this tab, so that voting on a suggestion does not cost what was typed.

const tidy = (text) => text.trim().replace(/\s+/g, " ");

function keepDraft(form, field) {
  const name = `folkmoot-draft-${form.dataset.draft}`;
  const sent = [...document.querySelectorAll("[data-own]")].map((one) => tidy(one.textContent));
  const draft = sessionStorage.getItem(name) ?? "";
  if (sent.includes(tidy(draft))) {
    sessionStorage.removeItem(name);
  } else if (draft && !field.value) {
    field.value = draft;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const keep = () => sessionStorage.setItem(name, field.value);
  if (field.value) keep();
  field.addEventListener("input", keep);
}

// --- Suggestions. They never get in the way of who types.

function suggest(form) {
  const look = form.querySelector("[data-look]");
  const found = document.getElementById("similar");
  let shown = null;
  look.hidden = true; // htmx listens to the field instead
  found.addEventListener("htmx:beforeSwap", (event) => {
    const answer = event.detail.serverResponse;
    const reading = found.contains(document.activeElement);
    if (event.detail.xhr.status >= 500 || reading || answer === shown) {
      event.detail.shouldSwap = false;
    } else {
      shown = answer;
    }
  });
  // Nothing is lost when one does not come, so nobody is told.
  for (const trouble of ["htmx:sendError", "htmx:timeout"]) {
    look.addEventListener(trouble, (event) => event.stopPropagation());
  }
}

if (form) {
  keepDraft(form, field);
  suggest(form);
}
