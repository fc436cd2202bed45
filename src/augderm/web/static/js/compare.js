// Side by side: a second pane in the same coordinates, moved with the first while it is locked.

import { Pane } from "./pane.js";

export class Compare {
  constructor(pane, options) {
    Object.assign(this, { pane, options, other: null, locked: true, moving: false });
  }

  get open() { return this.other !== null; }

  // The second pane opens the same frame, unseen, and shows the other image laid onto it: one frame, one lock.
  async show(host, image) {
    this.close();
    const other = new Pane(host, this.options);
    this.other = other;
    await other.open(this.pane.frame, { hidden: true });
    if (this.other !== other) return;
    other.lay(image);
    for (const [from, to] of [[this.pane, other], [other, this.pane]]) {
      from.osd.addHandler("update-viewport", () => { if (this.other === other) this.follow(from, to); });
    }
    this.follow(this.pane, other, true);
  }

  follow(from, to, always = false) {
    if (this.moving || !(this.locked || always) || !from.osd.isOpen() || !to.osd.isOpen()) return;
    this.moving = true;
    const [here, there] = [from.osd.viewport, to.osd.viewport];
    const same = here.getZoom(true) === there.getZoom(true) && here.getCenter(true).equals(there.getCenter(true))
      && here.getRotation(true) === there.getRotation(true);
    if (!same) {
      there.setRotation(here.getRotation(true), true);
      there.zoomTo(here.getZoom(true), null, true);
      there.panTo(here.getCenter(true), true);
      to.moved();
    }
    this.moving = false;
  }

  lock(on) {
    this.locked = on;
    if (on && this.open) this.follow(this.pane, this.other);
  }

  close() {
    this.other?.destroy();
    this.other?.host.replaceChildren();
    this.other = null;
  }
}
