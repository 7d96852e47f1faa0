// The moderation queue. A decision takes its card away and shows the next at once; it is sent
// meanwhile, one after the other, so that their order holds. What does not get through is kept
// and tried again. Without this script the same forms are sent by the browser.

const { announce, send } = window.folkmoot;

const FEW = 10; // with fewer cards than this, more are fetched
const REFUSED = [400, 403, 404, 409, 410, 422]; // trying the same again would not help
const WAITS_MS = [1000, 2000, 5000, 15_000];
const KEPT = 50; // cards of decisions that may still be taken back

// A job is a decision or an undo:
//   card, number  the card it is about; null for an undo of what was decided before this page
//   undo          whether it takes the decision back
//   action        where it is sent to
//   fields        what is sent; a second try sends the same
//   sent          whether it was tried: then the server may know of it
const jobs = []; // in order; the first may be on its way
const decided = new Map(); // number → card
let sending = false;
let tries = 0;
let timer = null;
let fetching = false;
let exhausted = false;

const list = document.getElementById("cards");
const words = (name) => document.getElementById("queue-words").dataset[name];
const cards = () => [...list.querySelectorAll("[data-card]")];
const current = () => list.querySelector("[data-current]");
const lastForm = () => document.getElementById("queue-last");

// --- The card that keys act on

function choose(card, focus = true) {
  leave(current());
  if (!card) return;
  card.setAttribute("data-current", "");
  card.setAttribute("data-keyed", "");
  const reasons = card.querySelector("[data-reject]");
  if (reasons) reasons.open = true;
  if (focus) {
    card.querySelector("h3").focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }
}

function leave(card) {
  card?.removeAttribute("data-current");
  card?.removeAttribute("data-keyed");
}

function ready(card) {
  const skip = card.querySelector("[data-skip]");
  if (skip) skip.hidden = false;
}

function after(card) {
  const next = card.nextElementSibling ?? card.previousElementSibling;
  return next?.matches("[data-card]") ? next : null;
}

// --- More cards

async function fetchMore() {
  if (fetching || exhausted || cards().length >= FEW) return;
  fetching = true;
  const shown = [...cards().map((card) => card.dataset.number), ...jobs.map((job) => job.number)];
  const address = new URL(list.dataset.more, location.href);
  address.searchParams.set("shown", shown.join(","));
  const fresh = await read(address);
  fetching = false;
  if (!fresh) return; // asked again with the next decision
  exhausted = fresh.length === 0;
  for (const card of fresh) {
    if (document.getElementById(`card-${card.dataset.number}-title`)) continue;
    if (jobs.some((job) => job.number === card.dataset.number)) continue;
    ready(card);
    list.append(card);
  }
  if (!current()) choose(cards()[0]);
  finish();
}

async function read(address) {
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.getElementById("more");
    return found ? [...found.querySelectorAll("[data-card]")] : null;
  } catch {
    return null;
  }
}

// The page says what is left, once everything is saved and there is no card to show.
function finish() {
  if (!cards().length && !jobs.length && exhausted) location.reload();
}

// --- Deciding and taking back

function decide(form, submitter) {
  const card = form.closest("[data-card]");
  const fields = new URLSearchParams(new FormData(form));
  fields.set(submitter.name, submitter.value);
  const job = { card, number: card.dataset.number, undo: false, action: form.action, fields };
  const next = after(card);
  leave(card);
  card.remove();
  decided.set(job.number, card);
  if (decided.size > KEPT) decided.delete(decided.keys().next().value);
  choose(next);
  showLast(job, submitter.value === "accept" ? "accepted" : "rejected");
  jobs.push(job);
  pump();
  fetchMore();
}

function showLast(job, what) {
  const form = lastForm();
  form.hidden = false;
  form.elements.statement.value = job.number;
  form.querySelector("[data-what]").textContent = words(what);
  const quote = document.createElement("q");
  quote.dataset.text = "";
  const text = job.card.querySelector(".card__text");
  quote.textContent = text.textContent.trim();
  quote.lang = text.lang;
  quote.dir = text.dir;
  form.querySelector("[data-text]").replaceWith(quote);
}

function undo(form) {
  const number = form.elements.statement.value;
  const last = jobs.at(-1);
  form.hidden = true; // until the answer says what can be taken back before this
  if (last && last.number === number && !last.undo && !last.sent) {
    jobs.pop();
    putBack(last.card);
    settle();
    return;
  }
  const fields = new URLSearchParams(new FormData(form));
  jobs.push({ card: decided.get(number) ?? null, number, undo: true, action: form.action, fields });
  pump();
}

function putBack(card) {
  ready(card);
  list.prepend(card);
  choose(card);
}

// --- Sending

async function pump() {
  if (sending || !jobs.length) return;
  sending = true;
  clearTimeout(timer);
  const job = jobs[0];
  job.sent = true;
  const answer = await send(job.action, job.fields);
  sending = false;
  const said = answer.page.getElementById("decided");
  if (said) stored(job, said);
  else if (REFUSED.includes(answer.status)) refused(job, answer);
  else failed(answer);
}

function stored(job, said) {
  jobs.shift();
  tries = 0;
  announce(said);
  if (job.undo) {
    if (!job.card) location.reload();
    else putBack(job.card);
    decided.delete(job.number);
  }
  if (!jobs.length) {
    const fresh = said.querySelector("#queue-last");
    const focused = lastForm().contains(document.activeElement);
    lastForm().replaceWith(fresh);
    if (focused) fresh.querySelector("button").focus();
    document.getElementById("queue-tabs").replaceWith(said.querySelector("#queue-tabs"));
  }
  settle();
  pump();
}

function settle() {
  trouble(null);
  if (!list) return; // nothing waited: there is only the bar, and the page is loaded anew
  fetchMore();
  finish();
}

// The card comes back with what the server said: decided by somebody else, closed, not yours. It
// takes no keys away from the card one looks at now.
function refused(job, { status, page }) {
  jobs.shift();
  tries = 0;
  trouble(null);
  const told = page.querySelector(".error-summary ul, .lead")?.textContent.trim() ?? "";
  const notice = noticeOf(words("refused"), told);
  if (lastForm().elements.statement.value === job.number) lastForm().hidden = true;
  if (job.card && !job.undo) {
    job.card.querySelector("[data-refused]")?.remove();
    notice.dataset.refused = "";
    notice.append(linkTo(job.action, words("now")));
    job.card.prepend(notice);
    const form = job.card.querySelector("[data-decide]");
    form.inert = form.hidden = status !== 422;
    decided.delete(job.number);
    list.prepend(job.card);
    if (!current()) choose(job.card);
  } else {
    document.getElementById("queue-trouble").replaceChildren(notice);
  }
  document.getElementById("live").textContent = notice.textContent;
  pump();
}

function failed({ status, page, redirect }) {
  const wait = WAITS_MS[Math.min(tries, WAITS_MS.length - 1)];
  tries += 1;
  if (tries === 1 || redirect) trouble(page, redirect);
  count();
  if (!redirect || status === 0) timer = setTimeout(pump, wait);
}

// --- What went wrong, in the bar, with a button that tries at once

function trouble(page, redirect) {
  const place = document.getElementById("queue-trouble");
  if (page === null) {
    place.replaceChildren();
    return;
  }
  const notice = document.getElementById("trouble").content.firstElementChild.cloneNode(true);
  const [title, text] = notice.querySelectorAll("p");
  const told = page.querySelector("h1");
  if (told) title.textContent = told.textContent;
  text.textContent = redirect ? words("signedOut") : words("again");
  if (redirect) {
    const link = linkTo(new URL(redirect, location.href).pathname, words("signIn"));
    link.target = "_blank";
    text.append(" ", link);
  }
  text.append(Object.assign(document.createElement("span"), { className: "queue-left" }));
  notice.querySelector("button").addEventListener("click", () => tryNow(redirect));
  place.replaceChildren(notice);
}

function count() {
  const left = document.querySelector("#queue-trouble .queue-left");
  if (left) left.textContent = ` ${words("left").replace("{n}", jobs.length)}.`;
}

function linkTo(href, textContent) {
  return Object.assign(document.createElement("a"), { href, textContent });
}

async function tryNow(signedOut) {
  if (signedOut) await freshToken();
  pump();
}

// Whoever signs in again has another token; what waits to be sent must carry it.
async function freshToken() {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = page.querySelector("#queue [name=csrfmiddlewaretoken]")?.value;
  if (!token) return;
  for (const job of jobs) job.fields.set("csrfmiddlewaretoken", token);
  for (const field of document.getElementsByName("csrfmiddlewaretoken")) field.value = token;
}

function noticeOf(title, text) {
  const notice = document.createElement("div");
  notice.className = "notice notice--warning";
  for (const [name, content] of [["notice__title", title], ["", text]]) {
    notice.append(Object.assign(document.createElement("p"), { className: name, textContent: content }));
  }
  return notice;
}

// --- What people do

if (list?.dataset.more) {
  for (const card of cards()) ready(card);
  document.querySelector(".queue-bar__moves").hidden = false;
  const named = document.getElementById(location.hash.slice(1))?.closest("[data-card]");
  // A finger begins at the top of the page, a keyboard at the first card.
  choose(named ?? cards()[0], named !== undefined || matchMedia("(hover: hover)").matches);
}

// A card opens when it is chosen. Under a pointer that waits for the end of the click: what moves
// meanwhile would take the button away from it.
let pressing = false;
addEventListener("pointerdown", () => (pressing = true), true);
for (const end of ["pointerup", "pointercancel", "keydown"]) {
  addEventListener(end, () => (pressing = false), true);
}

document.addEventListener("focusin", (event) => {
  const card = event.target.closest("#cards [data-card]");
  if (card && card !== current() && !pressing) choose(card, false);
});

document.addEventListener("click", (event) => {
  const card = event.target.closest("#cards [data-card]");
  if (!card || card === current()) return;
  if (event.target.closest("[data-reject] > summary")) event.preventDefault(); // choosing opens it
  choose(card, false);
});

// The second press of a double click was meant for the card before.
document.addEventListener(
  "click",
  (event) => {
    if (event.detail > 1 && event.target.closest("#queue button")) event.preventDefault();
  },
  true,
);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("#cards [data-decide]")) {
    event.preventDefault();
    if (event.submitter?.name) decide(form, event.submitter);
  } else if (form.matches("[data-undo]")) {
    event.preventDefault();
    undo(form);
  }
});

document.addEventListener("click", (event) => {
  const skip = event.target.closest("[data-skip]");
  const move = event.target.closest("[data-move]");
  if (skip) {
    const card = skip.closest("[data-card]");
    const next = after(card);
    list.append(card);
    choose(next ?? card);
  } else if (move) {
    const all = cards();
    choose(all[all.indexOf(current()) + Number(move.dataset.move)] ?? current());
  }
});

// Enter in the note goes back to the card, where a key says why.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("#cards [data-note]")) return;
  event.preventDefault();
  choose(event.target.closest("[data-card]"));
});

addEventListener("online", pump);

// --- Leaving

addEventListener("beforeunload", (event) => {
  if (jobs.length > 1 || (jobs.length && !sending)) event.preventDefault();
});

// What is on its way goes on by itself; the rest is sent without waiting for an answer.
addEventListener("pagehide", () => {
  for (const job of jobs.slice(sending ? 1 : 0)) send(job.action, job.fields);
});
