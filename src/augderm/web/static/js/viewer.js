// The image viewer: builds itself into every [data-viewer] from the JSON that the attribute names (the id of a
// <script type="application/json">). The contract is in docs/reference/viewer.md.

import { Compare } from "./compare.js";
import { Flicker } from "./flicker.js";
import { Measure } from "./measure.js";
import { Overlays } from "./overlays.js";
import { Pane } from "./pane.js";
import { button, element, press } from "./parts.js";

const SCHEMA = "augderm.viewer/1";
const TURN_DEG = 15;
const PAN = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = ["arrows", "+ −", "0", "[ ]", "m", "1–9", "o", "p", "c", "l", "f", "x", "Esc"];

export class Viewer {
  constructor(root, data) {
    if (data.schema !== SCHEMA) throw new Error(`the viewer reads ${SCHEMA}, and was given ${data.schema}`);
    this.root = root;
    this.words = data.words;
    this.images = new Map(data.images.map((image) => [image.id, image]));
    this.base = this.images.get(data.base);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.build(data);
    this.pane = new Pane(this.host, { still });
    this.measure = new Measure(this.pane, this.words, data.language, (text) => { this.told.textContent = text; });
    this.compare = new Compare(this.pane, { still });
    this.flicker = new Flicker(this.pane, {
      still,
      changed: (image) => { this.badge.textContent = image ? image.label : ""; this.badge.hidden = !image; },
    });
    root.addEventListener("keydown", (event) => this.key(event));
    this.ready = this.show(this.base);
  }

  build() {
    const { words } = this;
    this.host = element("div", {
      class: "viewer-pane", tabindex: 0, role: "application", "aria-label": `${words.image}: ${this.base.label}`,
    });
    this.badge = element("p", { class: "viewer-badge", hidden: true });
    this.otherHost = element("div", { class: "viewer-pane", role: "img" });
    this.otherNote = element("p", { class: "viewer-note" });
    this.otherFigure = element("figure", { hidden: true }, this.otherHost, this.otherNote);
    this.told = element("p", { class: "viewer-told", "aria-live": "polite" });
    this.name = element("p", { class: "viewer-note" });
    this.overlays = new Overlays(words);
    this.root.replaceChildren(
      this.toolbar(),
      element("div", { class: "viewer-stage" },
        element("figure", {}, this.host, this.badge, this.name), this.otherFigure),
      this.told,
      element("div", { class: "viewer-side" }, this.overlays.panel, this.keyHelp()),
    );
    this.root.classList.add("viewer");
  }

  toolbar() {
    const { words } = this;
    const bar = element("div", { class: "viewer-tools", role: "group", "aria-label": words.tools },
      button(words.zoom_in, "+", () => this.pane.zoom(1), { sign: "+" }),
      button(words.zoom_out, "-", () => this.pane.zoom(-1), { sign: "−" }),
      button(words.fit, "0", () => this.pane.home(), { sign: "⤢" }),
      button(words.turn_left, "[", () => this.pane.turn(-TURN_DEG), { sign: "↺" }),
      button(words.turn_right, "]", () => this.pane.turn(TURN_DEG), { sign: "↻" }),
      this.measureButton = button(words.measure, "m", () => this.toggleMeasure(), { pressed: false }),
    );
    const twin = this.twinOf(this.base);
    if (twin) bar.append(this.light([this.base, twin]));
    this.others = [...this.images.values()].filter((image) => image !== this.base && image !== twin);
    if (this.others.length) bar.append(this.comparison());
    return bar;
  }

  // The same visit's photograph in the other light.
  twinOf(image) {
    return [...this.images.values()].find((other) => image.polarisation && other.polarisation
      && other.visit === image.visit && other.polarisation !== image.polarisation);
  }

  light(pair) {
    this.lightButtons = new Map(pair.map((image) => [image, button(
      this.words[image.polarisation], "p", () => this.show(image), { pressed: image === this.base },
    )]));
    return element("div", { class: "viewer-group", role: "group", "aria-label": this.words.light }, ...this.lightButtons.values());
  }

  comparison() {
    const { words } = this;
    this.choice = element("select", { "aria-label": words.compare_with, onchange: () => this.chosen() },
      ...this.others.map((image) => element("option", { value: image.id }, image.label)));
    this.compareButton = button(words.side_by_side, "c", () => this.toggleCompare(), { pressed: false });
    this.lockButton = button(words.lock, "l", () => this.toggleLock(), { pressed: true });
    this.flickerButton = button(words.flicker, "f", () => this.toggleFlicker(), { pressed: false });
    this.stepButton = button(words.swap, "x", () => this.flicker.step());
    this.lockButton.hidden = this.stepButton.hidden = true;
    const group = element("div", { class: "viewer-group", role: "group", "aria-label": words.compare_with },
      this.choice, this.compareButton, this.lockButton, this.flickerButton, this.stepButton);
    this.refreshFlicker();
    return group;
  }

  keyHelp() {
    const rows = KEYS.map((keys, index) => element("div", {},
      element("dt", {}, element("kbd", {}, keys === "arrows" ? "← ↑ ↓ →" : keys)),
      element("dd", {}, this.words.keys[index])));
    return element("details", {}, element("summary", {}, this.words.keys_title), element("dl", {}, ...rows));
  }

  get other() { return this.images.get(this.choice?.value); }

  // Another frame: what was measured, compared or laid belonged to the one before.
  async show(image) {
    this.flicker.stop();
    this.closeCompare();
    this.measure.clear();
    try {
      await this.pane.open(image);
    } catch (error) {
      this.told.textContent = `${this.words.failed} ${image.label}`;
      throw error;
    }
    this.overlays.show(this.pane, image.overlays ?? []);
    this.host.setAttribute("aria-label", `${this.words.image}: ${image.label}`);
    this.name.textContent = image.label;
    for (const [each, made] of this.lightButtons ?? []) press(made, each === image);
    this.refreshFlicker();
  }

  toggleLight() {
    const pair = [...(this.lightButtons?.keys() ?? [])];
    const next = pair.find((image) => image !== this.pane.frame);
    if (next) this.show(next);
  }

  toggleMeasure() {
    this.measure.set(!this.measure.active);
    press(this.measureButton, this.measure.active);
    if (!this.measure.active) this.told.textContent = "";
    this.host.focus();
  }

  // Flicker speaks of change; pictures that nobody registered would make it up. Matrices lead to the base only.
  get canFlicker() { return Boolean(this.other?.to_base) && (!this.pane || this.pane.frame === this.base); }

  refreshFlicker() {
    if (!this.choice) return;
    this.flickerButton.disabled = !this.canFlicker;
    press(this.flickerButton, Boolean(this.flicker?.on));
    this.stepButton.hidden = !this.flicker?.on;
  }

  toggleFlicker() {
    if (!this.choice || !this.canFlicker) {
      if (this.choice) this.told.textContent = this.whyUnregistered(this.other);
      return;
    }
    if (this.flicker.on) this.flicker.stop();
    else this.flicker.start(this.other);
    this.refreshFlicker();
  }

  async toggleCompare() {
    if (!this.choice) return;
    if (this.compare.open) return this.closeCompare();
    const { atHome } = this.pane;
    this.otherFigure.hidden = false;
    this.root.classList.add("viewer-two");
    this.pane.resized(atHome);
    press(this.compareButton, true);
    this.lockButton.hidden = false;
    await this.fillCompare();
  }

  async fillCompare() {
    const image = this.other, laid = image.to_base && this.pane.frame === this.base;
    this.otherHost.setAttribute("aria-label", `${this.words.image}: ${image.label}`);
    this.otherNote.textContent = laid ? image.label : `${image.label}. ${this.whyUnregistered(image)}`;
    await this.compare.show(this.otherHost, laid ? image : { ...image, to_base: null });
  }

  whyUnregistered(image) { return `${this.words.not_registered} ${image.not_registered ?? ""}`.trim(); }

  closeCompare() {
    if (!this.compare.open) return;
    const { atHome } = this.pane;
    this.compare.close();
    this.otherFigure.hidden = true;
    this.root.classList.remove("viewer-two");
    this.pane.resized(atHome);
    if (this.choice) { press(this.compareButton, false); this.lockButton.hidden = true; }
  }

  toggleLock() {
    this.compare.lock(!this.compare.locked);
    press(this.lockButton, this.compare.locked);
  }

  chosen() {
    this.flicker.stop();
    this.refreshFlicker();
    if (this.compare.open) this.fillCompare();
  }

  // Letters work wherever the focus is within the viewer; arrows, Enter and Esc on the picture alone, since
  // sliders and lists have their own use for them.
  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const onPicture = this.host.contains(event.target);
    if (!onPicture && event.target.matches("select, input:not([type=checkbox], [type=range]), textarea")) return;
    const held = onPicture && this.measure.active && this.measure.key(event);
    if (held || this.act(event.key, onPicture)) event.preventDefault();
  }

  act(key, onPicture) {
    if (onPicture && PAN[key]) this.pane.pan(PAN[key]);
    else if (/^[1-9]$/.test(key)) return this.overlays.toggle(Number(key) - 1);
    else {
      const acts = {
        "+": () => this.pane.zoom(1), "=": () => this.pane.zoom(1), "-": () => this.pane.zoom(-1),
        0: () => this.pane.home(), "[": () => this.pane.turn(-TURN_DEG), "]": () => this.pane.turn(TURN_DEG),
        m: () => this.toggleMeasure(), o: () => this.overlays.toggleAll(), p: () => this.toggleLight(),
        c: () => this.toggleCompare(), l: () => this.compare.open && this.toggleLock(),
        f: () => this.toggleFlicker(), x: () => this.flicker.step(),
        Escape: () => { if (this.measure.active) this.toggleMeasure(); },
      };
      if (!(key in acts)) return false;
      acts[key]();
    }
    return true;
  }
}

export const viewers = [...document.querySelectorAll("[data-viewer]")].map((root) => {
  const viewer = new Viewer(root, JSON.parse(document.getElementById(root.dataset.viewer).textContent));
  // For tests and for pages that wait: the picture is there, or it is said that it is not.
  viewer.ready.then(() => { root.dataset.state = "ready"; }, () => { root.dataset.state = "failed"; });
  return viewer;
});
