// Flicker: another visit, laid onto the frame, is shown and hidden in turn. Slower than three times a second, and
// only by hand where the person asked for less motion.

const PERIOD_MS = 700;

export class Flicker {
  constructor(pane, { still, changed }) {
    Object.assign(this, { pane, still, changed, layer: null, image: null, timer: null });
  }

  get on() { return this.layer !== null; }

  start(image) {
    this.stop();
    this.image = image;
    this.layer = this.pane.lay(image);
    this.layer.classList.add("viewer-flicker");
    this.seen(true);
    if (!this.still) this.timer = setInterval(() => this.swap(), PERIOD_MS);
  }

  // By hand: the pictures then stand still until the next press.
  step() {
    clearInterval(this.timer);
    this.timer = null;
    if (this.on) this.swap();
  }

  swap() { this.seen(this.layer.style.display === "none"); }

  seen(later) {
    this.layer.style.display = later ? "" : "none";
    this.changed(later ? this.image : this.pane.frame);
  }

  stop() {
    clearInterval(this.timer);
    this.layer?.remove();
    this.layer = this.timer = this.image = null;
    this.changed(null);
  }
}
