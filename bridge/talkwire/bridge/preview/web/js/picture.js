// One moment as it is shown, and the way from one to another (picture.py).

/**
 * What is shown: {utterance, generation, idle, timeS: the moment of the utterance it shows, heardS: the one that was
 * heard, weights [52], rotation xyzw, translation, vertices [3 V] or null, patch: the newest at that moment or null,
 * atRest: nothing of its moment is there}. Its vertices may be written over when the next but one is made.
 */
export class Picture {
  constructor(fields) {
    Object.assign(this, fields);
  }

  with(fields) {
    return new Picture({ ...this, ...fields });
  }

  /** The same head with a face that does nothing. neutral: [3 V], the mesh as it is then. */
  resting(neutral) {
    return this.with({ weights: new Float32Array(this.weights.length), vertices: this.vertices && neutral, atRest: true });
  }

  /** The same, kept for one of which there is no picture. */
  heldFor(utterance, generation, idle) {
    return this.with({ utterance, generation, idle, timeS: 0, heardS: 0 });
  }

  /** The same with vertices of its own. */
  copied() {
    return this.with({ vertices: this.vertices?.slice() ?? null });
  }

  /** This one for share 0, the other for share 1; identity and times are the other's. */
  towards(other, faceShare, headShare) {
    return other.with({
      weights: mix(this.weights, other.weights, faceShare),
      rotation: normalised(mix(this.rotation, other.rotation, headShare)),
      translation: mix(this.translation, other.translation, headShare),
      vertices: mixVertices(this.vertices, other.vertices, faceShare),
    });
  }
}

/** out = a + (b - a) * share, of arrays of one length. */
export function mix(a, b, share, out = new Float32Array(a.length)) {
  for (let i = 0; i < out.length; i++) out[i] = a[i] + (b[i] - a[i]) * share;
  return out;
}

/** The same; just b where there is nothing to mix it with. */
export function mixVertices(a, b, share, out) {
  return a?.length === b?.length && b ? mix(a, b, share, out) : b;
}

export function normalised(quaternion) {
  const length = Math.hypot(...quaternion) || 1;
  return quaternion.map((x) => x / length);
}
