// Votes in a list: each row is sent by itself and replaced by what the server answers.

const { announce, send, troubleNotice } = window.folkmoot;

// What had the focus has it again, if it is still there: else what the row says of itself.
function refocus(row, pressed) {
  const same = [...row.querySelectorAll("button[name]")].find(
    (one) => one.name === pressed.name && (one.value === pressed.value || one.name === "important"),
  );
  const told = row.querySelector(".notice [data-focus]") ?? row.querySelector("[data-focus]");
  const target = row.querySelector("details, .notice") ? told : (same ?? row.querySelector("button[name]"));
  target?.focus({ preventScroll: true });
}

async function vote(form, pressed, fields) {
  const row = form.closest("li");
  const trouble = row.querySelector("[data-trouble]");
  if (trouble) pressed.focus({ preventScroll: true }); // else the focus would be lost with it
  trouble?.remove();
  // The same words as last time are told again only if there were none in between.
  document.getElementById("live").textContent = "";
  row.setAttribute("aria-busy", "true");
  const answer = await send(form.action, fields);
  row.removeAttribute("aria-busy");
  const fresh = answer.page.getElementById(row.id);
  if (!fresh) {
    const notice = troubleNotice(answer, () => vote(form, pressed, fields));
    form.before(notice);
    notice.querySelector("button").focus();
    return;
  }
  const box = fresh.querySelector("input[type=checkbox]");
  if (box) box.checked = answer.status >= 400 && fields.has("important");
  row.replaceWith(fresh);
  const progress = answer.page.getElementById("list-progress");
  if (progress) document.getElementById("list-progress").replaceWith(progress);
  announce(answer.page);
  refocus(fresh, pressed);
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-row]");
  if (!form) return;
  event.preventDefault();
  const pressed = event.submitter;
  if (!pressed?.name || form.closest("[aria-busy]")) return;
  const fields = new URLSearchParams(new FormData(form));
  fields.set(pressed.name, pressed.value);
  vote(form, pressed, fields);
});
