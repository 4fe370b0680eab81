// One utterance on its way through the player: what has arrived of it, and how far that reaches (track.py).
import { IDLE, LAST, REPEAT } from "./wire.js";

const MOST_FRAMES = 1200; // of one utterance, where nobody asks for pictures
const MOST_SOUND_S = 60; // that waits; the server sends a fraction of a second ahead
export const MOST_APART_S = 2; // of what one socket has brought: so long it waits for the other
const UNSEEN_S = 0.15; // for who reads no frames: somewhat more sound than a frame needs beyond its moment
const LEAD_MEASURED_MS = 1000; // from its first frame on
const IDLE_BEHIND_S = 0.25; // an idle clock that lags the newest frame by more than this jumps

/** As far as it has arrived. Places in it are samples at its own rate. */
export class Track {
  constructor(id, generation) {
    this.id = id;
    this.generation = generation;
    this.frames = []; // by pts
    this.patches = []; // by pts
    this.sound = []; // that the sink has not been given
    this.waiting = 0; // samples in sound
    this.firstPts = null; // of the sound: not 0 for who joins in mid-line
    this.samples = 0; // of the sound, from there on
    this.rateHz = 1;
    this.idle = false;
    this.bare = false; // its frames have no vertices
    this.unseen = false; // nobody reads frames just now
    this.soundComplete = this.framesComplete = false;
    this.leadS = 0; // how long before its moment a frame is sent: of recorded lines, not of live ones
    this.told = ""; // then "started", then "over"
    this.sentFirst = null; // of a frame: {pts, serverMs}
    this.anchor = null; // of the idle clock: {pts, nowMs}
  }

  /** Where its sound begins here. */
  get begins() {
    return this.firstPts ?? 0;
  }

  /** How far its sound has come. */
  get end() {
    return this.begins + this.samples;
  }

  seconds(samples) {
    return samples / this.rateHz;
  }

  /** How much of its frames has come. */
  spanS() {
    return this.frames.length ? this.seconds(this.frames.at(-1).pts - this.frames[0].pts) : 0;
  }

  /**
   * How far both sound and frames have come. Neither leads without the other, within MOST_APART_S. Where no frames
   * come at all, sound goes alone, as late as it would beside them: they may come again.
   */
  reach() {
    const sound = this.soundComplete ? Infinity : this.samples ? this.end : -Infinity;
    const newest = this.frames.at(-1)?.pts ?? -Infinity, apartS = this.unseen ? UNSEEN_S : MOST_APART_S;
    const complete = this.framesComplete || (this.unseen && this.soundComplete);
    return Math.min(sound, complete ? Infinity : Math.max(newest, this.end - apartS * this.rateHz));
  }

  /** Whether it may begin, or go on, from there. */
  ready(heard, targetS) {
    return this.idle ? this.frames.length > 0 : this.reach() >= heard + targetS * this.rateHz;
  }

  /** Whether it is a new one. */
  addFrame(frame) {
    if (this.frames.length && frame.pts <= this.frames.at(-1).pts) return false;
    this.rateHz = frame.sample_rate_hz;
    if (!this.frames.length) this.idle = Boolean(frame.flags & IDLE) && !this.samples;
    this.framesComplete ||= Boolean(frame.flags & LAST);
    this.frames.push(frame);
    if (this.frames.length > MOST_FRAMES) this.frames.shift();
    if (!(frame.flags & REPEAT)) this.measureLead(frame);
    return true;
  }

  /** In their order. */
  addPatch(patch) {
    if (this.patches.length && patch.pts <= this.patches.at(-1).pts) return;
    this.patches.push(patch);
    if (this.patches.length > MOST_FRAMES) this.patches.shift().release?.();
  }

  /** What follows. What is too much is lost. */
  addSound(samples) {
    if (this.waiting >= MOST_SOUND_S * this.rateHz) return;
    this.samples += samples.length;
    this.waiting += samples.length;
    this.sound.push(samples);
  }

  /** The next of it for the sink. */
  takeSound() {
    const samples = this.sound.shift();
    this.waiting -= samples.length;
    return samples;
  }

  /** Go on from there, as if joined only now. */
  rejoin(pts) {
    this.firstPts = pts;
    this.samples = this.waiting = 0;
    this.sound = [];
  }

  /** An idle utterance runs on the page's clock, between its newest frame and a little before. */
  idleMoment(nowMs) {
    const newest = this.frames.at(-1).pts, behind = Math.round(IDLE_BEHIND_S * this.rateHz);
    const from = this.anchor ?? { pts: this.frames[0].pts, nowMs };
    const moment = from.pts + Math.floor(((nowMs - from.nowMs) * this.rateHz) / 1e3);
    const pts = Math.min(Math.max(moment, newest - behind), newest);
    if (pts !== moment || !this.anchor) this.anchor = { pts, nowMs };
    return pts;
  }

  /** The frames on both sides of a moment, and its share of the way between them. Forgets older ones. */
  around(moment) {
    this.frames.splice(0, Math.max(0, reached(this.frames, moment) - 1));
    const before = this.frames[0], after = this.frames[Math.min(1, this.frames.length - 1)], span = after.pts - before.pts;
    return { before, after, share: span > 0 ? Math.min(1, Math.max(0, (moment - before.pts) / span)) : 0 };
  }

  /** The newest of its moment, null where there is none; older ones are forgotten. */
  patch(moment) {
    const right = reached(this.patches, moment);
    for (const old of this.patches.splice(0, Math.max(0, right - 1))) old.release?.();
    return right ? this.patches[0] : null;
  }

  measureLead({ pts, server_ns: serverNs }) {
    const serverMs = Number(serverNs) / 1e6;
    this.sentFirst ??= { pts, serverMs };
    const sinceMs = serverMs - this.sentFirst.serverMs;
    if (sinceMs > LEAD_MEASURED_MS) return; // later it would be drift
    this.leadS = Math.max(this.leadS, this.seconds(pts - this.sentFirst.pts) - sinceMs / 1e3);
  }
}

/** How many of a list's messages are of moments up to `pts`. */
function reached(list, pts) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].pts <= pts) low = middle + 1;
    else high = middle;
  }
  return low;
}
