// Every message of the protocol that the page reads or writes, by tag (bridge/PROTOCOL.md, wire.py, wire_media.py).
// Fields are only ever appended: what a later version adds is ignored, what an older one lacks has a default.
import { array, choice, nanoseconds, raw, real, refuse, rows, text, whole, words } from "./fields.js";
import { Writer, WireError, unpack } from "./msgpack.js";

export { WireError };
export const VERSION = [1, 3];
export const IDLE = 1, LAST = 2, KEY = 4, REPEAT = 8; // bits of flags

const VERTICES = 262144, TRIANGLES = 524288, COMPONENTS = 1024, PARTS = 64, SIDE_PX = 16384;
const TEXTURE_BYTES = 16 << 20, CHUNK_SAMPLES = 384000, PATCHES = 16, MEDIA_BYTES = 32 << 20;
const u16 = whole(0, 65535), u32 = whole(0, 2 ** 32 - 1), pts = whole(0, 2 ** 53 - 1), rate = whole(4000, 384000);
const port = whole(1, 65535), share = real(0, 1), flags = whole(0, 255), every = whole(1, 240);
const avatar = text(/^([A-Za-z0-9][A-Za-z0-9_.-]{0,63})?$/), image = raw("u1", 1, 1, TEXTURE_BYTES), side = whole(0, SIDE_PX);
const session = text(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/), id = text(/^[0-9a-f]{16}$/), sentence = text();
const capabilities = words(text(/^[a-z0-9:_.-]{1,64}$/)), name = text(/^[a-z_]{1,32}$/);
const vector = raw("f4", 3, 1, 1), gain = real(-4, 4), degrees = real(-90, 90);

const LASTING = new Set(["mesh", "texture", "basis", "audio", "event"]); // planes of the media socket

const optional = (kind, value) => ({ ...kind, default: value });

// what every message of a moment begins with
const stamp = {
  topology_id: id, utterance: u32, generation: u32, seq: u32, pts, sample_rate_hz: rate, flags, server_ns: nanoseconds,
};

// tag: [message, its fields in order]
const MESSAGES = {
  1: ["Hello", {
    ref: u32, major: u16, minor: u16, agent: sentence, capabilities, bandwidth_kbit_s: optional(whole(0, 2 ** 31), 0),
    token: optional(sentence, ""),
  }],
  2: ["Welcome", {
    ref: u32, major: u16, minor: u16, agent: sentence, capabilities, media_port: port, motion_port: port,
    run: optional(text(/^[0-9a-f]{0,16}$/), ""), avatars: optional(words(avatar), []),
  }],
  3: ["Open", { ref: u32, session, avatar: optional(avatar, "") }],
  4: ["Opened", {
    ref: u32, session, topology_id: id, frame_rate_hz: whole(1, 1000), look_ahead_s: real(0, 60), max_queued_s: real(0, 3600),
    avatar: optional(avatar, ""), frames: optional(text(/^[a-z0-9/]{0,16}$/), ""),
  }],
  5: ["Begin", { ref: u32, session, line: u32, sample_rate_hz: rate }],
  6: ["ChunkS16", { ref: u32, session, line: u32, samples: raw("i2", 1, 1, CHUNK_SAMPLES) }],
  7: ["ChunkF32", { ref: u32, session, line: u32, samples: raw("f4", 1, 1, CHUNK_SAMPLES) }],
  8: ["End", { ref: u32, session, line: u32 }],
  9: ["Interrupt", { ref: u32, session }],
  10: ["Interrupted", { ref: u32, session, generation: u32 }],
  11: ["Progress", { session, line: u32, state: choice("queued", "speaking", "done", "interrupted"), utterance: u32, received_samples: pts, played_samples: pts }],
  12: ["Ping", { ref: u32, client_ns: nanoseconds }],
  13: ["Pong", {
    ref: u32, client_ns: nanoseconds, server_ns: nanoseconds, load: optional(share, 0), level: optional(whole(0, 15), 0),
  }],
  14: ["Close", { ref: u32, session }],
  15: ["Closed", { ref: u32, session }],
  16: ["Error", { ref: u32, code: name, what: sentence, seen: sentence, wanted: sentence, cure: sentence }],
  17: ["Style", {
    ref: u32, session, strength: real(0, 2), emotions: rows([name, share]), layers: rows([name, real(0, 2)]),
    look_at_deg: rows([degrees, degrees], 1), follow_voice: share,
    shapes: rows([text(/^[a-zA-Z]{1,32}$/), gain, gain, share, share]), line: optional(u32, 0), pts: optional(pts, 0),
  }],
  18: ["Styled", { ref: u32, session }],
  32: ["Mesh", {
    topology_id: id, neutral_vx3: raw("f4", 3, 3, VERTICES), triangles_tx3: raw("u4", 3, 1, TRIANGLES),
    uvs_vx2: raw("f4", 2, 3, VERTICES), weld_v: raw("u4", 1, 3, VERTICES), box_low_m: vector, box_high_m: vector,
    parts: rows([text(null, 32), whole(0, TRIANGLES), whole(0, TRIANGLES), share, share], PARTS),
    frame_rate_hz: whole(1, 1000), generated: optional(text(/^[A-Za-z]{0,64}$/), ""), shows: optional(sentence, ""),
  }],
  33: ["Texture", {
    topology_id: id, format: choice("png", "jpeg", "bc1"), image, width_px: optional(side, 0), height_px: optional(side, 0),
  }],
  34: ["Frame", {
    ...stamp, weights: raw("f4", 52, 1, 1, 0, 1), head_rotation: raw("f4", 4, 1, 1, -1.001, 1.001), head_translation_m: vector,
    codec: choice("f32", "q16", "delta8"), vertex_count: whole(3, VERTICES), vertices: raw("u1", 1, 13, 12 * VERTICES),
    every: optional(every, 1), normals: optional(raw("i1", 2, 0, VERTICES), new Uint8Array(0)),
  }],
  35: ["Audio", {
    utterance: u32, generation: u32, pts, sample_rate_hz: rate, flags, server_ns: nanoseconds,
    samples: raw("i2", 1, 0, CHUNK_SAMPLES),
  }],
  36: ["Event", {
    kind: choice("started", "ended", "interrupted", "closed"), utterance: u32, generation: u32, pts, sample_rate_hz: rate, server_ns: nanoseconds,
    heard_ns: nanoseconds, reason: sentence,
  }],
  37: ["Patch", {
    ...stamp,
    patches: rows([
      side, side, whole(1, SIDE_PX), whole(1, SIDE_PX), choice("jpeg", "bc1", "rgb"), image,
    ], PATCHES),
  }],
  38: ["Basis", {
    topology_id: id, own: whole(0, COMPONENTS), error_m: share, mean_vx3: raw("f4", 3, 3, VERTICES),
    blocks: rows([whole(0, VERTICES), whole(1, VERTICES), whole(0, COMPONENTS), whole(1, COMPONENTS)], PARTS),
    scales_m: raw("f4", 1, 0, COMPONENTS * PARTS), components: raw("i2", 3, 0, MEDIA_BYTES / 6),
  }],
  39: ["Coefficients", {
    ...stamp, head_rotation: raw("i2", 4, 1, 1), head_translation_m: raw("f2", 3, 1, 1),
    weights: raw("f2", 52, 1, 1, 0, 1),
    own: raw("f2", 1, 0, COMPONENTS), every: optional(every, 1),
  }],
};

const TAGS = new Map(Object.entries(MESSAGES).map(([tag, [type]]) => [type, Number(tag)]));

export const TYPES = [...TAGS.keys()];

/** A message as bytes. fields: its values by name; those with a default may be left out. */
export function encode(type, fields) {
  const tag = TAGS.get(type), kinds = Object.entries(MESSAGES[tag][1]);
  const to = new Writer();
  to.array(kinds.length + 1);
  to.whole(tag);
  for (const [field, kind] of kinds) {
    const value = fields[field] ?? kind.default, wanted = kind.check(value);
    if (wanted !== true) throw refuse(`${type}.${field}`, wanted);
    kind.write(to, value);
  }
  return to.message;
}

/** The message in these bytes, {type, ...fields}; null for a tag of a later version. Throws WireError. */
export function decode(bytes) {
  const values = unpack(bytes);
  if (!Array.isArray(values) || !Number.isInteger(values[0])) throw new WireError("this is not a talkwire message");
  if ((values[0] === 1 || values[0] === 2) && values[2] !== VERSION[0]) {
    throw new WireError(`the server speaks version ${values[2]}.${values[3]} of the protocol, this page ${VERSION.join(".")}`);
  }
  if (MESSAGES[values[0]] === undefined) return null;
  const [type, kinds] = MESSAGES[values[0]];
  const message = { type };
  Object.entries(kinds).forEach(([field, kind], i) => {
    const given = i + 1 < values.length ? values[i + 1] : kind.default;
    if (given === undefined) throw refuse(`${type}.${field}`, "a value");
    const value = kind.read ? kind.read(given) : given;
    const wanted = kind.check(value);
    if (wanted !== true) throw refuse(`${type}.${field}`, wanted);
    message[field] = value;
  });
  CHECKS[type]?.(message);
  return message;
}

/** A message of a media socket: {session, plane, message}. Throws WireError. */
export function decodeMedia(bytes) {
  const zero = bytes.subarray(0, 64).indexOf(0);
  const topic = zero < 0 ? "" : String.fromCharCode(...bytes.subarray(0, zero));
  const [root, session, ...rest] = topic.split("/");
  const plane = rest.join("/");
  if (root !== `tw${VERSION[0]}` || !plane) throw new WireError(`this is not a media message of talkwire: ${topic}`);
  return { session, plane, message: decode(bytes.subarray(zero + 1)) };
}

/** Whether it is a message of the motion socket, of which the newest is enough. */
export function isMotion(bytes) {
  const topic = String.fromCharCode(...bytes.subarray(0, 64)), plane = topic.split("\0", 1)[0].split("/")[2];
  return topic.startsWith("tw") && plane !== undefined && !LASTING.has(plane);
}

/** What a reader subscribes to: ZeroMQ's own message for it, 1 and the topic (0 ends it). */
export function subscription(session, plane, wanted) {
  const topic = new TextEncoder().encode(`tw${VERSION[0]}/${session}/${plane}\0`);
  return Uint8Array.from([wanted ? 1 : 0, ...topic]);
}

// what must hold between the fields
const CHECKS = {
  Mesh(m) {
    const count = m.neutral_vx3.length / 12;
    if (m.uvs_vx2.length !== 8 * count || m.weld_v.length !== 4 * count) throw refuse("Mesh", `${count} uvs and welds`);
    for (const indices of [array("u4", m.triangles_tx3), array("u4", m.weld_v)]) {
      if (indices.some((i) => i >= count)) throw refuse("Mesh", `indices below ${count}`);
    }
    let covered = 0;
    for (const [, first, triangles] of m.parts) {
      if (first !== covered) throw refuse("Mesh.parts", `a part at triangle ${covered}`);
      covered += triangles;
    }
    if (covered !== m.triangles_tx3.length / 12) throw refuse("Mesh.parts", "all triangles");
    const low = array("f4", m.box_low_m), high = array("f4", m.box_high_m);
    if (!low.every((x, i) => x < high[i])) throw refuse("Mesh.box", "low below high on each axis");
  },
  Texture(m) {
    checkPicture("Texture.image", m.format, m.image, m.width_px, m.height_px);
  },
  Patch(m) {
    for (const [, , width, height, format, image] of m.patches) checkPicture("Patch.patches", format, image, width, height);
  },
  Frame(m) {
    const size = { f32: 12, q16: 6 }[m.codec];
    if (m.normals.length && m.normals.length !== 2 * m.vertex_count) throw refuse("Frame.normals", "2 bytes a vertex");
    if (size && m.vertices.length !== size * m.vertex_count) throw refuse("Frame.vertices", `${size} bytes a vertex`);
    if (m.codec === "f32" && !array("f4", m.vertices).every(Number.isFinite)) throw refuse("Frame.vertices", "finite floats");
    unit("Frame", array("f4", m.head_rotation));
  },
  Basis(m) {
    const vertices = m.mean_vx3.length / 12, coefficients = m.own + 52;
    let scales = 0, values = 0;
    for (const [vertex, count, coefficient, components] of m.blocks) {
      if (vertex + count > vertices || coefficient + components > coefficients) throw refuse("Basis.blocks", "blocks within");
      scales += components;
      values += components * count;
    }
    if (m.scales_m.length !== 4 * scales || m.components.length !== 6 * values) throw refuse("Basis", `${scales} scales`);
  },
  Coefficients(m) {
    unit("Coefficients", Float32Array.from(array("i2", m.head_rotation), (x) => x / 32767));
  },
};

function unit(type, quaternion) {
  if (Math.abs(Math.hypot(...quaternion) - 1) > 1e-3) throw refuse(`${type}.head_rotation`, "a unit quaternion");
}

// how many bytes a picture of a size has; a file says its own
const BYTES = {
  bc1: (width, height) => 8 * Math.ceil(width / 4) * Math.ceil(height / 4),
  rgb: (width, height) => 3 * width * height,
};

function checkPicture(where, format, image, width, height) {
  const wanted = BYTES[format]?.(width, height) ?? image.length;
  if (image.length !== wanted) throw refuse(where, `${wanted} bytes of ${format}`);
}
