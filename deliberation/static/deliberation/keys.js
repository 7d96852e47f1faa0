// Keys on the card, or on whatever carries data-keyed at the moment. Each button names its keys in
// data-keys; people can turn them off.

const { keep, recall } = window.folkmoot;

const hint = document.querySelector("[data-keys-hint]");
const toggle = document.querySelector("[data-keys-toggle]");
// Agree comes first in reading direction: the left arrow presses what is on the left.
const MIRRORED = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" };
let on = recall("keys") !== "off";

function show() {
  toggle.textContent = on ? toggle.dataset.on : toggle.dataset.off;
}

if (toggle) {
  hint.hidden = false;
  show();
  toggle.addEventListener("click", () => {
    on = !on;
    keep("keys", on ? "on" : "off");
    show();
  });
}

// The name of a key as in data-keys. Where a key writes no Latin letter, its place counts.
function nameOf(event) {
  if (document.documentElement.dir === "rtl" && event.key in MIRRORED) return MIRRORED[event.key];
  if (/^[^\x20-\x7e]$/.test(event.key)) return event.code.replace(/^(Key|Digit)/, "").toLowerCase();
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

function mayUse(name, control) {
  const { top, bottom } = control.getBoundingClientRect();
  // Arrows scroll while the buttons are out of sight.
  return !name.startsWith("Arrow") || (top >= 0 && bottom <= innerHeight);
}

const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable]";

document.addEventListener("keydown", (event) => {
  hint?.classList.add("keys--used"); // a tablet with a keyboard
  if (!on || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest(TYPING)) return;
  const name = nameOf(event);
  const controls = [...document.querySelectorAll("#card [data-keys], [data-keyed] [data-keys]")];
  const control = controls.find((one) => one.dataset.keys.split(" ").includes(name));
  if (!control || control.closest("[inert]") || !mayUse(name, control)) return;
  event.preventDefault();
  control.click();
  if (control.type === "checkbox") control.focus({ preventScroll: true }); // so that it is read out
});
