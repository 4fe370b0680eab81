// Following a sender whose clock is not the sound card's: a little slower or quicker, never a jump (drift.py).
const MOST = 0.001; // of speed: two hundredths of a semitone
const FULL_S = 0.01; // so far outside of the zone, speed has changed by MOST
const ROOM_S = 0.04; // above the target: needless delay, but no harm
const SMOOTH_S = 2; // a stall is not drift

/** One line's. */
export class Drift {
  constructor() {
    this.aheadS = null;
    this.lastMs = 0;
  }

  /** At which to play now. aheadS: what has come beyond what is heard; leadS: how early it is sent. */
  speed(aheadS, targetS, leadS, nowMs) {
    this.aheadS ??= aheadS;
    const share = Math.min(1, Math.max(0, nowMs - this.lastMs) / 1e3 / SMOOTH_S);
    this.lastMs = nowMs;
    this.aheadS += share * (aheadS - this.aheadS);
    const outsideS = this.aheadS - Math.min(Math.max(this.aheadS, targetS), targetS + leadS + ROOM_S);
    return 1 + MOST * Math.min(1, Math.max(-1, outsideS / FULL_S));
  }
}
