// Works out the answer to the join page's challenge (ALTCHA, PBKDF2), in small portions so that
// the page stays quick. Nothing is asked of anyone else, and nothing about the device is read.

const PORTION = 8; // keys between two looks at the page
const PLAIN_WAIT_MS = 6000; // the server lets someone in without a proof after five seconds

const status = document.getElementById("proof-status");
const form = document.getElementById("join-form");
const button = form.querySelector("button[type=submit]");
let ready = false;
let pressed = false;

const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const hex = (buffer) =>
  Array.from(new Uint8Array(buffer), (one) => one.toString(16).padStart(2, "0")).join("");

async function derive(parameters, counter) {
  const nonce = bytes(parameters.nonce);
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  new DataView(password.buffer).setUint32(nonce.length, counter);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const how = {
    name: "PBKDF2",
    hash: "SHA-256",
    salt: bytes(parameters.salt),
    iterations: parameters.cost,
  };
  return hex(await crypto.subtle.deriveBits(how, key, parameters.keyLength * 8));
}

async function solve({ parameters }) {
  for (let first = 0; ; first += PORTION) {
    const counters = Array.from({ length: PORTION }, (_, i) => first + i);
    const keys = await Promise.all(counters.map((counter) => derive(parameters, counter)));
    const found = keys.findIndex((key) => key.startsWith(parameters.keyPrefix));
    if (found >= 0) return { counter: counters[found], derivedKey: keys[found] };
    await new Promise((resume) => setTimeout(resume));
  }
}

function finish(words) {
  ready = true;
  status.textContent = words;
  button.removeAttribute("aria-disabled");
  if (pressed) form.requestSubmit();
}

form.addEventListener("submit", (event) => {
  if (ready) return;
  event.preventDefault();
  pressed = true;
  status.textContent = status.dataset.waiting;
});

button.setAttribute("aria-disabled", "true");
status.hidden = false;
status.textContent = status.dataset.working;
try {
  const challenge = JSON.parse(status.dataset.challenge);
  const solution = await solve(challenge);
  document.getElementById("proof").value = btoa(JSON.stringify({ challenge, solution }));
  finish(status.dataset.done);
} catch {
  // No crypto.subtle, as on a page without HTTPS: the way without a proof stays open.
  status.textContent = status.dataset.slow;
  setTimeout(() => finish(""), PLAIN_WAIT_MS);
}
