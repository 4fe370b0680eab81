// The utterances of an NPC in their order: what has come of each, which is on, which may be next (programme.py).
import { MOST_APART_S, Track } from "./track.js";

const UNSEEN_AFTER_S = 1;
const MOST_WAITING = 64; // twice of what an NPC may have waiting

/** Utterances are numbered as they follow each other; one that was left never comes back. */
export class Programme {
  constructor() {
    this.generation = 0;
    this.current = null;
    this.tracks = new Map();
    this.left = 0; // the latest that was
  }

  /** All that is known and not left, in order. */
  [Symbol.iterator]() {
    return [...this.tracks.values()].sort((a, b) => a.id - b.id).values();
  }

  /** What there is of it; null where it was left behind. */
  track(utterance) {
    if (!this.tracks.has(utterance)) {
      if (utterance <= this.left) return null;
      this.tracks.set(utterance, new Track(utterance, this.generation));
    }
    return this.tracks.get(utterance);
  }

  /** Sounds come in order: those of earlier utterances are complete. */
  soundHasReached(utterance) {
    for (const track of this) track.soundComplete ||= track.id < utterance;
  }

  /** The same with frames. Sound that is still missing long after will not come, either. */
  framesHaveReached(utterance) {
    const newest = this.tracks.get(utterance), longAgo = newest.idle && newest.spanS() >= MOST_APART_S;
    for (const track of this) {
      if (track.id >= utterance) continue;
      track.framesComplete = true;
      track.soundComplete ||= longAgo;
    }
  }

  /** The last one, of whatever utterance. Long ago: nobody reads them, and no sound waits for them. */
  framesCame(agoS) {
    for (const track of this.tracks.values()) track.unseen = agoS > UNSEEN_AFTER_S;
  }

  /** The first that may begin; null without any. */
  nextLine(targetS) {
    return this.later().find((track) => !track.idle && track.ready(track.begins, targetS)) ?? null;
  }

  /** The one that may begin: not before the lines that it follows. */
  nextIdle() {
    const later = this.later(), line = later.find((track) => !track.idle)?.id ?? Infinity;
    return later.findLast((track) => track.idle && track.frames.length && track.id < line) ?? null;
  }

  /** Those that waited longest, where more wait than an NPC can have said. They are left. */
  tooMany() {
    const waiting = this.later(), spare = waiting.slice(0, Math.max(0, waiting.length - MOST_WAITING));
    this.forget(spare);
    return spare;
  }

  /** It is on; what came before is left. */
  begin(track) {
    this.forget(this.before(track));
    this.current = track;
    this.left = track.id - 1;
  }

  /** Those that are left for it. */
  before(track) {
    return [...this].filter(({ id }) => id < track.id);
  }

  /** Nothing is on, and nothing comes but of this generation. A new one counts its utterances anew. */
  clear(generation) {
    this.forget([...this]);
    this.current = null;
    if (generation === this.generation) return;
    this.generation = generation;
    this.left = 0;
  }

  later() {
    return [...this].filter((track) => track !== this.current);
  }

  forget(tracks) {
    for (const { id } of tracks) {
      this.tracks.delete(id);
      this.left = Math.max(this.left, id);
    }
  }
}
