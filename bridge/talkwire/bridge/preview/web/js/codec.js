// Frames become numbers: vertices in metres from q16 or f32, or from a basis and coefficients (PROTOCOL.md, Codecs).
import { array, halves } from "./fields.js";

/** Expression and head pose of a Frame or of Coefficients: {weights [52], rotation xyzw, translation}. */
export function face(message) {
  if (message.type === "Frame") {
    return {
      weights: array("f4", message.weights),
      rotation: array("f4", message.head_rotation),
      translation: array("f4", message.head_translation_m),
    };
  }
  return {
    weights: halves(message.weights),
    rotation: Float32Array.from(array("i2", message.head_rotation), (x) => x / 32767),
    translation: halves(message.head_translation_m),
  };
}

/** Where the vertices of q16 lie, and the step between two of its values. */
export class Box {
  constructor(mesh) {
    this.low = array("f4", mesh.box_low_m);
    this.step = array("f4", mesh.box_high_m).map((high, i) => Math.fround(Math.fround(high - this.low[i]) / 65535));
  }
}

const DECODERS = {
  f32: (bytes, box, out) => out.set(array("f4", bytes)),
  q16: (bytes, box, out) => {
    const [x, y, z] = box.low, [sx, sy, sz] = box.step;
    const steps = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0, at = 0; i < out.length; i += 3, at += 6) {
      out[i] = x + sx * steps.getUint16(at, true);
      out[i + 1] = y + sy * steps.getUint16(at + 2, true);
      out[i + 2] = z + sz * steps.getUint16(at + 4, true);
    }
  },
};

/** A frame's vertices, metres in head space, into out [3 V]. False where they are another head's, or in another codec. */
export function vertices(frame, box, out) {
  const decode = DECODERS[frame.codec];
  if (!decode || 3 * frame.vertex_count !== out.length) return false;
  decode(frame.vertices, box, out);
  return true;
}

/** A head as a sum: mean and components. */
export class Basis {
  constructor(message) {
    this.topologyId = message.topology_id;
    this.own = message.own;
    this.mean = array("f4", message.mean_vx3);
    const scales = array("f4", message.scales_m), steps = array("i2", message.components);
    let scale = 0, step = 0;
    this.blocks = message.blocks.map(([vertex, count, coefficient, components]) => {
      const block = { vertex, count, coefficient, scales: scales.subarray(scale, scale + components), steps: steps.subarray(step, step + 3 * count * components) };
      scale += components;
      step += 3 * count * components;
      return block;
    });
  }

  /** own: the frame's own coefficients; weights [52]. Into out [3 V]. False where they are another head's. */
  pose(own, weights, out) {
    if (own.length !== this.own || out.length !== this.mean.length) return false;
    out.set(this.mean);
    for (const { vertex, count, coefficient, scales, steps } of this.blocks) {
      const size = 3 * count, start = 3 * vertex;
      for (let k = 0; k < scales.length; k++) {
        const at = coefficient + k;
        const amount = (at < this.own ? own[at] : weights[at - this.own]) * scales[k];
        if (amount === 0) continue;
        const row = k * size;
        for (let i = 0; i < size; i++) out[start + i] += amount * steps[row + i];
      }
    }
    return true;
  }
}
