// What the NPC is given to say: a file or the microphone, as lines of 16-bit audio within the server's credit.
const CHUNK_S = 0.1;
const CREDIT_SHARE = 0.9; // of what the NPC may have waiting: its news are a little old

/** One line on its way to the server. */
export class Line {
  constructor(link, rateHz) {
    this.link = link;
    this.rateHz = rateHz;
    this.number = link.begin(rateHz, (news) => this.follow(news));
    this.waiting = [];
    this.sent = this.played = 0;
    this.ending = this.over = false;
  }

  /** Int16Array of any length. */
  push(samples) {
    const step = Math.round(CHUNK_S * this.rateHz);
    for (let i = 0; i < samples.length; i += step) this.waiting.push(samples.subarray(i, i + step));
    this.flow();
  }

  end() {
    this.ending = true;
    this.flow();
  }

  follow({ state, played_samples: played }) {
    this.played = played;
    if (state === "interrupted" || state === "done") this.drop();
    this.flow();
  }

  drop() {
    this.over = true;
    this.waiting = [];
  }

  flow() {
    const credit = CREDIT_SHARE * this.link.maxQueuedS * this.rateHz;
    while (this.waiting.length && this.sent - this.played + this.waiting[0].length <= credit) {
      const samples = this.waiting.shift();
      this.link.push(this.number, samples);
      this.sent += samples.length;
    }
    if (!this.ending || this.waiting.length || this.over) return;
    this.over = true;
    this.link.end(this.number);
  }
}

/** A file that the browser can decode, said whole. Throws an Error with a sentence. */
export async function sayFile(link, context, file) {
  let audio;
  try {
    audio = await context.decodeAudioData(await file.arrayBuffer());
  } catch {
    throw new Error(`${file.name} is not audio that this browser can decode`);
  }
  const line = new Line(link, audio.sampleRate);
  line.push(mono(audio));
  line.end();
  return line;
}

function mono(audio) {
  const channels = Array.from({ length: audio.numberOfChannels }, (_, i) => audio.getChannelData(i));
  return Int16Array.from(channels[0], (_, i) => {
    const sum = channels.reduce((total, channel) => total + channel[i], 0);
    return Math.round(Math.max(-1, Math.min(32767 / 32768, sum / channels.length)) * 32768);
  });
}

/** The microphone, one line from `open` to `close`. */
export class Microphone {
  async open(link, context) {
    if (!navigator.mediaDevices) throw new Error("this browser gives no microphone to this page");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    } catch (error) {
      throw new Error(`the microphone cannot be used: ${error.message}`);
    }
    await context.audioWorklet.addModule(new URL("microphone_worklet.js", import.meta.url));
    this.source = context.createMediaStreamSource(this.stream);
    this.node = new AudioWorkletNode(context, "talkwire-microphone", { numberOfOutputs: 0 });
    this.line = new Line(link, context.sampleRate);
    this.node.port.onmessage = ({ data }) => this.line?.push(data);
    this.source.connect(this.node);
  }

  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.source?.disconnect();
    this.line?.end();
    this.stream = this.source = this.line = null;
  }
}
