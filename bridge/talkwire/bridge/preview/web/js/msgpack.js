// MessagePack, as much of it as the protocol has (PROTOCOL.md, Messages): integers, floats, strings, bin and
// arrays; no maps, no extensions, nothing after the one array. Every length is checked before it is used.

export class WireError extends Error {}

const MOST_ITEMS = 128;
const MOST_TEXT_BYTES = 2048;
const MOST_DEPTH = 8;
const utf8 = new TextDecoder("utf-8", { fatal: true });
const bytesOf = new TextEncoder();

/** The one value in these bytes. bin becomes a view into them; integers beyond 2^53 become BigInt. */
export function unpack(bytes) {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw new WireError(`${bytes.length - reader.at} bytes follow the message`);
  return value;
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  value(depth) {
    if (depth > MOST_DEPTH) throw new WireError("arrays within arrays within arrays");
    const tag = this.number("getUint8", 1);
    if (tag < 0x80) return tag;
    if (tag >= 0xe0) return tag - 0x100;
    if (tag >= 0xa0 && tag < 0xc0) return this.text(tag & 0x1f);
    if (tag >= 0x90 && tag < 0xa0) return this.array(tag & 0x0f, depth);
    const read = READERS[tag];
    if (read === undefined) throw new WireError(`MessagePack type 0x${tag.toString(16)} is not used here`);
    return read(this, depth);
  }

  take(count) {
    if (count > this.bytes.length - this.at) throw new WireError("the message is cut short");
    this.at += count;
    return this.at - count;
  }

  number(getter, size) {
    return this.view[getter](this.take(size));
  }

  whole(getter) {
    const value = this.number(getter, 8);
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }

  bin(count) {
    const start = this.take(count);
    return this.bytes.subarray(start, start + count);
  }

  text(count) {
    if (count > MOST_TEXT_BYTES) throw new WireError(`a text of ${count} bytes`);
    try {
      return utf8.decode(this.bin(count));
    } catch (error) {
      throw error instanceof WireError ? error : new WireError("a text that is not UTF-8");
    }
  }

  array(count, depth) {
    if (count > MOST_ITEMS) throw new WireError(`an array of ${count}`);
    const items = [];
    for (let i = 0; i < count; i++) items.push(this.value(depth + 1));
    return items;
  }
}

const READERS = {
  0xc0: () => null,
  0xc2: () => false,
  0xc3: () => true,
  0xc4: (r) => r.bin(r.number("getUint8", 1)),
  0xc5: (r) => r.bin(r.number("getUint16", 2)),
  0xc6: (r) => r.bin(r.number("getUint32", 4)),
  0xca: (r) => r.number("getFloat32", 4),
  0xcb: (r) => r.number("getFloat64", 8),
  0xcc: (r) => r.number("getUint8", 1),
  0xcd: (r) => r.number("getUint16", 2),
  0xce: (r) => r.number("getUint32", 4),
  0xcf: (r) => r.whole("getBigUint64"),
  0xd0: (r) => r.number("getInt8", 1),
  0xd1: (r) => r.number("getInt16", 2),
  0xd2: (r) => r.number("getInt32", 4),
  0xd3: (r) => r.whole("getBigInt64"),
  0xd9: (r) => r.text(r.number("getUint8", 1)),
  0xda: (r) => r.text(r.number("getUint16", 2)),
  0xdb: (r) => r.text(r.number("getUint32", 4)),
  0xdc: (r, depth) => r.array(r.number("getUint16", 2), depth),
  0xdd: (r, depth) => r.array(r.number("getUint32", 4), depth),
};

/** Writes one message; every number says whether it is whole or a float, which JavaScript does not know. */
export class Writer {
  constructor() {
    this.bytes = new Uint8Array(256);
    this.view = new DataView(this.bytes.buffer);
    this.length = 0;
  }

  get message() {
    return this.bytes.slice(0, this.length);
  }

  whole(value) {
    if (typeof value === "bigint" || value > 0xffffffff) this.put(0xcf, "setBigUint64", 8, BigInt(value));
    else if (value > 0xffff) this.put(0xce, "setUint32", 4, value);
    else if (value > 0xff) this.put(0xcd, "setUint16", 2, value);
    else if (value > 0x7f) this.put(0xcc, "setUint8", 1, value);
    else this.raw([value]);
  }

  real(value) {
    this.put(0xcb, "setFloat64", 8, value);
  }

  text(value) {
    const data = bytesOf.encode(value);
    if (data.length < 32) this.raw([0xa0 | data.length]);
    else if (data.length < 256) this.raw([0xd9, data.length]);
    else this.put(0xda, "setUint16", 2, data.length);
    this.raw(data);
  }

  bin(data) {
    if (data.length < 256) this.raw([0xc4, data.length]);
    else if (data.length < 65536) this.put(0xc5, "setUint16", 2, data.length);
    else this.put(0xc6, "setUint32", 4, data.length);
    this.raw(data);
  }

  array(count) {
    if (count < 16) this.raw([0x90 | count]);
    else this.put(0xdc, "setUint16", 2, count);
  }

  put(tag, setter, size, value) {
    this.reserve(size + 1);
    this.bytes[this.length] = tag;
    this.view[setter](this.length + 1, value);
    this.length += size + 1;
  }

  raw(data) {
    this.reserve(data.length);
    this.bytes.set(data, this.length);
    this.length += data.length;
  }

  reserve(count) {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(2 * (this.length + count));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}
