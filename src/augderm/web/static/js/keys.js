// Keys for pages that are worked through without a mouse. What a key does stands in the page:
//   data-key="t"        the element is clicked; a field is focused
//   data-opens="id"     a click opens that dialog
//   data-keys-list      a list that j, k and the arrows go through, by its links with data-row
//   data-row-key="a"    an element of the line that has the focus is clicked
//   data-once           a form that is sent once, however often its key is pressed
// A checkbox #keys-on turns letters off (WCAG 2.1.4), for speech input; the browser remembers it.

const STORE = "augderm-keys";
const TYPED = "input, select, textarea, [contenteditable]";
const keysOn = document.getElementById("keys-on");
let left = null; // the line that had the focus last: swaps and searches come back to it

function rows() {
  return [...document.querySelectorAll("[data-keys-list] [data-row]")];
}

function lineOf(element) {
  return element instanceof Element ? element.closest("[data-keys-list] > *") : null;
}

function focusRow(place) {
  const all = rows();
  if (all.length) all[Math.min(Math.max(place, 0), all.length - 1)].focus();
}

function currentRow() {
  const line = lineOf(document.activeElement);
  return rows().findIndex((row) => line && line.contains(row));
}

function backToList() {
  const line = left && document.getElementById(left);
  const row = line && line.querySelector("[data-row]");
  if (row) row.focus();
  else focusRow(0);
}

function press(element) {
  if (element.matches(TYPED)) {
    element.focus();
    if (element.select) element.select();
  } else element.click();
}

function move(key) {
  if (!rows().length) return false;
  const now = currentRow();
  if (now < 0) backToList();
  else focusRow(now + (key === "j" || key === "ArrowDown" ? 1 : -1));
  return true;
}

function act(key) {
  if (["j", "k", "ArrowDown", "ArrowUp"].includes(key)) return move(key);
  const line = lineOf(document.activeElement);
  const found =
    (line && line.querySelector(`[data-row-key="${CSS.escape(key)}"]`)) ||
    document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!found) return false;
  press(found);
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]")) return;
  const typing = event.target instanceof Element && event.target.closest(TYPED);
  if (event.key === "Escape" && typing && rows().length) {
    // Chromium would empty a search field.
    event.preventDefault();
    backToList();
    return;
  }
  const letter = event.key.length === 1;
  if (typing || (letter && keysOn && !keysOn.checked)) return;
  // A held key would take case after case.
  if (event.repeat && !["j", "k", "ArrowDown", "ArrowUp"].includes(event.key)) return;
  if (act(event.key)) event.preventDefault();
});

document.addEventListener("focusin", (event) => {
  const line = lineOf(event.target);
  if (line) left = line.id;
});

document.addEventListener("click", (event) => {
  const opener = event.target instanceof Element && event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
// A page that the browser kept, and shows anew, can send again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

document.addEventListener("htmx:afterSettle", () => {
  // What had the focus was swapped away: go on at its line.
  if (left && (document.activeElement === document.body || !document.activeElement)) backToList();
  const wanted = document.querySelector("[data-keys-list] [autofocus]");
  if (wanted) wanted.focus();
});

if (keysOn) {
  keysOn.checked = localStorage.getItem(STORE) !== "off";
  keysOn.addEventListener("change", () => localStorage.setItem(STORE, keysOn.checked ? "on" : "off"));
}
