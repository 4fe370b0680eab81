// What to do while nothing comes: hold the picture, which may only be late; then let the face rest (lapse.py).
export const HOLD_S = 0.2; // a mouth that stands open for longer is seen
const ROUNDING_MS = 1e-6; // HOLD_S is twelve pictures of a 60 Hz display, and not a bit of a float more

/** Whether something has been missing for too long. */
export class Lapse {
  constructor() {
    this.resting = false;
    this.sinceMs = null;
  }

  /** Whether the face rests now. far: what there is belongs to a moment that is HOLD_S off or more. */
  step(missing, far, nowMs) {
    if (!missing && !far) {
      this.sinceMs = null;
      return (this.resting = false);
    }
    this.sinceMs ??= nowMs;
    return (this.resting ||= far || nowMs - this.sinceMs > HOLD_S * 1e3 + ROUNDING_MS);
  }

  /** It is not late but gone. */
  cut(nowMs) {
    this.sinceMs = nowMs;
    this.resting = true;
  }
}
