// Cuts that are not seen: from what was shown to what belongs there (fade.py).
export const NEXT_S = 0.08; // to another utterance, or back from rest
export const CUT_S = 0.03; // an interruption: gone at the third picture of a 60 Hz display, within 50 ms
export const REST_S = 0.3; // to a face that does nothing, since nothing comes
const HEAD_S = 0.2; // a head is heavier than lips: it takes so long in each of them

/** One at a time, from the picture that would be on the screen at the moment when it begins. */
export class Fade {
  constructor() {
    this.to = null; // what belonged there last
    this.from = null; // {picture, sinceMs, faceS}
  }

  /** The face takes faceS. An interruption's fade ends when it would, whatever it now leads to. */
  begin(nowMs, faceS) {
    if (this.from?.faceS === CUT_S && nowMs - this.from.sinceMs < CUT_S * 1e3) return;
    if (this.to) this.from = { picture: this.blend(this.to, nowMs).copied(), sinceMs: nowMs, faceS };
  }

  /** What to show now where that picture belongs. */
  blend(picture, nowMs) {
    this.to = picture;
    if (!this.from) return picture;
    const sinceS = Math.max(0, nowMs - this.from.sinceMs) / 1e3;
    const faceShare = Math.min(1, sinceS / this.from.faceS), headShare = Math.min(1, sinceS / HEAD_S);
    if (faceShare < 1 || headShare < 1) return this.from.picture.towards(picture, faceShare, headShare);
    this.from = null;
    return picture;
  }
}
