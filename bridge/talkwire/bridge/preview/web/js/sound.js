// Where the NPC's sound goes, and the clock that the player follows: what is *heard*, not what was handed over.
//
// Browsers stay silent until somebody has touched the page. Until then the clock of a perfect loudspeaker runs
// in its place, and the sound comes in where the line is.
import { SilentSink } from "./sinks.js";

const SPEED_STEPS = 1e5; // of 1: finer ones are not worth a message to the audio thread

/** A sink (sinks.js): the page's loudspeaker, or silence while it may not sound. */
export class Sound {
  constructor() {
    this.silent = new SilentSink();
    this.context = null;
    this.loudspeaker = null; // while it can be heard
    this.onchange = () => {};
    this.epoch = 0;
    this.stop();
  }

  get audible() {
    return this.loudspeaker !== null;
  }

  /** Call it from a click or a key: browsers let nothing sound before. Safe to call again. Throws an Error. */
  async unlock() {
    this.opening ??= this.open();
    await this.opening;
    this.context.resume(); // not waited for: without a touch of the page it may be for ever
  }

  async open() {
    this.context = new AudioContext({ latencyHint: "interactive" });
    this.context.onstatechange = () => this.follow();
    await this.context.audioWorklet.addModule(new URL("loudspeaker_worklet.js", import.meta.url));
    this.node = new AudioWorkletNode(this.context, "talkwire-loudspeaker", { numberOfInputs: 0, outputChannelCount: [1] });
    this.node.port.onmessage = ({ data }) => data.epoch === this.epoch && this.anchors.push(data);
    this.node.connect(this.context.destination);
    this.follow();
  }

  /** The context runs, or does so no more: the line goes on from where it is on the other clock. */
  follow() {
    const usable = this.node && this.context.state === "running";
    if (usable === this.audible) return;
    const nowMs = performance.now(), heard = this.heard(nowMs);
    this.silent.moveTo(heard, nowMs);
    this.loudspeaker = usable ? this.node.port : null;
    if (usable) this.handOver(heard);
    this.onchange();
  }

  handOver(heard) {
    this.begin(heard);
    for (const { at, samples } of this.chunks) {
      const rest = samples.subarray(Math.max(0, this.base - at));
      if (rest.length) this.loudspeaker.postMessage({ samples: rest });
    }
  }

  start(rateHz, nowMs) {
    this.clear();
    this.silent.start(rateHz, nowMs);
    this.begin(0);
  }

  clear() {
    this.chunks = []; // of what has not been heard
    this.anchors = []; // of what the loudspeaker told, what is not past
    this.base = this.last = 0;
    this.speed = 1;
    this.epoch += 1;
  }

  /** base: the sample of the stream at which the loudspeaker's begins. */
  begin(base) {
    this.base = base;
    this.anchors = [];
    this.last = 0;
    this.epoch += 1;
    this.loudspeaker?.postMessage({ epoch: this.epoch, rateHz: this.rateHz, speed: this.speed });
  }

  get rateHz() {
    return this.silent.rateHz;
  }

  /** Samples since `start`. */
  get written() {
    return this.silent.written;
  }

  write(samples) {
    this.chunks.push({ at: this.written, samples });
    this.silent.write(samples);
    this.loudspeaker?.postMessage({ samples });
  }

  heard(nowMs) {
    const heard = this.audible ? this.base + Math.floor(this.played(nowMs)) : this.silent.heard(nowMs);
    while (this.chunks.length && this.chunks[0].at + this.chunks[0].samples.length < heard) this.chunks.shift();
    return heard;
  }

  /** Also where the loudspeaker has no more, though the ear has not heard it yet. */
  dry(nowMs) {
    if (!this.audible) return this.silent.dry(nowMs);
    const latest = this.anchors.at(-1), stands = latest?.playing === false && this.base + latest.sample >= this.written;
    return this.written > 0 && (stands || this.heard(nowMs) >= this.written);
  }

  setSpeed(speed, nowMs) {
    const rounded = Math.round(speed * SPEED_STEPS) / SPEED_STEPS;
    if (rounded === this.speed) return;
    this.speed = rounded;
    this.silent.setSpeed(rounded, nowMs);
    this.loudspeaker?.postMessage({ speed: rounded });
  }

  stop() {
    this.clear();
    this.silent.stop();
    this.loudspeaker?.postMessage({ stop: true });
  }

  played(nowMs) {
    const outputS = this.outputS(nowMs);
    while (this.anchors.length > 1 && this.anchors[1].timeS <= outputS) this.anchors.shift();
    const anchor = this.anchors[0];
    if (!anchor || outputS < anchor.timeS) return this.last;
    const ends = this.anchors[1]?.sample ?? this.written - this.base;
    const passed = anchor.playing ? (outputS - anchor.timeS) * this.rateHz * anchor.speed : 0;
    this.last = Math.max(this.last, Math.min(anchor.sample + passed, ends));
    return this.last;
  }

  /** The moment of the context's clock that leaves the loudspeaker now. */
  outputS(nowMs) {
    const { contextTime, performanceTime } = this.context.getOutputTimestamp?.() ?? {};
    const latencyS = (this.context.baseLatency || 0) + (this.context.outputLatency || 0);
    if (!(contextTime > 0)) return this.context.currentTime - latencyS; // where the browser does not say
    return Math.min(contextTime + (nowMs - performanceTime) / 1e3, this.context.currentTime);
  }
}
