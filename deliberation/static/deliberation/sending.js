// Sending a vote in the background, and saying so when it does not get through.

const TIMEOUT_MS = 15_000;

// POST these fields. Never rejects: resolves to {status, page, redirect}, where page is the answer
// as a document and redirect where the whole page should go instead, as to sign in; status 0 and
// an empty page if nothing came back. A page that is left lets the request finish.
async function send(action, fields) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const answer = await fetch(action, {
      method: "POST",
      body: fields,
      headers: { "HX-Request": "true" },
      keepalive: true,
      signal: abort.signal,
    });
    const redirect = answer.headers.get("HX-Redirect");
    return { status: answer.status, page: parse(await answer.text()), redirect };
  } catch {
    return { status: 0, page: parse(""), redirect: null };
  } finally {
    clearTimeout(timer);
  }
}

function parse(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

// A random UUID. crypto.randomUUID is missing where a site is reached without HTTPS.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// What went wrong, in the server's words if it sent any, and a button that tries again.
function troubleNotice({ page }, again) {
  const notice = document.getElementById("trouble").content.firstElementChild.cloneNode(true);
  const [title, text] = notice.querySelectorAll("p");
  const said = page.querySelector("#card h1, .notice__title");
  if (said) {
    title.textContent = said.textContent;
    text.textContent = page.querySelector(".lead, .notice__title + p")?.textContent ?? "";
  }
  notice.querySelector("button").addEventListener("click", again);
  return notice;
}

// Told to who listens, politely, and only if there is something to tell.
function announce(root) {
  const news = root.querySelector("[data-announce]")?.textContent.trim();
  if (news) document.getElementById("live").textContent = news;
}

// Found there by the scripts after this one; see device.js.
window.folkmoot = { ...window.folkmoot, announce, newKey, send, troubleNotice };
