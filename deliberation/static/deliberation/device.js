// What is remembered on this device only. Storage may be forbidden or full; then nothing is kept.

export function recall(name) {
  try {
    return localStorage.getItem(`folkmoot-${name}`);
  } catch {
    return null;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(`folkmoot-${name}`, value);
  } catch {
    // It holds until the page is left.
  }
}
