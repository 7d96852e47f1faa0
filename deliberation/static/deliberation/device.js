// What is remembered on this device only. Storage may be forbidden or full; then nothing is kept.

function recall(name) {
  try {
    return localStorage.getItem(`folkmoot-${name}`);
  } catch {
    return null;
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(`folkmoot-${name}`, value);
  } catch {
    // It holds until the page is left.
  }
}

// Scripts find these in window.folkmoot and import nothing: static files carry their hash in
// their name, which an import would not know.
window.folkmoot = { ...window.folkmoot, keep, recall };
