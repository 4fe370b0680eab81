// From frames to a picture: decoded where it is shown, and drawn between the frames around its moment (posing.py).
import { Basis, Box, face, vertices } from "./codec.js";
import { array, halves } from "./fields.js";
import { Picture, mix, mixVertices, normalised } from "./picture.js";

const DECODED = 4; // frames, of which two are needed

/** What never changes of a head, and its latest frames decoded. */
export class Poser {
  constructor() {
    this.mesh = this.box = this.neutral = this.basis = null;
    this.decoded = new Map(); // by utterance and seq, the last used last
    this.rooms = [null, null]; // for the vertices of the picture that is made, and of the one before
  }

  /** Where the vertices of frames belong. */
  takeMesh(message) {
    this.mesh = message;
    this.box = new Box(message);
    this.neutral = array("f4", message.neutral_vx3); // the head that does nothing
    this.rooms = this.rooms.map(() => new Float32Array(this.neutral.length));
    this.decoded.clear();
  }

  /** For frames that are coefficients. */
  takeBasis(message) {
    this.basis = new Basis(message);
    this.decoded.clear();
  }

  /** Whether there is a frame of it and all that it needs. */
  can(track) {
    if (!track.frames.length || track.bare) return track.frames.length > 0;
    const { type, topology_id: topology } = track.frames[0];
    return (type === "Frame" || this.basis?.topologyId === topology) && this.mesh?.topology_id === topology;
  }

  /** Of that moment; what lies before is forgotten. shown: its patches stay until the track has some. */
  picture(track, moment, heard, shown) {
    const { before, after, share } = track.around(moment);
    const a = this.pose(before, track.bare), b = this.pose(after, track.bare);
    return new Picture({
      utterance: track.id,
      generation: track.generation,
      idle: track.idle,
      timeS: track.seconds(before.pts + share * (after.pts - before.pts)),
      heardS: track.seconds(heard),
      weights: mix(a.weights, b.weights, share),
      rotation: normalised(mix(a.rotation, b.rotation, share)),
      translation: mix(a.translation, b.translation, share),
      vertices: mixVertices(a.vertices, b.vertices, share, this.rooms.reverse()[0]),
      patch: track.patch(moment) ?? shown?.patch ?? null,
      atRest: false,
    });
  }

  /** A frame's face and vertices, decoded once. */
  pose(frame, bare) {
    const key = `${frame.utterance} ${frame.seq}`, pose = this.decoded.get(key) ?? this.decode(frame, bare);
    this.decoded.delete(key);
    this.decoded.set(key, pose);
    return pose;
  }

  decode(frame, bare) {
    const pose = face(frame), room = this.room();
    return { ...pose, vertices: !bare && this.fill(frame, pose.weights, room) ? room : null };
  }

  /** Whether the frame's vertices are known now: those of another head are not. */
  fill(frame, weights, room) {
    if (frame.type === "Frame") return vertices(frame, this.box, room);
    return this.basis !== null && this.basis.pose(halves(frame.own), weights, room);
  }

  /** For a frame's vertices: of the frame that was used longest ago, or new. */
  room() {
    if (this.decoded.size >= DECODED) {
      const [oldest, pose] = this.decoded.entries().next().value;
      this.decoded.delete(oldest);
      if (pose.vertices) return pose.vertices;
    }
    return new Float32Array(this.neutral?.length ?? 0);
  }
}
