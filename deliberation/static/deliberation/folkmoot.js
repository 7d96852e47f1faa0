// What pages gain when JavaScript runs. Without it everything still works.

const live = document.getElementById("live");
const SETTLE_MS = 350; // a second click this soon was meant for the card before
let swappedAt = -Infinity;

// --- After a swap: move the focus to the new heading and say what happened.

function announce(root) {
  const news = root.querySelector("[data-announce]");
  if (news && live) live.textContent = news.textContent.trim();
}

document.addEventListener("htmx:afterSettle", (event) => {
  swappedAt = performance.now();
  const root = event.target.isConnected ? event.target : document;
  announce(root);
  (root.querySelector("[data-focus]") ?? root).focus({ preventScroll: false });
  start(root);
});

// --- Double clicks: the second one must not land on the next card.

document.addEventListener(
  "submit",
  (event) => {
    const guarded = event.target.matches("[data-guard]");
    if (guarded && performance.now() - swappedAt < SETTLE_MS) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  },
  true,
);

// --- Trouble on the way: say so, keep the form, and offer to send the same thing again.

let lastButton = null;
document.addEventListener("click", (event) => {
  lastButton = event.target.closest("button[name]");
});

function showTrouble(event) {
  const form = event.target.closest("form");
  const template = document.getElementById("trouble");
  if (!form || !template) return;
  form.parentElement.querySelector("[data-trouble]")?.remove();
  const button = lastButton?.form === form ? lastButton : null;
  form.before(template.content.cloneNode(true));
  const again = form.parentElement.querySelector("[data-trouble] button");
  again.addEventListener("click", () => {
    again.closest("[data-trouble]").remove();
    if (button) button.click();
    else form.requestSubmit();
  });
  again.focus();
}

document.addEventListener("htmx:sendError", showTrouble);
document.addEventListener("htmx:timeout", showTrouble);

// --- Small helpers on fields: characters left, copy.

function count(counter, field) {
  const left = Number(counter.dataset.limit) - [...field.value.trim()].length;
  const words = left < 0 ? counter.dataset.over : counter.dataset.left;
  counter.textContent = words.replace("{n}", Math.abs(left));
  counter.classList.toggle("counter--over", left < 0);
}

function start(root) {
  for (const counter of root.querySelectorAll("[data-counter-for]")) {
    const field = document.getElementById(counter.dataset.counterFor);
    field.addEventListener("input", () => count(counter, field));
    count(counter, field);
  }
  for (const button of root.querySelectorAll("button[data-copy]")) {
    const field = document.getElementById(button.dataset.copy);
    button.addEventListener("click", async () => {
      field.select();
      await navigator.clipboard?.writeText(field.value);
      if (live) live.textContent = button.dataset.done;
    });
  }
  for (const button of root.querySelectorAll("button[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}

start(document);
document.querySelector(".error-summary")?.focus();
