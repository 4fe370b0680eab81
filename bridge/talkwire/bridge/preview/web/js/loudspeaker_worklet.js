// The audio thread's half of the loudspeaker: plays a stream of any rate without a gap, and says when it did.
//
// in:  {epoch, rateHz, speed} begins a stream; {samples: Int16Array}; {speed}: within a thousandth of 1; {stop: true}
// out: {epoch, timeS, sample, playing, speed}: from this moment of the context's clock on, the stream is at this sample,
//      and goes on so or (where samples are missing) stands still.
const HALF = 16; // source samples on each side of a windowed sinc
const PHASES = 256;
const FADE_S = 0.01; // of sound that is cut, runs out or comes back: a step would click

class Loudspeaker extends AudioWorkletProcessor {
  constructor() {
    super();
    this.silence();
    this.tail = new Float32Array(0); // of what was cut off
    this.port.onmessage = ({ data }) => {
      if (data.samples) this.append(data.samples);
      else if (data.epoch !== undefined) this.begin(data);
      else if (data.speed) this.turn(data.speed);
      else this.cut();
    };
  }

  silence() {
    this.samples = new Float32Array(0); // from sample `first` of the stream on
    this.first = this.end = 0;
    this.position = 0;
    this.playing = this.turned = false;
    this.step = 0;
    this.gain = 1;
  }

  begin({ epoch, rateHz, speed }) {
    this.cut();
    this.epoch = epoch;
    this.rateHz = rateHz;
    this.turn(speed);
    const cutoff = Math.min(1, sampleRate / rateHz);
    this.half = Math.ceil(HALF / cutoff);
    this.kernel = kernel(this.half, cutoff);
  }

  turn(speed) {
    this.speed = speed;
    this.step = (this.rateHz * speed) / sampleRate;
    this.turned = this.playing;
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

  /** End at once, but not with a click. What is cut already fades on. */
  cut() {
    if (this.step && this.position < this.end) this.tail = new Float32Array(Math.round(FADE_S * sampleRate));
    for (let i = 0; this.position < this.end && i < this.tail.length; i++) {
      this.tail[i] = this.soften() * this.next() * (1 - i / this.tail.length);
    }
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
      if (playing !== this.playing || this.turned) this.tell(playing, i);
      out[i] = playing ? this.soften() * this.next() : 0;
    }
    for (let i = 0; i < out.length && i < this.tail.length; i++) out[i] += this.tail[i];
    this.tail = this.tail.subarray(Math.min(out.length, this.tail.length));
    return true;
  }

  /** Down to nothing where samples run out, and up again where they come back; a stream begins with all of it. */
  soften() {
    const fade = FADE_S * sampleRate, left = (this.end - this.position) / this.step;
    return (this.gain = Math.min(this.gain + 1 / fade, left / fade, 1));
  }

  tell(playing, i) {
    this.playing = playing;
    this.turned = false;
    if (!this.step) return;
    const sample = Math.min(this.position, this.end), { epoch, speed } = this;
    this.port.postMessage({ epoch, timeS: currentTime + i / sampleRate, sample, playing, speed });
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
