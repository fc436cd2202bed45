// Photographs on their way to the clinic: kept in this browser until the server has them, sent in pieces, so that
// a reload, a lost network or a restarted server goes on where it was. All words are in the page (_upload.html);
// the protocol is that of docs/explain/clinic.md. Without script, or where the browser cannot hash (a page that is
// neither https nor localhost), the plain form stays.

const CHUNK_BYTES = 512 * 1024;
const WAITS_MS = [1000, 2000, 4000, 8000, 15000, 30000];
const KEPT_MS = 7 * 24 * 3600 * 1000;
const STORE = "photographs";

const asPromise = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

async function openQueue() {
  const opening = indexedDB.open("augderm-uploads", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id" });
  const database = await asPromise(opening);
  const store = (mode) => database.transaction(STORE, mode).objectStore(STORE);
  return {
    all: () => asPromise(store("readonly").getAll()),
    put: (item) => asPromise(store("readwrite").put(item)),
    remove: (id) => asPromise(store("readwrite").delete(id)),
  };
}

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// What the server refuses for good; anything else is tried again.
class Refused extends Error {}
class SignedOut extends Error {}
class Asks extends Error {}

export async function startUploads(form) {
  const find = (name) => form.querySelector(`[data-${name}]`);
  const { visit, user, csrf } = form.dataset;
  const lesions = form.querySelector("select[name=lesion]");
  const queue = await openQueue();
  const rows = new Map();
  const running = new Set();

  for (const each of form.querySelectorAll("[data-scripted]")) each.hidden = false;
  for (const each of form.querySelectorAll("[data-plain]")) each.hidden = true;
  for (const input of form.querySelectorAll("input[type=file]")) input.required = false;

  function tell(text) {
    find("told").textContent = text;
    find("told").hidden = !text;
  }

  function rowOf(item) {
    if (rows.has(item.id)) return rows.get(item.id);
    const row = find("row").content.firstElementChild.cloneNode(true);
    row.querySelector("[data-name]").textContent = item.name;
    row.querySelector("[data-target]").textContent = item.target;
    row.querySelector("[data-again]").addEventListener("click", () => start(item));
    row.querySelector("[data-confirm]").addEventListener("click", () => { item.confirmed = true; start(item); });
    row.querySelector("[data-remove]").addEventListener("click", () => forget(item));
    find("queue").append(row);
    rows.set(item.id, row);
    return row;
  }

  function show(item, state, problem = "") {
    const row = rowOf(item);
    row.dataset.at = state;
    row.querySelector("[data-state]").textContent = form.dataset[state];
    row.querySelector("progress").value = item.length ? item.offset / item.length : 0;
    const told = row.querySelector("[data-problem]");
    told.textContent = problem;
    told.hidden = !problem;
    row.querySelector("[data-again]").hidden = state !== "refused" || !item.file;
    row.querySelector("[data-confirm]").hidden = state !== "asks";
    row.querySelector("[data-remove]").hidden = state === "finishing";
  }

  async function call(item, method, body, headers = {}, end = "") {
    const path = `/api/v1/visits/${item.visit}/lesions/${item.lesion}/uploads/${item.sha256}${end}`;
    const answer = await fetch(path, { method, body, headers: { "X-CSRF-Token": csrf, ...headers } });
    const json = answer.headers.get("content-type")?.startsWith("application/json");
    const content = json ? await answer.json() : null;
    if (answer.ok) return content;
    const { kind = "", message = "", details = "" } = content?.error ?? {};
    if (answer.status === 401) throw new SignedOut(form.dataset.signedOut);
    if (kind === "NeedsConfirmation") throw new Asks(message);
    if (answer.status === 409 || answer.status === 404 && method !== "PUT" || answer.status >= 500) {
      throw new Error(message);
    }
    throw new Refused([message, details].filter(Boolean).join(" "));
  }
  const json = { "Content-Type": "application/json" };

  async function send(item) {
    if (!item.sha256) {
      show(item, "hashing");
      item.sha256 = hex(await crypto.subtle.digest("SHA-256", await item.file.arrayBuffer()));
      await queue.put(item);
    }
    const said = JSON.stringify({ length: item.length, file_name: item.name, confirmed: item.confirmed });
    let there = await call(item, "PUT", said, json);
    while (!there.added && there.offset < item.length) {
      item.offset = there.offset;
      show(item, "sending");
      const piece = item.file.slice(there.offset, there.offset + CHUNK_BYTES);
      const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(there.offset) };
      there = await call(item, "PATCH", piece, headers);
    }
    item.offset = item.length;
    show(item, "finishing");
    const finished = there.added
      ?? await call(item, "POST", JSON.stringify({ confirmed: item.confirmed }), json, "/finish");
    await queue.remove(item.id);
    item.file = null;
    show(item, finished.new ? "done" : "known");
    if (item.visit === visit) await refresh();
  }

  // Without end, since a photograph that was chosen must not be lost: until it is sent, refused, or removed.
  async function run(item) {
    for (let attempt = 0; ; attempt += 1) {
      const before = item.offset;
      try {
        await send(item);
        return;
      } catch (error) {
        if (item.removed) return;
        if (error instanceof Refused || error instanceof Asks) {
          show(item, error instanceof Asks ? "asks" : "refused", error.message);
          return;
        }
        if (error instanceof SignedOut) { show(item, "waiting"); tell(error.message); return; }
        if (error instanceof DOMException && error.name === "NotReadableError") {
          show(item, "refused", form.dataset.lost);
          return;
        }
        if (item.offset > before) attempt = 0;
        show(item, "offline", error instanceof TypeError ? "" : error.message);
        await new Promise((resolve) => {
          const wake = setTimeout(resolve, WAITS_MS[Math.min(attempt, WAITS_MS.length - 1)]);
          addEventListener("online", () => { clearTimeout(wake); resolve(); }, { once: true });
        });
      }
    }
  }

  async function start(item) {
    if (running.has(item.id) || item.removed) return;
    running.add(item.id);
    show(item, "waiting");
    try {
      // One at a time over all tabs: two would only share the line, and read the same bytes twice.
      await navigator.locks.request("augderm-uploads", () => (item.removed ? null : run(item)));
    } finally {
      running.delete(item.id);
    }
  }

  async function forget(item) {
    item.removed = true;
    await queue.remove(item.id);
    rows.get(item.id)?.remove();
    rows.delete(item.id);
    if (item.file && item.sha256) call(item, "DELETE").catch(() => {});
  }

  async function refresh() {
    const cases = document.getElementById("cases");
    const busy = [...cases.querySelectorAll("select, textarea, input:not([type=hidden])")]
      .some((each) => each.value && each.value !== each.defaultValue || each === document.activeElement);
    find("refresh").hidden = !busy && Boolean(window.htmx);
    if (!busy && window.htmx) {
      await window.htmx.ajax("GET", location.pathname, { target: "#cases", select: "#cases", swap: "outerHTML" });
    }
  }
  find("refresh").querySelector("button").addEventListener("click", () => location.reload());

  async function take(files) {
    tell("");
    if (!lesions.value) { tell(form.dataset.chooseLesion); lesions.focus(); return; }
    for (const file of files) {
      const item = {
        id: crypto.randomUUID(), user, visit, lesion: lesions.value, file, name: file.name, length: file.size,
        target: lesions.selectedOptions[0].textContent, sha256: "", offset: 0, confirmed: false, at: Date.now(),
      };
      try {
        await queue.put(item);
      } catch {
        // The browser keeps nothing, as in a private window: it is sent, and a reload loses what is not yet.
      }
      start(item);
    }
  }

  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      // A folder holds more than photographs; what the browser takes for none stays out of the list.
      const folder = input.hasAttribute("webkitdirectory");
      const files = [...input.files].filter((file) =>
        !folder || file.type.startsWith("image/") || /\.(hei[cf]|tiff?)$/i.test(file.name));
      take(files).then(() => { input.value = ""; });
    });
  }
  form.addEventListener("submit", (event) => event.preventDefault());

  const drop = find("drop");
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const plain = [...event.dataTransfer.files];
    const found = entries.length ? (await Promise.all(entries.map(filesOf))).flat() : plain;
    await take(found.length ? found : plain);
  });

  // A patient's photograph does not lie in a shared computer for ever, whoever chose it.
  for (const item of await queue.all()) {
    if (Date.now() - item.at > KEPT_MS) await queue.remove(item.id);
    else if (item.user === user) {
      if (item.visit !== visit) elsewhere(item);
      start(item);
    }
  }

  function elsewhere(item) {
    const link = document.createElement("a");
    link.href = `/visits/${item.visit}`;
    link.textContent = item.target;
    const line = document.createElement("p");
    line.append(form.dataset.elsewhere, " ", link);
    rowOf(item).append(line);
  }
  form.dataset.ready = "yes";
}

async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader(), found = [];
  for (;;) {
    // A reader gives a hundred at a time.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return (await Promise.all(found.map(filesOf))).flat();
    found.push(...some);
  }
}

if (globalThis.crypto?.subtle && globalThis.indexedDB && navigator.locks) {
  for (const form of document.querySelectorAll("form[data-uploads]")) startUploads(form);
}
