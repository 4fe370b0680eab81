// The audio thread's half of the microphone: chunks of 20 ms as 16-bit samples at the context's rate.
const CHUNK_S = 0.02;

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.chunk = new Int16Array(Math.round(CHUNK_S * sampleRate));
    this.filled = 0;
  }

  process([[input]]) {
    for (const sample of input ?? []) {
      this.chunk[this.filled++] = Math.max(-1, Math.min(32767 / 32768, sample)) * 32768;
      if (this.filled < this.chunk.length) continue;
      this.port.postMessage(this.chunk.slice());
      this.filled = 0;
    }
    return true;
  }
}

registerProcessor("talkwire-microphone", Microphone);
