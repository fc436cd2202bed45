// Distances between two points, by pointer, touch or keys: in pixels, and in millimetres where the frame's scale
// is known, with the standard uncertainty of both the scale and the pointing.

import { distance } from "./plane.js";

const SVG = "http://www.w3.org/2000/svg";
const POINTING_PX = 1; // standard uncertainty of one pointed end, in pixels of the screen
const GRAB_PX = 22; // half the side of the smallest target that a finger finds

// What two points of the frame are apart. `screenPerPixel` tells how well they could be pointed at.
export function measured(from, to, frame, screenPerPixel) {
  const px = distance(from, to);
  const pointing = (Math.SQRT2 * POINTING_PX) / screenPerPixel;
  if (!frame.mm_per_px) return { px, pointing };
  const scale = frame.mm_per_px_uncertainty ?? null;
  return {
    px, pointing, mm: px * frame.mm_per_px,
    mmUncertainty: Math.hypot(px * (scale ?? 0), pointing * frame.mm_per_px), scaleStated: scale !== null,
  };
}

export class Measure {
  constructor(pane, words, language, told) {
    Object.assign(this, { pane, words, language, told, points: [], cursor: null, active: false });
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("class", "viewer-measure");
    this.svg.setAttribute("aria-hidden", "true");
    pane.host.append(this.svg);
    pane.onMove(() => this.draw());
    pane.osd.addHandler("canvas-click", (event) => {
      if (!this.active || !event.quick) return;
      this.cursor = null;
      this.add(pane.fromScreen([event.position.x, event.position.y]));
    });
    // An end that is grabbed moves alone; the picture must stay.
    pane.osd.addHandler("canvas-press", (event) => { this.grabbed = this.active ? this.endAt(event.position) : null; });
    pane.osd.addHandler("canvas-drag", (event) => {
      if (this.grabbed === null || this.grabbed === undefined) return;
      event.preventDefaultAction = true;
      this.points[this.grabbed] = pane.fromScreen([event.position.x, event.position.y]);
      this.changed();
    });
  }

  endAt({ x, y }) {
    const near = this.points.findIndex((point) => distance(this.pane.toScreen(point), [x, y]) < GRAB_PX);
    return near < 0 ? null : near;
  }

  set(active) {
    this.active = active;
    this.pane.host.classList.toggle("viewer-measuring", active);
    if (active) this.told(this.words.measure_hint);
    else this.clear();
  }

  clear() { this.points = []; this.cursor = null; if (!this.active) this.told(""); this.draw(); }

  add(point) {
    this.points = this.points.length === 2 ? [point] : [...this.points, point];
    this.changed();
  }

  changed() {
    if (this.points.length === 2) this.told(this.sentence());
    else this.told(this.words.measure_second);
    this.draw();
  }

  // Of the keys that move the cross and set the ends, whether this was one.
  key(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (step) {
      const [x, y] = this.pane.toScreen(this.cursor ?? this.pane.fromScreen(this.pane.centre));
      const by = event.shiftKey ? 20 : 2;
      const within = (value, end) => Math.min(end, Math.max(0, value));
      this.cursor = this.pane.fromScreen([
        within(x + by * step[0], this.pane.host.clientWidth), within(y + by * step[1], this.pane.host.clientHeight),
      ]);
      this.draw();
    } else if (event.key === "Enter") {
      this.cursor ??= this.pane.fromScreen(this.pane.centre);
      this.add(this.cursor);
    } else if (event.key === "Backspace" || event.key === "Delete") {
      this.clear();
      this.told(this.words.measure_hint);
    } else return false;
    return true;
  }

  number(value, digits) {
    return new Intl.NumberFormat(this.language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  }

  // A value is written to the place of its uncertainty's first two digits.
  withUncertainty(value, uncertainty, unit) {
    const digits = Math.min(4, Math.max(0, 1 - Math.floor(Math.log10(uncertainty || 1))));
    return `${this.number(value, digits)} ± ${this.number(uncertainty, digits)} ${unit}`;
  }

  sentence() {
    const { frame } = this.pane, found = measured(...this.points, frame, this.pane.screenPerPixel);
    const px = this.withUncertainty(found.px, found.pointing, this.words.px);
    if (found.mm === undefined) return `${px}. ${this.words.no_scale}`;
    const mm = this.withUncertainty(found.mm, found.mmUncertainty, this.words.mm);
    return `${mm} (${px}). ${found.scaleStated ? this.words.uncertainty : this.words.scale_uncertainty_unknown}`;
  }

  draw() {
    if (!this.pane.osd.isOpen()) return;
    const ends = this.points.map((point) => this.pane.toScreen(point));
    const made = (name, attributes) => {
      const shape = document.createElementNS(SVG, name);
      for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
      return shape;
    };
    const shapes = [];
    if (ends.length === 2) {
      const [[x1, y1], [x2, y2]] = ends;
      for (const name of ["viewer-casing", "viewer-line"]) shapes.push(made("line", { x1, y1, x2, y2, class: name }));
    }
    for (const [cx, cy] of ends) shapes.push(made("circle", { cx, cy, r: 7, class: "viewer-end" }), made("circle", { cx, cy, r: 1.2, class: "viewer-dot" }));
    if (this.active && this.cursor) {
      const [x, y] = this.pane.toScreen(this.cursor);
      for (const name of ["viewer-casing", "viewer-line"]) {
        shapes.push(made("path", { d: `M${x - 14} ${y}H${x - 3}M${x + 3} ${y}H${x + 14}M${x} ${y - 14}V${y - 3}M${x} ${y + 3}V${y + 14}`, class: name }));
      }
    }
    this.svg.replaceChildren(...shapes);
  }
}
