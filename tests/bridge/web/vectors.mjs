// What the page's decoder makes of each vector, of every truncation of it, and of what follows it.
// in: [{name, hex}]; out: [{message, session, plane, accepted, again}]
import { readFileSync } from "node:fs";

const [js] = process.argv.slice(2);
const { TYPES, decode, decodeMedia, encode } = await import(`${js}/wire.js`);
const { WireError } = await import(`${js}/msgpack.js`);

function refusal(read) {
  try {
    read();
    return null;
  } catch (error) {
    if (!(error instanceof WireError)) throw error; // an accident, no refusal
    return error.message;
  }
}

function answer({ media, hex }) {
  const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
  const read = (data) => (media ? decodeMedia(data) : { message: decode(data) });
  const refused = refusal(() => read(bytes));
  if (refused !== null) return { refused };
  const cuts = Array.from(bytes.keys(), (cut) => bytes.subarray(0, cut));
  const longer = [[0], [0xc0], [0x91, 1], [1, 2, 3, 4]].map((extra) => Uint8Array.from([...bytes, ...extra]));
  const accepted = [...cuts, ...longer].filter((data) => refusal(() => read(data)) === null).map((data) => data.length);
  const got = read(bytes), { message } = got;
  return { ...got, accepted, again: message && !media ? Buffer.from(encode(message.type, message)).toString("hex") : null };
}

function plain(key, value) {
  if (typeof value === "bigint") return { int: String(value) };
  return ArrayBuffer.isView(value) ? { hex: Buffer.from(value).toString("hex") } : value;
}

const input = JSON.parse(readFileSync(0));
console.log(JSON.stringify({ types: TYPES, answers: input.map(answer) }, plain));
