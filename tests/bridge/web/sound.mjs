// The page's loudspeaker as the player's clock: sound.js with the real audio thread's half, on a context of this file's own.
// Its clock is the page's; what is rendered leaves the loudspeaker LATENCY_S later.
const [js] = process.argv.slice(2);
const RATE_HZ = 48000, BLOCK = 128, LATENCY_S = 0.02;
let nowMs = 0, Processor = null;
globalThis.sampleRate = RATE_HZ;
globalThis.currentTime = 0;
performance.now = () => nowMs;
globalThis.registerProcessor = (name, made) => (Processor = made);
globalThis.AudioWorkletProcessor = class {
  port = { postMessage: (data) => node.port.onmessage({ data }) };
};
let node = null, context = null;
globalThis.AudioWorkletNode = class {
  port = { postMessage: (data) => this.processor.port.onmessage({ data }) };
  constructor() {
    node = this;
    this.processor = new Processor();
  }
  connect() {}
};
globalThis.AudioContext = class {
  audioWorklet = { addModule: (url) => import(url) };
  state = "suspended";
  baseLatency = LATENCY_S;
  constructor() {
    context = this;
  }
  get currentTime() {
    return globalThis.currentTime;
  }
  getOutputTimestamp() {
    return { contextTime: Math.max(0, this.currentTime - LATENCY_S), performanceTime: nowMs };
  }
  resume() {}
  become(state) {
    this.state = state;
    this.onstatechange();
  }
};
const { Sound } = await import(`${js}/sound.js`);

/** Time passes, for the audio thread only while the context runs. */
function run(ms) {
  for (const end = nowMs + ms; nowMs < end; nowMs += (1e3 * BLOCK) / RATE_HZ) {
    if (context?.state !== "running") continue;
    node.processor.process([], [[new Float32Array(BLOCK)]]);
    globalThis.currentTime += BLOCK / RATE_HZ;
  }
}

const sound = new Sound(), chunk = () => new Int16Array(1600).fill(8000); // 0.1 s
await sound.unlock();
const state = () => ({ heard: sound.heard(nowMs), dry: sound.dry(nowMs), audible: sound.audible });
const seen = {};
sound.start(16000, nowMs);
for (let i = 0; i < 10; i++) sound.write(chunk());
run(300);
seen.silent = state();
context.become("running");
run(200);
seen.joined = state();
context.become("suspended");
run(100);
seen.silentAgain = state();
context.become("running");
run(500);
seen.ranOut = state();
sound.write(chunk());
seen.more = state();
run(60);
seen.goesOn = state();
sound.start(16000, nowMs);
seen.next = state();
for (let i = 0; i < 20; i++) sound.write(chunk());
run(200);
sound.setSpeed(1.001, nowMs);
run(100);
const before = sound.heard(nowMs);
run(1000);
seen.faster = sound.heard(nowMs) - before;
sound.stop();
seen.stopped = state();
console.log(JSON.stringify(seen));
