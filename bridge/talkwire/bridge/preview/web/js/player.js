// Which picture belongs on the screen now, given the sound that is heard now (player.py).
//
// Sound is the master: a frame is chosen, and interpolated, for the sample that is heard. Utterances are played
// in order; an idle one yields as soon as the next is ready; a newer generation voids everything older. Any
// such cut is blended over FADE_MS.
import { Basis, Box, face, mix, vertices } from "./codec.js";
import { halves } from "./fields.js";
import { Jitter } from "./jitter.js";
import { Stats } from "./stats.js";
import { Track, reached } from "./track.js";
import { IDLE, LAST, REPEAT } from "./wire.js";

export const FADE_MS = 80;
const MOST_GAP_S = 10;
const IDLE_BEHIND_S = 0.25; // an idle clock that lags the newest frame by more than this jumps
const KEPT_POSES = 3;

/** Give it what arrives (`receive`), ask it what to show (`present`) at every display tick. */
export class Player {
  /** sound: start(rateHz, nowMs), write(Int16Array), heard(nowMs) in samples, stop(). */
  constructor(sound) {
    this.sound = sound;
    this.offsetS = 0; // the face ahead of the sound by this much, as the viewer wants it
    this.stats = new Stats();
    this.reset();
  }

  /** Another server, or the same one again: nothing of before counts. */
  reset() {
    this.jitter = new Jitter();
    this.mesh = this.box = this.basis = null;
    this.generation = 0;
    this.tracks = new Map();
    this.current = this.shown = this.fade = null;
    this.poses = new Map();
    this.sound.stop();
  }

  get silent() {
    return [...this.tracks.values()].every((track) => track.idle);
  }

  /** Take a message. offsetMs: added to the server's time gives the page's. */
  receive(message, nowMs, offsetMs) {
    this[RECEIVERS[message.type]]?.(message, nowMs, offsetMs);
  }

  /** The picture for this moment; null while there is none: keep what is shown. */
  present(nowMs) {
    this.measure(nowMs, (errorS) => this.stats.held(errorS));
    this.choose(nowMs);
    const track = this.current;
    if (!track?.frames.length || !this.canPose(track.frames[0])) return null;
    const heard = this.heard(track, nowMs);
    this.shown = this.blend(this.interpolate(track, heard), nowMs);
    return this.shown;
  }

  /** The picture last presented has been drawn: measure how well it fits the sound. */
  displayed(nowMs) {
    this.measure(nowMs, (errorS) => this.stats.displayed(errorS));
  }

  measure(nowMs, note) {
    const track = this.current;
    if (!track || track.idle || this.shown?.utterance !== track.id) return;
    const heard = this.heard(track, nowMs);
    if (heard > 0 && (track.length === null || heard < track.length)) note(this.shown.timeS - heard / track.rateHz - this.offsetS);
  }

  canPose(frame) {
    const based = frame.type === "Frame" || this.basis?.topologyId === frame.topology_id;
    return based && this.mesh?.topology_id === frame.topology_id;
  }

  takeMesh(mesh) {
    this.mesh = mesh;
    this.box = new Box(mesh);
    this.shown = this.fade = null;
    this.scratch = new Float32Array(mesh.neutral_vx3.length / 4);
    this.poses.clear();
  }

  takeBasis(message) {
    this.basis = new Basis(message);
  }

  takeFrame(frame, nowMs, offsetMs) {
    if (!this.isNewest(frame.generation, nowMs)) return;
    const track = this.track(frame.utterance, frame.generation);
    if (!track?.keep(track.frames, frame)) return;
    track.rateHz = frame.sample_rate_hz;
    track.idle = Boolean(frame.flags & IDLE);
    track.noteCover(nowMs);
    if (frame.flags & REPEAT) return;
    const transitMs = nowMs - Number(frame.server_ns) / 1e6 - offsetMs;
    const late = track === this.current && !track.idle && this.heard(track, nowMs) > frame.pts;
    this.jitter.note(transitMs);
    this.stats.frame(frame, transitMs, nowMs, late);
  }

  takePatch(patch, nowMs) {
    if (!this.isNewest(patch.generation, nowMs)) return;
    const track = this.track(patch.utterance, patch.generation);
    track?.keep(track.patches, patch);
  }

  takeAudio(audio, nowMs) {
    if (!this.isNewest(audio.generation, nowMs)) return;
    const track = this.track(audio.utterance, audio.generation);
    if (!track) return;
    if (audio.samples.length) this.takeSamples(track, audio, nowMs);
    if (audio.flags & LAST) track.length = (track.firstPts ?? 0) + track.samples;
  }

  takeSamples(track, audio, nowMs) {
    if (track.firstPts === null) {
      track.firstPts = audio.pts;
      track.coveredMs = null;
      track.noteCover(nowMs);
    }
    const gap = audio.pts - track.firstPts - track.samples;
    if (gap < 0) return;
    if (gap) this.bridgeGap(track, gap, audio, nowMs);
    track.rateHz = audio.sample_rate_hz;
    this.hear(track, new Int16Array(audio.samples.slice().buffer));
  }

  /** Sound was lost. What can still be filled with silence is; else go on as if joined only now. */
  bridgeGap(track, gap, audio, nowMs) {
    this.stats.soundGaps += 1;
    const dry = track === this.current && this.sound.heard(nowMs) >= track.samples;
    if (gap <= MOST_GAP_S * audio.sample_rate_hz && !dry) {
      this.hear(track, new Int16Array(gap));
      return;
    }
    track.firstPts = audio.pts;
    track.samples = 0;
    track.sound = [];
    if (track === this.current) this.sound.start(audio.sample_rate_hz, nowMs);
  }

  hear(track, samples) {
    track.samples += samples.length;
    if (track === this.current) this.sound.write(samples);
    else track.sound.push(samples);
  }

  takeEvent(event, nowMs, offsetMs) {
    if (!this.isNewest(event.generation, nowMs)) return;
    if (event.kind === "started") {
      this.stats.lineStarted(event.utterance, Number(event.heard_ns) / 1e6 + offsetMs);
      this.track(event.utterance, event.generation);
    } else if (event.kind === "ended" && this.tracks.has(event.utterance)) {
      const track = this.tracks.get(event.utterance); // its sound came before, on the same socket
      track.length = Math.min(event.pts, (track.firstPts ?? 0) + track.samples);
    } else if (event.kind === "closed") {
      this.leave();
    }
  }

  leave() {
    this.tracks.clear();
    this.current = null;
    this.sound.stop();
  }

  /** Whether it is the newest generation; a newer one voids what was. */
  isNewest(generation, nowMs) {
    if (generation > this.generation) {
      this.generation = generation;
      this.leave();
      this.beginFade(nowMs);
    }
    return generation === this.generation;
  }

  /** The utterance's track; null when it was left behind already. */
  track(utterance, generation) {
    if (!this.tracks.has(utterance)) {
      if (utterance < Math.max(this.current?.id ?? 0, ...this.tracks.keys())) return null;
      this.tracks.set(utterance, new Track(utterance, generation));
    }
    return this.tracks.get(utterance);
  }

  /** Move on to the next utterance where the current one is over, or idle and the next is ready. */
  choose(nowMs) {
    for (;;) {
      const current = this.current;
      const later = [...this.tracks.values()].filter((track) => track !== current).sort((a, b) => a.id - b.id);
      if (!later.length || (current && !current.idle && !this.over(current, nowMs))) return;
      const ready = later.filter((track) => track.ready(nowMs, this.jitter.depthMs));
      const chosen = ready.find((track) => !track.idle) ?? ready[0]; // idling that a line already follows is skipped
      if (!chosen) return;
      if (!current || current.idle) this.beginFade(nowMs);
      this.start(chosen, nowMs);
    }
  }

  start(track, nowMs) {
    for (const id of this.tracks.keys()) if (id < track.id) this.tracks.delete(id);
    this.current = track;
    track.startMs = nowMs;
    this.poses.clear();
    if (track.idle) {
      this.sound.stop();
      return;
    }
    this.sound.start(track.rateHz, nowMs);
    for (const samples of track.sound) this.sound.write(samples);
    track.sound = [];
  }

  over(track, nowMs) {
    return track.length !== null && this.heard(track, nowMs) >= track.length;
  }

  /** The moment of the track that is heard now; an idle one runs on the page's clock. */
  heard(track, nowMs) {
    if (!track.idle) return (track.firstPts ?? 0) + this.sound.heard(nowMs);
    const first = track.frames[0].pts, newest = track.frames.at(-1).pts, behind = Math.round(IDLE_BEHIND_S * track.rateHz);
    let moment = first + ((nowMs - track.startMs) * track.rateHz) / 1e3;
    if (moment > newest || moment < newest - behind) {
      moment = Math.min(Math.max(moment, newest - behind), newest);
      track.startMs = nowMs - ((moment - first) * 1e3) / track.rateHz;
    }
    return moment;
  }

  /** Between the frames around the moment heard; the nearest where there is only one side. */
  interpolate(track, heard) {
    const { frames } = track, moment = heard + this.offsetS * track.rateHz;
    const right = reached(frames, moment), first = frames[0].pts;
    const before = frames[Math.max(0, right - 1)], after = frames[Math.min(right, frames.length - 1)];
    const span = after.pts - before.pts;
    const share = span > 0 ? Math.min(1, Math.max(0, (moment - before.pts) / span)) : 0;
    if (right > 1) { // what has been shown is not needed again
      if (track.idle) track.startMs += ((before.pts - first) * 1e3) / track.rateHz;
      frames.splice(0, right - 1);
    }
    const a = this.pose(before), b = this.pose(after);
    const blended = (name) => mix(a[name], b[name], share, new Float32Array(a[name].length));
    return {
      utterance: track.id,
      generation: track.generation,
      idle: track.idle,
      timeS: (before.pts + share * span) / track.rateHz,
      heardS: heard / track.rateHz,
      weights: blended("weights"),
      rotation: normalised(blended("rotation")),
      translation: blended("translation"),
      vertices: mix(a.vertices, b.vertices, share, this.scratch),
      patch: this.patch(track, moment),
    };
  }

  /** The newest of its moment; before the first, what was shown last stays. */
  patch(track, moment) {
    const right = reached(track.patches, moment);
    if (right > 1) for (const old of track.patches.splice(0, right - 1)) old.release?.();
    return right ? track.patches[0] : (this.shown?.patch ?? null);
  }

  /** A frame's face and vertices, decoded once. */
  pose(frame) {
    const pose = this.poses.get(frame.seq) ?? this.decoded(frame);
    this.poses.delete(frame.seq);
    this.poses.set(frame.seq, pose); // the last to go
    return pose;
  }

  decoded(frame) {
    let room = null;
    if (this.poses.size >= KEPT_POSES) {
      const [oldest, pose] = this.poses.entries().next().value;
      this.poses.delete(oldest);
      room = pose.vertices;
    }
    const pose = { ...face(frame), vertices: room ?? new Float32Array(this.scratch.length) };
    if (frame.type === "Frame") vertices(frame, this.box, pose.vertices);
    else this.basis.pose(halves(frame.own), pose.weights, pose.vertices);
    return pose;
  }

  beginFade(nowMs) {
    if (this.shown) this.fade = { sinceMs: nowMs, from: { ...this.shown, vertices: this.shown.vertices.slice() } };
  }

  /** Over the first FADE_MS after a cut: from what was shown to what belongs there. */
  blend(picture, nowMs) {
    if (!this.fade) return picture;
    const { sinceMs, from } = this.fade, share = (nowMs - sinceMs) / FADE_MS;
    if (share >= 1) {
      this.fade = null;
      return picture;
    }
    for (const name of ["weights", "rotation", "translation", "vertices"]) mix(from[name], picture[name], share, picture[name]);
    normalised(picture.rotation);
    return picture;
  }
}

const RECEIVERS = {
  Mesh: "takeMesh", Basis: "takeBasis", Frame: "takeFrame", Coefficients: "takeFrame", Patch: "takePatch", Audio: "takeAudio",
  Event: "takeEvent",
};

function normalised(quaternion) {
  const length = Math.hypot(...quaternion) || 1;
  for (let i = 0; i < 4; i++) quaternion[i] /= length;
  return quaternion;
}
