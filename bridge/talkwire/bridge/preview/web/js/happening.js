// What became of each line, told once, when it is heard (happening.py).
const MOST_UNTOLD = 1024; // for who never asks

/**
 * Each once, whatever is said twice: {kind, utterance, generation, heardS: of the line, so far, atMs}. Of every line
 * there is one `started`, when its first sample is heard, and then one `ended`, when its last is, or `interrupted`,
 * when it is cut; one that never began has both at the cut.
 */
export class Happenings {
  constructor() {
    this.untold = [];
  }

  /** The line is heard. */
  started(track, heardS, nowMs) {
    if (track.told) return;
    track.told = "started";
    this.note("started", track, heardS, nowMs);
  }

  /** The line is not heard any more. */
  over(track, kind, heardS, nowMs) {
    this.started(track, heardS, nowMs);
    if (track.told !== "started") return;
    track.told = "over";
    this.note(kind, track, heardS, nowMs);
  }

  /** Those since the last time, in order. */
  take() {
    return this.untold.splice(0);
  }

  note(kind, { id, generation }, heardS, atMs) {
    this.untold.push({ kind, utterance: id, generation, heardS, atMs });
    if (this.untold.length > MOST_UNTOLD) this.untold.shift();
  }
}
