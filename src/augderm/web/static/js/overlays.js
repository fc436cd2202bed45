// What lies over the image: contours and pictures, each with a switch, an opacity and a legend.

import { element } from "./parts.js";

const SVG = "http://www.w3.org/2000/svg";

export class Overlays {
  constructor(words) {
    this.words = words;
    this.rows = [];
    this.panel = element("fieldset", { class: "viewer-overlays" }, element("legend", {}, words.overlays));
  }

  // Draws the overlays of an image on a pane that has just opened it, and lists them anew.
  show(pane, overlays) {
    this.panel.replaceChildren(this.panel.firstElementChild);
    this.panel.hidden = overlays.length === 0;
    this.rows = overlays.map((overlay, index) => this.row(pane, overlay, index));
  }

  row(pane, overlay, index) {
    const layer = overlay.kind === "contour" ? contour(pane, overlay) : picture(pane, overlay);
    layer.dataset.overlay = overlay.id;
    const key = index < 9 ? String(index + 1) : null;
    const box = element("input", { type: "checkbox", checked: overlay.shown !== false, "aria-keyshortcuts": key });
    const slider = element("input", {
      type: "range", min: 0, max: 100, step: 5, value: Math.round(100 * (overlay.opacity ?? 1)),
      "aria-label": `${overlay.label}: ${this.words.opacity}`,
    });
    const told = element("output", { class: "viewer-percent" });
    const refresh = () => {
      layer.style.display = box.checked ? "" : "none";
      layer.style.opacity = slider.value / 100;
      slider.setAttribute("aria-valuetext", `${slider.value} %`);
      told.textContent = `${slider.value} %`;
      slider.disabled = !box.checked;
    };
    box.addEventListener("change", refresh);
    slider.addEventListener("input", refresh);
    const swatch = element("span", { class: "viewer-swatch", "aria-hidden": "true" });
    if (overlay.colour) swatch.style.background = overlay.colour;
    else swatch.hidden = true;
    const label = element("label", {}, box, swatch, element("span", {}, overlay.label));
    if (key) label.append(element("kbd", { "aria-hidden": "true" }, key));
    this.panel.append(element("div", { class: "viewer-overlay" }, label, slider, told, legend(overlay.legend)));
    refresh();
    return { box, refresh, layer };
  }

  toggle(index) {
    const row = this.rows[index];
    if (row) { row.box.checked = !row.box.checked; row.refresh(); }
    return Boolean(row);
  }

  toggleAll() {
    const on = !this.rows.some((row) => row.box.checked);
    for (const row of this.rows) { row.box.checked = on; row.refresh(); }
  }
}

function contour(pane, overlay) {
  const svg = pane.drawing();
  // A dark casing under the line, so that it is seen on any skin.
  for (const name of ["viewer-casing", "viewer-line"]) {
    for (const points of overlay.contours) {
      const line = document.createElementNS(SVG, overlay.open ? "polyline" : "polygon");
      line.setAttribute("points", points.map((at) => at.join(",")).join(" "));
      line.setAttribute("class", name);
      if (name === "viewer-line" && overlay.colour) line.style.stroke = overlay.colour;
      svg.append(line);
    }
  }
  return svg;
}

function picture(pane, overlay) {
  const image = element("img", { src: overlay.url, alt: "", draggable: "false", class: "viewer-map" });
  pane.layers.append(image);
  return image;
}

function legend(told) {
  if (!told) return null;
  const ramp = element("span", { class: "viewer-ramp", "aria-hidden": "true" });
  ramp.style.background = `linear-gradient(to right, ${told.colours.join(", ")})`;
  const unit = told.unit ? element("span", {}, told.unit) : null;
  return element("div", { class: "viewer-legend" }, element("span", {}, told.low), ramp, element("span", {}, told.high), unit);
}
