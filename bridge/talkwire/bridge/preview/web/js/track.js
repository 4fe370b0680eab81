// One utterance on its way through the player: what has arrived of it, and whether it can begin (track.py).
export const MOST_FRAMES = 300; // of one utterance: five seconds that nobody has asked pictures of

export class Track {
  constructor(id, generation) {
    this.id = id;
    this.generation = generation;
    this.frames = []; // by pts
    this.patches = []; // by pts
    this.sound = []; // until it begins
    this.firstPts = null; // of the sound: not 0 for who joins in mid-line
    this.samples = 0;
    this.rateHz = 1;
    this.idle = false;
    this.length = null; // samples, once the utterance has ended
    this.startMs = null;
    this.coveredMs = null; // when a frame for its first sample had arrived
  }

  /** Enough has arrived to begin: the jitter buffer's time, or everything. */
  ready(nowMs, depthMs) {
    if (!this.frames.length || !(this.idle || this.samples)) return false;
    if (this.idle || (this.length !== null && !this.firstPts)) return true;
    return this.coveredMs !== null && nowMs - this.coveredMs >= depthMs;
  }

  /** Sound is sent further ahead than frames: who joins in mid-line must let the frames catch up. */
  noteCover(nowMs) {
    if (this.coveredMs === null && this.frames.length && this.frames.at(-1).pts >= (this.firstPts ?? 0)) this.coveredMs = nowMs;
  }

  /** Keep a frame or patch that is newer than all before; whether it is. */
  keep(list, message) {
    if (list.length && message.pts <= list.at(-1).pts) return false;
    list.push(message);
    if (list.length > MOST_FRAMES) list.shift();
    return true;
  }
}

/** How many of a list's messages are of moments up to `pts`. */
export function reached(list, pts) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].pts <= pts) low = middle + 1;
    else high = middle;
  }
  return low;
}
