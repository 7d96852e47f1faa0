// Swiping as an extra: the statement is pushed towards a button, and letting go presses it.

const { keep, recall } = window.folkmoot;

const EDGE = 24; // the browser's own gestures begin here
const START = 12;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const hint = document.querySelector("[data-swipe-hint]");
let drag = null;

function done() {
  keep("swipe-hint", "off");
  if (hint) hint.hidden = true;
}

if (hint && recall("swipe-hint") !== "off") {
  hint.hidden = false;
  hint.querySelector("button").addEventListener("click", done);
}

// Who has zoomed in moves the page with a finger.
visualViewport?.addEventListener("resize", () => {
  document.documentElement.toggleAttribute("data-zoomed", visualViewport.scale > 1.05);
});

const enough = (width) => Math.max(72, width / 4);

// The button that lies where the finger goes, in either reading direction.
function buttonTowards(form, dx) {
  const both = [...form.querySelectorAll(".vote--agree, .vote--disagree")];
  both.sort((a, b) => a.getBoundingClientRect().left - b.getBoundingClientRect().left);
  return dx < 0 ? both[0] : both[1];
}

function follow(dx) {
  const { body, label } = drag;
  const button = buttonTowards(drag.form, dx);
  const share = Math.min(1, Math.abs(dx) / enough(body.clientWidth));
  if (!STILL.matches) body.style.transform = `translateX(${dx}px)`;
  label.textContent = button.textContent.trim();
  label.classList.toggle("swipe-label--right", dx > 0);
  label.classList.toggle("swipe-label--ready", share === 1);
  label.style.opacity = share;
}

function begin(event) {
  drag.on = true;
  drag.form = drag.body.closest("form");
  drag.label = document.createElement("span");
  drag.label.className = "swipe-label";
  drag.label.ariaHidden = "true";
  drag.form.append(drag.label);
  drag.body.setPointerCapture(event.pointerId);
}

function end() {
  if (drag?.on) {
    drag.body.style.transform = "";
    drag.label.remove();
  }
  drag = null;
}

document.addEventListener("pointerdown", (event) => {
  const body = event.target.closest("#card .statement__body");
  const inside = event.clientX > EDGE && event.clientX < innerWidth - EDGE;
  const zoomed = document.documentElement.hasAttribute("data-zoomed");
  if (!body || event.pointerType === "mouse" || !event.isPrimary || !inside || zoomed) return;
  drag = { body, x: event.clientX, y: event.clientY, on: false };
});

document.addEventListener("pointermove", (event) => {
  if (!drag || !event.isPrimary) return;
  const dx = event.clientX - drag.x;
  const dy = event.clientY - drag.y;
  if (!drag.on) {
    if (Math.hypot(dx, dy) < START) return;
    if (Math.abs(dx) < 1.5 * Math.abs(dy)) return end();
    begin(event);
  }
  follow(dx);
});

document.addEventListener("pointerup", (event) => {
  const dx = drag?.on ? event.clientX - drag.x : 0;
  const button = drag?.on && Math.abs(dx) >= enough(drag.body.clientWidth) && buttonTowards(drag.form, dx);
  end();
  if (!button) return;
  done();
  button.click();
});

document.addEventListener("pointercancel", end);
