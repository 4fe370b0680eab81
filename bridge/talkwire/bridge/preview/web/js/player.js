// The player: which picture belongs on the screen now, given the sound that is heard now (player.py).
//
// Sound is the master: a frame is chosen, and interpolated, for the sample that is heard. Utterances are played in
// order; an idle one yields as soon as the next is ready; a newer generation voids everything older. What is missing
// is waited for; a face for which nothing comes goes to rest. docs/playing.md has the rules; each is a module.
import { array } from "./fields.js";
import { Happenings } from "./happening.js";
import { JitterBuffer } from "./jitter.js";
import { HOLD_S } from "./lapse.js";
import { Playout } from "./playout.js";
import { Poser } from "./posing.js";
import { Programme } from "./programme.js";
import { Screen } from "./screen.js";
import { Stats } from "./stats.js";
import { LAST, REPEAT } from "./wire.js";

const ARKIT = "frame/arkit"; // a plane whose frames have no vertices

/** Give it what arrives (`receive`), ask it what to show (`present`) at every display tick. */
export class Player {
  /** sink: see sinks.js. */
  constructor(sink) {
    this.stats = new Stats();
    this.poser = new Poser();
    this.screen = new Screen();
    this.happenings = new Happenings();
    this.sink = sink;
    this.nowMs = -Infinity;
    this.meet();
  }

  meet() {
    const offsetS = this.playout?.offsetS ?? 0;
    this.buffer = new JitterBuffer();
    this.programme = new Programme();
    this.playout = new Playout(this.sink, this.buffer, this.stats);
    this.playout.offsetS = offsetS;
    this.framedMs = null; // when the last frame came
  }

  /** Another server, or the same one again: nothing of before counts. */
  reset(nowMs) {
    this.cut(nowMs, 0);
    this.meet();
  }

  /** How much later than its sound is heard a moment is shown, for ears that hear late. */
  set offsetS(seconds) {
    this.playout.offsetS = seconds;
  }

  /** Whether nothing but idling is left to play. */
  get silent() {
    return [...this.programme].every((track) => track.idle);
  }

  /** The picture last presented; null before the first. */
  get shown() {
    return this.screen.shown;
  }

  /**
   * Take a message of a media socket, {plane, message}. arrivedMs: when it did, which may have been before the last
   * picture: a thread of its own receives. offsetMs: added to the server's time gives the page's.
   */
  receive({ plane, message }, arrivedMs, offsetMs = 0) {
    const nowMs = (this.nowMs = Math.max(this.nowMs, arrivedMs));
    this.step(nowMs);
    this[RECEIVERS[message.type]]?.(message, nowMs, { plane, arrivedMs, offsetMs });
    this.leave(this.programme.tooMany(), nowMs);
    this.step(nowMs);
  }

  /** The picture for this moment; null while there is none. */
  present(nowMs) {
    this.nowMs = Math.max(this.nowMs, nowMs);
    this.measure(nowMs, (errorS) => this.stats.held(errorS));
    this.step(nowMs);
    const live = this.live(nowMs), picture = live ?? this.held();
    const missing = live === null || this.isMissing(nowMs), far = live !== null && this.isFar(live, nowMs);
    this.screen.show(picture, this.poser.neutral, nowMs, { missing, far });
    return this.shown;
  }

  /** The picture last presented has been drawn: measure how well it fits the sound. */
  displayed(nowMs) {
    this.measure(nowMs, (errorS) => this.stats.displayed(errorS));
    if (this.playout.isHeard(nowMs) && this.shown?.atRest) this.stats.rested += 1;
  }

  /** What became of lines since it was asked last: of each its `started` and its end, when heard. */
  happened(nowMs) {
    this.step(nowMs);
    return this.happenings.take();
  }

  /** Time has passed, or something has come. */
  step(nowMs) {
    this.framedMs ??= nowMs;
    this.programme.framesCame((nowMs - this.framedMs) / 1e3);
    this.playout.step(nowMs);
    for (let track; (track = this.next(nowMs)); ) this.begin(track, nowMs);
    const { current } = this.programme;
    if (!current || current.idle) return;
    const heardS = this.playout.heardS(current, nowMs);
    if (this.playout.heard(nowMs) > current.begins) this.happenings.started(current, heardS, nowMs);
    if (this.playout.isOver(current, nowMs)) this.happenings.over(current, "ended", heardS, nowMs);
  }

  /** What may begin: a line once the one before is heard to its end, idling once it is seen to it. */
  next(nowMs) {
    const { programme } = this, { current } = programme, free = !current || current.idle;
    if (!free && !this.playout.isOver(current, nowMs)) return null;
    const line = programme.nextLine(this.playout.wantedS());
    return line ?? (free || this.moment(current, nowMs) >= current.end ? programme.nextIdle() : null);
  }

  begin(track, nowMs) {
    const before = this.programme.current;
    this.leave(this.programme.before(track), nowMs);
    this.programme.begin(track);
    if (!before || before.idle) this.screen.next(nowMs);
    if (track.idle) this.playout.stop();
    else this.playout.begin(track, nowMs);
  }

  /** All that was is void. */
  cut(nowMs, generation) {
    this.leave(this.programme, nowMs);
    this.programme.clear(generation);
    this.playout.stop();
    this.screen.cut(nowMs);
  }

  leave(tracks, nowMs) {
    for (const track of tracks) {
      if (track.idle) continue;
      const kind = this.playout.isOver(track, nowMs) ? "ended" : "interrupted";
      this.happenings.over(track, kind, this.playout.heardS(track, nowMs), nowMs);
    }
  }

  takeFrame(frame, nowMs, { plane, arrivedMs, offsetMs }) {
    const track = this.track(frame, nowMs);
    if (!track) return;
    track.bare = plane === ARKIT;
    this.framedMs = nowMs;
    if (!track.addFrame(frame)) return;
    this.programme.framesHaveReached(track.id);
    if (frame.flags & REPEAT) return;
    const transitMs = arrivedMs - Number(frame.server_ns) / 1e6;
    this.buffer.arrived(transitMs, nowMs);
    const late = track === this.programme.current && !track.idle && this.moment(track, nowMs) > frame.pts;
    this.stats.frame(frame, transitMs - offsetMs, arrivedMs, late);
  }

  takeMesh(mesh) {
    this.poser.takeMesh(mesh);
  }

  takeBasis(basis) {
    this.poser.takeBasis(basis);
  }

  takePatch(patch, nowMs) {
    this.track(patch, nowMs)?.addPatch(patch);
  }

  takeAudio(audio, nowMs) {
    const track = this.track(audio, nowMs);
    if (!track) return;
    track.rateHz = audio.sample_rate_hz;
    this.programme.soundHasReached(track.id);
    if (audio.samples.length) {
      track.firstPts ??= audio.pts;
      const gap = audio.pts - track.end;
      if (gap > 0) this.playout.lost(track, gap, audio.pts, nowMs);
      if (gap >= 0) track.addSound(array("i2", audio.samples));
    }
    track.soundComplete ||= Boolean(audio.flags & LAST);
  }

  takeEvent(event, nowMs, { offsetMs }) {
    if (event.kind === "started") {
      const track = this.track(event, nowMs);
      if (!track) return;
      track.rateHz = event.sample_rate_hz;
      this.programme.soundHasReached(track.id);
      this.stats.lineStarted(event.utterance, Number(event.heard_ns) / 1e6 + offsetMs);
    } else if (this.isOfNow(event.generation, nowMs)) {
      if (event.kind === "closed") this.cut(nowMs, event.generation);
      if (event.kind === "ended") this.programme.soundHasReached(event.utterance + 1); // it came before, on this socket
    }
  }

  track({ utterance, generation }, nowMs) {
    return this.isOfNow(generation, nowMs) ? this.programme.track(utterance) : null;
  }

  /** Whether it is the newest; a newer one voids what was. */
  isOfNow(generation, nowMs) {
    if (generation > this.programme.generation) this.cut(nowMs, generation);
    return generation === this.programme.generation;
  }

  /** The picture of what is on. */
  live(nowMs) {
    const track = this.programme.current;
    if (!track || !this.poser.can(track)) return null;
    const heard = track.idle ? track.idleMoment(nowMs) : this.playout.heard(nowMs);
    return this.poser.picture(track, this.moment(track, nowMs), heard, this.shown);
  }

  /** What was shown, while nothing of what is on has come. */
  held() {
    const { current, generation } = this.programme;
    return this.shown?.heldFor(current?.id ?? 0, generation, current?.idle ?? true) ?? null;
  }

  /** Whether frames or sound of what is on have not come. */
  isMissing(nowMs) {
    const track = this.programme.current, newest = track.frames.at(-1).pts, moment = this.moment(track, nowMs);
    return track.idle ? moment >= newest : moment > newest || !this.playout.flowing;
  }

  /** Whether it is of a later time: who joins in mid-line has sound without its frames. */
  isFar(picture, nowMs) {
    const track = this.programme.current;
    return picture.timeS - track.seconds(this.moment(track, nowMs)) > HOLD_S;
  }

  /** What is to be seen now of the track that is on. */
  moment(track, nowMs) {
    return track.idle ? track.idleMoment(nowMs) : this.playout.seen(nowMs);
  }

  measure(nowMs, note) {
    const { shown, programme: { current } } = this;
    if (!current || !shown || shown.atRest || shown.utterance !== current.id || !this.playout.isHeard(nowMs)) return;
    note(shown.timeS - current.seconds(this.moment(current, nowMs)));
  }
}

const RECEIVERS = {
  Mesh: "takeMesh", Basis: "takeBasis", Frame: "takeFrame", Coefficients: "takeFrame", Patch: "takePatch", Audio: "takeAudio",
  Event: "takeEvent",
};
