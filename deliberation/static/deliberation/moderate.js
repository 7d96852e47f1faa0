// Keys of the moderation queue: a accepts, r goes to the reason. They act on the card that
// holds the focus, and nowhere else, so that they never surprise anyone who types or listens.

function typing(target) {
  return target.closest("input:not([type=hidden]), textarea, select, [contenteditable]");
}

function openReasons(card) {
  const reject = card.querySelector("[data-reject]");
  if (!reject) return;
  reject.open = true;
  reject.querySelector("[data-reason]").focus();
}

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const card = event.target.closest("[data-card]");
  if (!card) return;
  if (event.key === "a") card.querySelector("[data-accept]")?.click();
  else if (event.key === "r") openReasons(card);
  else return;
  event.preventDefault();
});
