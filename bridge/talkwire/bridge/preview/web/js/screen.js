// The screen: the picture of what is on, a face at rest where nothing comes, and the way between (screen.py).
import { CUT_S, Fade, NEXT_S, REST_S } from "./fade.js";
import { Lapse } from "./lapse.js";

/** `shown` is what was shown last. */
export class Screen {
  constructor() {
    this.shown = null;
    this.fade = new Fade();
    this.lapse = new Lapse();
  }

  /** Another utterance from here on. */
  next(nowMs) {
    this.fade.begin(nowMs, NEXT_S);
  }

  /** What was is void. */
  cut(nowMs) {
    this.lapse.cut(nowMs);
    this.fade.begin(nowMs, CUT_S);
  }

  /**
   * picture: what belongs there, or is held. missing: what should follow it has not come. far: it is of a moment that
   * is far from this one.
   */
  show(picture, neutral, nowMs, { missing, far }) {
    const rested = this.lapse.resting, rests = this.lapse.step(missing, far, nowMs);
    if (rests !== rested) this.fade.begin(nowMs, rests ? REST_S : NEXT_S);
    if (picture) this.shown = this.fade.blend(rests ? picture.resting(neutral) : picture, nowMs);
  }
}
