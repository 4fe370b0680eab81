// Where the NPC's sound goes, and the clock that the player follows: what is *heard*, not what was handed over.
//
// Browsers stay silent until somebody has touched the page. Until then the clock of a perfect loudspeaker runs
// in its place, and the sound comes in where the line is.

/** No sound, but real time, waiting where samples are missing. */
class SilentClock {
  start(rateHz, nowMs, written = 0, heard = 0) {
    this.rateHz = rateHz;
    this.startMs = nowMs - (heard * 1e3) / rateHz;
    this.written = written;
  }

  heard(nowMs) {
    const elapsed = ((nowMs - this.startMs) * this.rateHz) / 1e3;
    if (elapsed <= this.written) return Math.max(0, elapsed);
    this.startMs += ((elapsed - this.written) * 1e3) / this.rateHz;
    return this.written;
  }
}

export class Sound {
  constructor() {
    this.silent = new SilentClock();
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
    this.loudspeaker = usable ? this.node.port : null;
    if (usable) this.handOver(heard);
    else this.silent.start(this.rateHz, nowMs, this.written, heard);
    this.onchange();
  }

  handOver(heard) {
    this.begin(Math.floor(heard));
    for (const { at, samples } of this.chunks) {
      const rest = samples.subarray(Math.max(0, this.base - at));
      if (rest.length) this.loudspeaker.postMessage({ samples: rest });
    }
  }

  /** A new stream, from sample 0; whatever was playing is cut. */
  start(rateHz, nowMs) {
    this.rateHz = rateHz;
    this.written = 0;
    this.chunks = []; // of what has not been heard
    this.silent.start(rateHz, nowMs);
    this.begin(0);
  }

  begin(base) {
    this.base = base; // sample of the stream at which the loudspeaker's begins
    this.anchors = [];
    this.epoch += 1;
    this.last = 0;
    this.loudspeaker?.postMessage({ epoch: this.epoch, rateHz: this.rateHz });
  }

  /** More of it, to be played without a gap. */
  write(samples) {
    this.chunks.push({ at: this.written, samples });
    this.written += samples.length;
    this.silent.written = this.written;
    this.loudspeaker?.postMessage({ samples });
  }

  /** How many samples have reached the ear; stands still where nothing is left to play. */
  heard(nowMs) {
    const heard = this.audible ? this.base + this.played(nowMs) : this.silent.heard(nowMs);
    while (this.chunks.length && this.chunks[0].at + this.chunks[0].samples.length < heard) this.chunks.shift();
    return heard;
  }

  /** Silence, within the loudspeaker's short fade. */
  stop() {
    this.rateHz = 16000;
    this.written = 0;
    this.chunks = [];
    this.silent.start(this.rateHz, performance.now());
    this.base = this.last = 0;
    this.anchors = [];
    this.epoch += 1;
    this.loudspeaker?.postMessage({ stop: true });
  }

  played(nowMs) {
    const outputS = this.outputS(nowMs);
    while (this.anchors.length > 1 && this.anchors[1].timeS <= outputS) this.anchors.shift();
    const anchor = this.anchors[0];
    if (!anchor || outputS < anchor.timeS) return this.last;
    const ends = this.anchors[1]?.sample ?? this.written - this.base;
    const position = anchor.playing ? anchor.sample + (outputS - anchor.timeS) * this.rateHz : anchor.sample;
    this.last = Math.max(this.last, Math.min(position, ends));
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
