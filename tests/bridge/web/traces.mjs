// The page's player on traces of the reference player. in: [trace, ...]; out: the same with this player's answers.
import { readFileSync } from "node:fs";

const [js] = process.argv.slice(2);
const { Player } = await import(`${js}/player.js`);
const { SilentSink } = await import(`${js}/sinks.js`);
const { decodeMedia } = await import(`${js}/wire.js`);

/** Words of hex digits, or `XX*N`, which is N times the byte XX. */
function bytes(words) {
  const pieces = words.split(" ").map((word) => word.split("*"));
  return Uint8Array.from(Buffer.from(pieces.map(([hex, times = 1]) => hex.repeat(Number(times))).join(""), "hex"));
}

function shown(picture, weights, vertices) {
  return {
    utterance: picture.utterance,
    generation: picture.generation,
    idle: picture.idle,
    at_rest: picture.atRest,
    time_s: picture.timeS,
    heard_s: picture.heardS,
    weights: weights.map((i) => picture.weights[i]),
    head_rotation: [...picture.rotation],
    head_translation_m: [...picture.translation],
    vertices: picture.vertices && vertices.flatMap((v) => [...picture.vertices.subarray(3 * v, 3 * v + 3)]),
    patch: picture.patch && [picture.patch.utterance, picture.patch.pts],
  };
}

function replay(given) {
  const sink = new SilentSink(), player = new Player(sink);
  player.offsetS = given.av_offset_ms / 1e3;
  const steps = given.steps.map(({ at_ns: atNs, part }) => {
    const nowMs = atNs / 1e6;
    if (part) {
      player.receive(decodeMedia(bytes(part)), nowMs);
      return { at_ns: atNs, part };
    }
    const picture = player.present(nowMs);
    player.displayed(nowMs);
    const told = player.happened(nowMs).map(({ kind, utterance, generation, heardS }) => [kind, utterance, generation, heardS]);
    const answer = {
      shown: picture && shown(picture, given.weights, given.vertices),
      ...(told.length ? { happened: told } : {}),
      heard: sink.heard(nowMs),
      speed: sink.speed,
      target_ms: player.buffer.targetMs,
      depth_ms: player.buffer.depthMs,
    };
    return { at_ns: atNs, answer };
  });
  const { sent, received, late, pictures, rested, soundGaps, underruns } = player.stats;
  return { ...given, steps, stats: { sent, received, late, pictures, rested, sound_gaps: soundGaps, underruns } };
}

console.log(JSON.stringify(JSON.parse(readFileSync(0)).map(replay)));
