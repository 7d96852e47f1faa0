// The watch page asks again every half minute. Nothing moves while nothing is new, and what was
// unfolded stays so.

const ID = "watch";
let seen = null;
let unfolded = [];

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== ID) return;
  const tag = event.detail.xhr.getResponseHeader("ETag");
  if (tag !== null && tag === seen) event.detail.shouldSwap = false;
  seen = tag;
  const folds = document.querySelectorAll(`#${ID} details[open][id]`);
  unfolded = [...folds].map((fold) => fold.id);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of unfolded) {
    const fold = document.getElementById(id);
    if (fold) fold.open = true;
  }
});
