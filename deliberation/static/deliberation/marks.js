// Marking cards, to decide on many together: one by one, or all up to here with Shift and a click.

const bar = document.getElementById("together");
const marks = () => [...document.querySelectorAll("#cards [data-mark]")];
let lastMarked = null;

function show() {
  const n = marks().filter((mark) => mark.checked).length;
  const words = document.getElementById("queue-words").dataset.marked;
  bar.hidden = n === 0;
  bar.querySelector("[data-marked]").textContent = words.replace("{n}", n);
  bar.querySelector("[data-unmark]").hidden = false;
}

function markUpTo(mark) {
  const all = marks();
  const [from, to] = [all.indexOf(lastMarked), all.indexOf(mark)].sort((a, b) => a - b);
  if (from < 0) return;
  for (const one of all.slice(from, to + 1)) one.checked = mark.checked;
}

if (bar) {
  show();
  document.addEventListener("click", (event) => {
    const mark = event.target.closest("[data-mark]");
    if (!mark) return;
    if (event.shiftKey) markUpTo(mark);
    lastMarked = mark;
    show();
  });
  bar.addEventListener("reset", () => setTimeout(show));
  // A card that was decided on takes its mark along; one that comes back brings it.
  new MutationObserver(show).observe(document.getElementById("cards"), { childList: true });
}
