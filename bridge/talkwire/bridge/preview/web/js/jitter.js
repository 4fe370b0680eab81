// The jitter buffer: how far sound and frames must reach beyond what is heard before a line may go on (jitter.py).
//
// The target is what the slowest but a few frames took longer than the quickest: a percentile, since one stall must
// not make every line late. It rises at once and falls slowly.
import { percentile } from "./stats.js";

const LEAST_MS = 20; // more than a frame's time: lips are drawn between two frames
const MOST_MS = 120;
const FIRST_MS = 60; // until enough has been seen
const ENOUGH = 30; // frames: half a second
const REMEMBERED = 256; // frames: four seconds
const SHARE = 0.95;
const MARGIN_MS = 5;
const FALL_MS_PER_S = 10;
const UNDERRUN_MS = 20; // more, whenever it was not enough

/** Tell it what arrives; `targetMs` is what to wait for, `depthMs` what there is. */
export class JitterBuffer {
  constructor() {
    this.targetMs = FIRST_MS;
    this.depthMs = 0; // of the line that is heard
    this.transitsMs = [];
    this.fellMs = null;
  }

  get targetS() {
    return this.targetMs / 1e3;
  }

  /** A frame was this long under way, by two clocks that need not agree. */
  arrived(transitMs, nowMs) {
    const { transitsMs, fellMs } = this;
    transitsMs.push(transitMs);
    if (transitsMs.length > REMEMBERED) transitsMs.shift();
    this.fellMs = nowMs;
    if (transitsMs.length < ENOUGH || fellMs === null) return;
    const wantedMs = within(this.slowestMs() + MARGIN_MS);
    if (transitsMs.length === ENOUGH) this.targetMs = wantedMs;
    this.targetMs = Math.max(wantedMs, this.targetMs - (FALL_MS_PER_S * Math.max(0, nowMs - fellMs)) / 1e3);
  }

  /** The target was too little: something else than the network is late. */
  underrun() {
    this.targetMs = within(this.targetMs + UNDERRUN_MS);
  }

  slowestMs() {
    const sorted = Float64Array.from(this.transitsMs).sort();
    return percentile(sorted, SHARE) - sorted[0];
  }
}

function within(valueMs) {
  return Math.min(MOST_MS, Math.max(LEAST_MS, valueMs));
}
