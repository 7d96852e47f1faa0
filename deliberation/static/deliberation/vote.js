// The card. A press shows the next statement at once; the vote is sent meanwhile, and its answer
// brings what the card after that needs. One request at a time, so that their order holds.
// Without this script the same forms are sent by the browser.

const { announce, newKey, send, troubleNotice } = window.folkmoot;

const SETTLE_MS = 350; // a second press this soon was meant for the card before
const SLOW_MS = 600; // before this, "Saving…" would only flicker
const REFUSED = [403, 404, 409, 410, 422]; // trying the same again would not help

// A job is a vote or an undo:
//   form, value   what is sent; value is null for an undo
//   before        the card it was made on, which is brought back if it fails
//   after         the card shown meanwhile; null if only the answer can tell
//   fields        as they were sent the first time: a second try sends the same
let sending = null; // the job on its way
let waiting = null; // the vote on the card shown meanwhile; it needs the answer first
let stuck = null; // the job that did not get through; `waiting` is kept behind it
let slow = false;
let shownAt = -Infinity;

const current = () => document.getElementById("card");
const numberOn = (card) => card.querySelector("[data-vote] [name=statement]")?.value;
const words = (name) => document.getElementById("card-words").dataset[name];

// --- Showing

function put(card, focus = card.querySelector("[data-focus]")) {
  if (card !== current()) current().replaceWith(card);
  shownAt = performance.now();
  fit();
  focus?.focus({ preventScroll: true });
  if (card.getBoundingClientRect().top < 0) card.scrollIntoView();
}

// With very large letters the votes must not stick to the screen: they would fill it.
function fit() {
  const votes = document.querySelector("#card .votes");
  votes?.classList.toggle("votes--tall", votes.offsetHeight > 0.4 * innerHeight);
}

fit();
addEventListener("resize", fit);

// The card with the statement that was fetched ahead; null if there is none.
function following(card) {
  const ahead = card.querySelector("#card-next");
  if (!ahead) return null;
  const next = card.cloneNode(true);
  for (const old of next.querySelectorAll(".notice, .saving, #card-next")) old.remove();
  for (const button of next.querySelectorAll("[aria-pressed]")) button.removeAttribute("aria-pressed");
  const form = next.querySelector("[data-vote]");
  form.elements.statement.value = ahead.dataset.statement;
  form.elements.key.value = newKey();
  form.elements.next.value = "";
  if (form.elements.important) form.elements.important.checked = false;
  const heading = next.querySelector("[data-focus]");
  heading.textContent = ahead.content.textContent;
  heading.lang = ahead.lang;
  heading.dir = ahead.dir;
  const origin = next.querySelector("#card-origin");
  if (origin) origin.textContent = ahead.dataset.origin;
  const kin = next.querySelector("#card-kin");
  kin.hidden = !ahead.dataset.kin;
  kin.firstElementChild.textContent = ahead.dataset.kin ?? "";
  kin.firstElementChild.href = ahead.dataset.log ?? "";
  rest(next);
  return next;
}

// Undo names the vote before this one until the answer is there: nobody may press it.
function rest(card) {
  const last = card.querySelector("#card-last");
  if (last) last.inert = true;
}

// Take over what the answer says about a card that is shown already.
function adopt(card, answer) {
  for (const part of ["#card-progress", "#card-last", "#card-stop"]) {
    const old = card.querySelector(part);
    const fresh = answer.querySelector(part);
    const focused = old.contains(document.activeElement);
    if (!old.isEqualNode(fresh)) old.replaceWith(fresh);
    if (focused) fresh.querySelector("a")?.focus();
  }
  card.querySelector("[name=next]").value = answer.querySelector("[name=next]").value;
  const ahead = answer.querySelector("#card-next");
  if (ahead) card.append(ahead);
}

function press(form, value) {
  for (const button of form.querySelectorAll("button[name=value]")) {
    if (button.value === value) button.setAttribute("aria-pressed", "true");
    else button.removeAttribute("aria-pressed");
  }
}

function saving(on) {
  slow = on;
  document.querySelector("#card .saving")?.remove();
  if (on) addWords(document.getElementById("card-last"), "saving").className = "saving";
}

function addWords(parent, name) {
  const line = parent.appendChild(document.createElement("p"));
  line.textContent = words(name);
  return line;
}

// --- Sending

function fieldsOf(job) {
  const fields = new URLSearchParams(new FormData(job.form));
  if (job.value !== null) fields.set("value", job.value);
  return fields;
}

async function go(job) {
  sending = job;
  job.fields ??= fieldsOf(job);
  if (job.value !== null) job.after ??= following(job.before);
  if (job.after) put(job.after);
  document.getElementById("live").textContent = "";
  const timer = setTimeout(saving, SLOW_MS, true);
  const answer = await send(job.form.action, job.fields);
  clearTimeout(timer);
  saving(false);
  sending = null;
  const card = answer.page.getElementById("card");
  if (card && answer.status < 300) stored(job, card);
  else if (card && REFUSED.includes(answer.status)) refused(job, card);
  else failed(job, answer);
}

function stored(job, answer) {
  const expected = job.after !== null && numberOn(job.after) === numberOn(answer);
  if (expected) adopt(job.after, answer);
  announce(answer);
  if (waiting) {
    const next = waiting;
    waiting = null;
    go(next);
  } else if (!expected) {
    put(answer);
  }
}

// The server's own card takes the place: closed, taken out of the vote, no seat.
function refused(job, answer) {
  const notice = answer.querySelector(".notice");
  const about = job.before.querySelector("h1[lang]");
  if (notice && about && numberOn(job.before) !== numberOn(answer)) {
    const quote = notice.appendChild(document.createElement("p"));
    quote.className = "quote";
    quote.lang = about.lang;
    quote.dir = about.dir;
    quote.textContent = about.textContent;
  }
  if (waiting) addWords(notice ?? answer, "lost");
  waiting = null;
  put(answer);
}

function failed(job, answer) {
  stuck = job;
  const notice = troubleNotice(answer, again);
  if (waiting) notice.querySelector("button").parentElement.before(addWords(notice, "kept"));
  job.before.querySelector("[data-trouble]")?.remove();
  job.before.prepend(notice);
  rest(job.before);
  put(job.before, null);
  notice.querySelector("button").focus({ preventScroll: true });
}

function again() {
  const job = stuck;
  stuck = null;
  // Without a card to show meanwhile the focus would be lost with the notice.
  if (!job.after) job.before.querySelector("[data-focus]").focus({ preventScroll: true });
  job.before.querySelector("[data-trouble]").remove();
  go(job);
}

// --- What people do

function vote(form, value) {
  const card = form.closest("#card");
  if (sending && card !== sending.after) return; // the vote on this card is on its way
  const job = { form, value, before: card, after: null };
  press(form, value);
  if (sending) {
    waiting = job;
  } else if (stuck?.value != null) {
    voteAgain(job);
  } else {
    stuck = null;
    card.querySelector("[data-trouble]")?.remove();
    go(job);
  }
}

// Another choice on a card that was brought back is another vote: the one before may have arrived.
function voteAgain(job) {
  if (fieldsOf(job).toString() === stuck.fields.toString()) {
    again();
    return;
  }
  job.form.elements.key.value = newKey();
  job.after = stuck.after;
  stuck = job;
  again();
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("#card [data-vote], #card [data-undo]");
  if (!form) return;
  event.preventDefault();
  if (performance.now() - shownAt < SETTLE_MS) return;
  if (form.matches("[data-vote]")) {
    if (event.submitter?.name === "value") vote(form, event.submitter.value);
  } else if (!sending && !stuck) {
    go({ form, value: null, before: form.closest("#card"), after: null });
  }
});

// --- Leaving

addEventListener("beforeunload", (event) => {
  if (waiting || stuck || slow) event.preventDefault();
});

// A request that is on its way goes on by itself. What is left is sent without a next card.
addEventListener("pagehide", () => {
  if (stuck) send(stuck.form.action, stuck.fields);
  if (waiting) send(waiting.form.action, fieldsOf(waiting));
});
