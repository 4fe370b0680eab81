// The loudspeaker's half in the audio thread, block by block, at 48,000 Hz: what it plays and what it tells.
const [js] = process.argv.slice(2);
const RATE_HZ = 48000, BLOCK = 128;
let Loudspeaker = null;
globalThis.sampleRate = RATE_HZ;
globalThis.AudioWorkletProcessor = class {
  port = { told: [], postMessage: (data) => this.port.told.push(data) };
};
globalThis.registerProcessor = (name, made) => (Loudspeaker = made);
await import(`${js}/loudspeaker_worklet.js`);

class Room {
  speaker = new Loudspeaker();
  out = [];
  send(data) {
    this.speaker.port.onmessage({ data });
  }
  run(seconds) {
    for (const end = this.out.length + seconds * RATE_HZ; this.out.length < end; ) {
      globalThis.currentTime = this.out.length / RATE_HZ;
      const block = new Float32Array(BLOCK);
      this.speaker.process([], [[block]]);
      this.out.push(...block);
    }
  }
  get told() {
    return this.speaker.port.told;
  }
}

const sine = (rateHz, hz, seconds) => Int16Array.from({ length: rateHz * seconds }, (_, i) => 16384 * Math.sin((2 * Math.PI * hz * i) / rateHz));

/** A tone of this rate in chunks of 10 ms; the largest difference from the tone itself, its ends left out. */
function resampled(rateHz, hz) {
  const room = new Room(), tone = sine(rateHz, hz, 0.2), step = Math.round(rateHz / 100);
  room.send({ epoch: 1, rateHz, speed: 1 });
  for (let i = 0; i < tone.length; i += step) room.send({ samples: tone.slice(i, i + step) });
  room.run(0.25);
  const wanted = (i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / RATE_HZ);
  let worst = 0;
  for (let i = 0.01 * RATE_HZ; i < 0.19 * RATE_HZ; i++) worst = Math.max(worst, Math.abs(room.out[i] - wanted(i)));
  return { worst, told: room.told };
}

function starved() {
  const room = new Room();
  room.send({ epoch: 7, rateHz: 16000, speed: 1 });
  room.run(0.01);
  room.send({ samples: new Int16Array(320).fill(16384) });
  room.run(0.05);
  room.send({ samples: new Int16Array(640).fill(16384) });
  room.run(0.05);
  return { told: room.told, steepest: steepest(room.out.slice(0.015 * RATE_HZ)), loudest: Math.max(...room.out.slice(-0.03 * RATE_HZ)) };
}

/** A tone that is played a thousandth faster from its middle on. */
function sped() {
  const room = new Room(), tone = sine(16000, 440, 2);
  room.send({ epoch: 1, rateHz: 16000, speed: 1 });
  room.send({ samples: tone });
  room.run(1);
  room.send({ speed: 1.001 });
  const before = room.out.length;
  room.run(1.1);
  return { told: room.told, before: before / RATE_HZ, steepest: steepest(room.out.slice(before - RATE_HZ / 2, before + RATE_HZ / 2)) };
}

function steepest(samples) {
  let most = 0;
  for (let i = 1; i < samples.length; i++) most = Math.max(most, Math.abs(samples[i] - samples[i - 1]));
  return most;
}

function cut() {
  const room = new Room();
  room.send({ epoch: 1, rateHz: 16000, speed: 1 });
  room.send({ samples: new Int16Array(16000).fill(16384) });
  room.run(0.1);
  room.send({ stop: true });
  room.send({ epoch: 2, rateHz: 16000, speed: 1 }); // as the next line does at once
  const before = room.out.length;
  room.run(0.05);
  const after = room.out.slice(before), fade = 0.01 * RATE_HZ;
  return { first: after[0], steepest: steepest(after), silent: after.slice(fade).every((x) => x === 0), last: room.out[before - 1] };
}

const tones = { 16000: resampled(16000, 440), 48000: resampled(48000, 1000), 44100: resampled(44100, 3000), 96000: resampled(96000, 1000) };
console.log(JSON.stringify({ tones, starved: starved(), sped: sped(), cut: cut() }));
