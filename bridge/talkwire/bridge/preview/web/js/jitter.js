// How long frames are gathered before a line begins: as long as they have lately come late, and no longer.
export const LEAST_MS = 20, MOST_MS = 120, FIRST_MS = 60;
const KEPT = 300; // five seconds of frames
const WORST = 0.98;

export class Jitter {
  constructor() {
    this.transits = [];
    this.depthMs = FIRST_MS;
  }

  /** A frame took so long. Depth rises at once with what was seen, and falls by a hundredth a frame. */
  note(transitMs) {
    this.transits.push(transitMs);
    if (this.transits.length > KEPT) this.transits.shift();
    if (this.transits.length < KEPT / 5 || this.transits.length % 10) return;
    const sorted = [...this.transits].sort((a, b) => a - b);
    const late = sorted[Math.floor(WORST * (sorted.length - 1))] - sorted[0];
    const wanted = Math.min(MOST_MS, Math.max(LEAST_MS, 1.5 * late));
    this.depthMs = Math.max(wanted, this.depthMs - 1);
  }
}
