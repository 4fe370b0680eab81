// What a field of a message may hold: strict on type, range and length. Each kind checks one value, and writes it.
import { WireError } from "./msgpack.js";

const MOST_TEXT = 512;
const MOST_ROWS = 64;
const TYPED = { f4: Float32Array, f2: Uint16Array, i2: Int16Array, i1: Int8Array, u4: Uint32Array, u1: Uint8Array };

export function whole(low, high) {
  return {
    check: (v) => (Number.isInteger(v) && v >= low && v <= high) || `a whole number from ${low} to ${high}`,
    write: (to, v) => to.whole(v),
  };
}

/** Nanoseconds: beyond what a double holds exactly, so always a BigInt. */
export const nanoseconds = {
  read: (v) => (Number.isInteger(v) ? BigInt(v) : v),
  check: (v) => (typeof v === "bigint" && v >= 0n && v < 1n << 63n) || "nanoseconds",
  write: (to, v) => to.whole(v),
};

export function real(low, high) {
  return {
    check: (v) => (typeof v === "number" && v >= low && v <= high) || `a number from ${low} to ${high}`,
    write: (to, v) => to.real(v),
  };
}

export function text(pattern, most = MOST_TEXT) {
  return {
    check: (v) =>
      (typeof v === "string" && [...v].length <= most && (!pattern || pattern.test(v))) ||
      `text of at most ${most} characters${pattern ? ` like ${pattern}` : ""}`,
    write: (to, v) => to.text(v),
  };
}

export function choice(...known) {
  return { check: (v) => known.includes(v) || known.join(" or "), write: (to, v) => to.text(v) };
}

/** A little-endian array as bytes: `low` to `high` rows of `columns` values. Floats lie within [least, most]. */
export function raw(type, columns, low, high, least = -3.5e38, most = 3.5e38) {
  const size = TYPED[type].BYTES_PER_ELEMENT * columns;
  const fits = (v) => v instanceof Uint8Array && v.length % size === 0 && v.length / size >= low && v.length / size <= high;
  return {
    check: (v) => (fits(v) && within(type, v, least, most)) || `${low} to ${high} rows of ${size} bytes, numbers from ${least} to ${most}`,
    write: (to, v) => to.bin(v),
  };
}

function within(type, bytes, least, most) {
  if (type !== "f4" && type !== "f2") return true;
  return (type === "f4" ? array(type, bytes) : halves(bytes)).every((x) => x >= least && x <= most);
}

/** Float32 values of half floats (IEEE 754 binary16). */
export function halves(bytes) {
  return Float32Array.from(array("f2", bytes), half);
}

function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Rows of so many fields; longer rows are a later version's. */
export function rows(kinds, most = MOST_ROWS) {
  return {
    read: (v) => (Array.isArray(v) ? v.map((row) => (Array.isArray(row) ? row.slice(0, kinds.length) : row)) : v),
    check: (v) => {
      if (!Array.isArray(v) || v.length > most) return `at most ${most} rows`;
      for (const row of v) {
        if (!Array.isArray(row) || row.length < kinds.length) return `rows of ${kinds.length} fields`;
        for (let i = 0; i < kinds.length; i++) {
          const wanted = kinds[i].check(row[i]);
          if (wanted !== true) return wanted;
        }
      }
      return true;
    },
    write: (to, v) => {
      to.array(v.length);
      for (const row of v) {
        to.array(kinds.length);
        kinds.forEach((kind, i) => kind.write(to, row[i]));
      }
    },
  };
}

export function words(word) {
  return {
    check: (v) => (Array.isArray(v) && v.length <= MOST_ROWS && v.every((w) => word.check(w) === true)) || "a few words",
    write: (to, v) => {
      to.array(v.length);
      for (const w of v) to.text(w);
    },
  };
}

export function refuse(where, wanted) {
  return new WireError(`${where} is wrong: wanted ${wanted}`);
}

/** Bytes of a message as a typed array of their own: within a message they do not lie on an even address. */
export function array(type, bytes) {
  return new TYPED[type](bytes.slice().buffer);
}
