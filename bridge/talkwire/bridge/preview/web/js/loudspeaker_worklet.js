// The audio thread's half of the loudspeaker: plays a stream of any rate without a gap, and says when it did.
//
// in:  {epoch, rateHz} begins a stream; {samples: Int16Array}; {stop: true}
// out: {epoch, timeS, sample, playing}: from this moment of the context's clock on, the stream is at this sample,
//      and goes on or (where samples are missing) stands still.
const HALF = 16; // source samples on each side of a windowed sinc
const PHASES = 256;
const FADE_S = 0.01; // of what is cut off

class Loudspeaker extends AudioWorkletProcessor {
  constructor() {
    super();
    this.silence();
    this.tail = new Float32Array(0); // of what was cut off
    this.port.onmessage = ({ data }) => {
      if (data.samples) this.append(data.samples);
      else this.cut();
      if (data.epoch !== undefined) this.begin(data);
    };
  }

  silence() {
    this.samples = new Float32Array(0); // from sample `first` of the stream on
    this.first = this.end = 0;
    this.position = 0;
    this.playing = false;
    this.step = 0;
  }

  begin({ epoch, rateHz }) {
    this.epoch = epoch;
    this.step = rateHz / sampleRate;
    const cutoff = Math.min(1, 1 / this.step);
    this.half = Math.ceil(HALF / cutoff);
    this.kernel = kernel(this.half, cutoff);
  }

  append(samples) {
    if (!this.step) return;
    const kept = Math.max(this.first, Math.floor(this.position) - this.half);
    const room = new Float32Array(this.end - kept + samples.length);
    room.set(this.samples.subarray(kept - this.first));
    for (let i = 0, at = this.end - kept; i < samples.length; i++) room[at + i] = samples[i] / 32768;
    this.samples = room;
    this.first = kept;
    this.end += samples.length;
  }

  /** End at once, but not with a click. */
  cut() {
    const tail = new Float32Array(Math.round(FADE_S * sampleRate));
    for (let i = 0; i < tail.length && this.step && this.position < this.end; i++) tail[i] = this.next() * (1 - i / tail.length);
    this.tail = tail;
    this.silence();
  }

  next() {
    const whole = Math.floor(this.position), phase = Math.floor((this.position - whole) * PHASES) * 2 * this.half;
    const start = whole - this.half + 1 - this.first;
    let sum = 0;
    for (let k = 0; k < 2 * this.half; k++) sum += (this.samples[start + k] ?? 0) * this.kernel[phase + k];
    this.position += this.step;
    return sum;
  }

  process(inputs, [[out]]) {
    for (let i = 0; i < out.length; i++) {
      const playing = this.step > 0 && this.position < this.end;
      if (playing !== this.playing) this.tell(playing, i);
      out[i] = playing ? this.next() : 0;
    }
    for (let i = 0; i < out.length && i < this.tail.length; i++) out[i] += this.tail[i];
    this.tail = this.tail.subarray(Math.min(out.length, this.tail.length));
    return true;
  }

  tell(playing, i) {
    this.playing = playing;
    const sample = Math.min(this.position, this.end);
    if (this.step) this.port.postMessage({ epoch: this.epoch, timeS: currentTime + i / sampleRate, sample, playing });
  }
}

/** [PHASES][2 half] windowed sinc, each phase summing to 1. cutoff: share of the source's band that is kept. */
function kernel(half, cutoff) {
  const table = new Float32Array(PHASES * 2 * half);
  for (let phase = 0; phase < PHASES; phase++) {
    let sum = 0;
    for (let k = 0; k < 2 * half; k++) {
      const x = k - half + 1 - phase / PHASES, angle = Math.PI * x * cutoff;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / half);
      sum += table[phase * 2 * half + k] = (angle === 0 ? 1 : Math.sin(angle) / angle) * window;
    }
    for (let k = 0; k < 2 * half; k++) table[phase * 2 * half + k] /= sum;
  }
  return table;
}

registerProcessor("talkwire-loudspeaker", Loudspeaker);
