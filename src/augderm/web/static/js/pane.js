// One picture with its layers: OpenSeadragon draws the image, and everything that lies on it is a child of one
// element that is turned and scaled with it. Coordinates are pixels of the frame, the image that was opened.

import { cssMatrix, fitted } from "./plane.js";

const SVG = "http://www.w3.org/2000/svg";
const ZOOM_STEP = 1.4;
const PAN_SHARE = 0.1; // of the view, for one press of an arrow key
const LARGEST_PIXEL = 12; // screen pixels that one image pixel may fill

// OpenSeadragon adds an inline style of its own, which the clinic's policy refuses, unless it finds this element. Of
// another namespace it is no style, so the policy has nothing to refuse; the focus ring is in viewer.css.
function withoutInlineStyle() {
  if (document.querySelector("style[data-openseadragon-mobile-css]")) return;
  const none = document.createElementNS("urn:augderm", "style");
  none.setAttribute("data-openseadragon-mobile-css", "");
  document.head.append(none);
}

export class Pane {
  constructor(host, { still }) {
    this.host = host;
    this.listeners = [];
    withoutInlineStyle();
    this.osd = globalThis.OpenSeadragon({
      element: host,
      drawer: "canvas",
      showNavigationControl: false,
      keyboardNavEnabled: false,
      tabIndex: "-1",
      animationTime: still ? 0 : 0.25,
      immediateRender: true,
      maxZoomPixelRatio: LARGEST_PIXEL,
      minZoomImageRatio: 0.5,
      visibilityRatio: 0.3,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: false },
      gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: false, pinchRotate: false },
      gestureSettingsPen: { clickToZoom: false, dblClickToZoom: false },
    });
    this.layers = document.createElement("div");
    this.layers.className = "viewer-layers";
    this.osd.canvas.append(this.layers);
    for (const event of ["update-viewport", "open", "resize"]) this.osd.addHandler(event, () => this.moved());
  }

  // Resolves when the image is there; rejects with OpenSeadragon's words when it cannot be had.
  open(image, { hidden = false } = {}) {
    this.frame = image;
    this.layers.replaceChildren();
    this.layers.style.width = `${image.width}px`;
    this.layers.style.height = `${image.height}px`;
    return new Promise((resolve, reject) => {
      this.osd.addOnceHandler("open", () => { this.moved(); resolve(); });
      this.osd.addOnceHandler("open-failed", (event) => reject(new Error(event.message)));
      this.osd.open({ tileSource: { type: "image", url: image.url, buildPyramid: false }, opacity: hidden ? 0 : 1 });
    });
  }

  onMove(listener) { this.listeners.push(listener); }

  moved() {
    if (!this.osd.isOpen()) return;
    const [origin, right, down] = [[0, 0], [1, 0], [0, 1]].map((at) => this.toScreen(at));
    this.layers.style.transform = `matrix(${[
      right[0] - origin[0], right[1] - origin[1], down[0] - origin[0], down[1] - origin[1], ...origin,
    ].join(",")})`;
    for (const listener of this.listeners) listener();
  }

  get item() { return this.osd.world.getItemAt(0); }

  toScreen([x, y]) {
    const at = this.item.imageToViewportCoordinates(x * this.stretch, y * this.stretch, true);
    const pixel = this.osd.viewport.pixelFromPoint(at, true);
    return [pixel.x, pixel.y];
  }

  fromScreen([x, y]) {
    const at = this.osd.viewport.pointFromPixel(new globalThis.OpenSeadragon.Point(x, y), true);
    const found = this.item.viewportToImageCoordinates(at.x, at.y, true);
    return [found.x / this.stretch, found.y / this.stretch];
  }

  // The file may be a reduced copy of the image whose pixels the page speaks of.
  get stretch() { return this.item.getContentSize().x / this.frame.width; }

  get screenPerPixel() {
    const [a, b] = [[0, 0], [1, 0]].map((at) => this.toScreen(at));
    return Math.hypot(b[0] - a[0], b[1] - a[1]);
  }

  get centre() { return [this.host.clientWidth / 2, this.host.clientHeight / 2]; }

  // Another image on the frame, by its matrix; one that nobody registered is only fitted in.
  lay(image) {
    const element = document.createElement("img");
    element.className = "viewer-laid";
    element.alt = "";
    element.draggable = false;
    element.src = image.url;
    element.style.width = `${image.width}px`;
    element.style.height = `${image.height}px`;
    element.style.transform = cssMatrix(image.to_base ?? fitted(image, this.frame));
    this.layers.append(element);
    return element;
  }

  drawing() {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${this.frame.width} ${this.frame.height}`);
    svg.setAttribute("aria-hidden", "true");
    this.layers.append(svg);
    return svg;
  }

  zoom(steps) { this.osd.viewport.zoomBy(ZOOM_STEP ** steps); this.osd.viewport.applyConstraints(); }
  get atHome() {
    const { viewport } = this.osd;
    return viewport.getRotation() === 0 && Math.abs(viewport.getZoom() / viewport.getHomeZoom() - 1) < 0.01;
  }

  // After the page gave the pane another size: what was seen as a whole is seen as a whole again.
  resized(wasHome) {
    this.osd.forceResize();
    if (wasHome) this.osd.viewport.goHome(true);
    this.moved();
  }

  home() { this.osd.viewport.setRotation(0); this.osd.viewport.goHome(); }
  turn(degrees) { this.osd.viewport.setRotation(this.osd.viewport.getRotation() + degrees); }
  pan([dx, dy]) {
    const { viewport } = this.osd, { Point } = globalThis.OpenSeadragon;
    const size = viewport.getContainerSize();
    const by = new Point(dx * size.x * PAN_SHARE, dy * size.y * PAN_SHARE);
    viewport.panBy(viewport.deltaPointsFromPixels(by));
    viewport.applyConstraints();
  }

  destroy() { this.osd.destroy(); }
}

