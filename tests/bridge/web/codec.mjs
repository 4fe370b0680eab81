// Vertices and faces as the page decodes them. in: [mesh, basis, frame, ...] in hex; out: one answer a frame.
import { readFileSync } from "node:fs";

const [js] = process.argv.slice(2);
const { decodeMedia } = await import(`${js}/wire.js`);
const { Basis, Box, face, vertices } = await import(`${js}/codec.js`);
const { halves } = await import(`${js}/fields.js`);

const read = (hex) => decodeMedia(Uint8Array.from(Buffer.from(hex, "hex"))).message;
const [mesh, basis, ...frames] = JSON.parse(readFileSync(0)).map(read);
const box = new Box(mesh), sum = new Basis(basis);

function answer(frame) {
  const out = new Float32Array(mesh.neutral_vx3.length / 4), { weights, rotation, translation } = face(frame);
  if (frame.type === "Frame") vertices(frame, box, out);
  else sum.pose(halves(frame.own), weights, out);
  return { vertices: [...out], weights: [...weights], rotation: [...rotation], translation: [...translation] };
}

console.log(JSON.stringify(frames.map(answer)));
