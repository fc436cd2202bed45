// Small pieces of the page that the viewer is built of. Words are given, never written here.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

// A button; `key` is shown in its tip and told to assistive software. `sign` is drawn instead of the words.
export function button(words, key, act, { pressed = null, sign = null } = {}) {
  return element("button", {
    type: "button", class: sign ? "viewer-sign" : null, title: key ? `${words} (${key})` : words,
    "aria-label": sign ? words : null, "aria-pressed": pressed === null ? null : String(pressed),
    "aria-keyshortcuts": key, onclick: act,
  }, sign ?? words);
}

export function press(made, on) { made.setAttribute("aria-pressed", String(on)); }
