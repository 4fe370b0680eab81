// What the page measures (stats.py). Percentiles over the latest values.
import { IDLE } from "./wire.js";

const KEPT = 3600; // a minute at 60 a second

/** Of sorted numbers, as numpy has it: the value below which this share of them lies, between two where need be. */
export function percentile(sorted, share) {
  const place = share * (sorted.length - 1), low = sorted[Math.floor(place)];
  return low + (place - Math.floor(place)) * (sorted[Math.ceil(place)] - low);
}

export class Samples {
  constructor() {
    this.values = new Float64Array(KEPT);
    this.count = 0;
  }

  add(value) {
    this.values[this.count++ % KEPT] = value;
  }

  /** null without any. */
  percentile(share) {
    return this.count ? percentile(this.values.slice(0, Math.min(this.count, KEPT)).sort(), share) : null;
  }
}

/**
 * Counters and samples. `sent` counts by sequence numbers, so it includes what never arrived; late frames came
 * after the sound of their moment was heard. avError is |moment shown - moment heard| when a picture of a line
 * is drawn, avSigned the same with its sign, positive where the sound is early; avHeld is the error just before the
 * picture is replaced. All three are beyond the A/V offset that was asked for. `rested` counts pictures of a face at
 * rest while sound went on without frames; `underruns` are sounds that ran out in mid-line, rebuffered how long each.
 */
export class Stats {
  constructor() {
    this.load = this.level = 0; // of the server
    this.clear();
  }

  clear() {
    this.lines = this.speechFrames = 0;
    this.sent = this.received = this.late = this.pictures = this.rested = this.soundGaps = this.underruns = 0;
    this.transitMs = new Samples();
    this.avErrorMs = new Samples();
    this.avSignedMs = new Samples();
    this.avHeldMs = new Samples();
    this.rebufferedMs = new Samples();
    this.targetMs = new Samples(); // of the jitter buffer
    this.depthMs = new Samples();
    this.intervalMs = new Samples(); // between frames of speech as they arrive
    this.firstFrameMs = null;
    this.heardMs = new Map();
    this.nextSeq = { utterance: 0, seq: 0 };
    this.arrived = null;
  }

  get dropped() {
    return this.sent - this.received;
  }

  /** A frame has arrived. */
  frame(frame, transitMs, nowMs, late) {
    const known = this.nextSeq.utterance === frame.utterance;
    const fromTheStart = !(frame.flags & IDLE) && this.heardMs.has(frame.utterance);
    const expected = known ? this.nextSeq.seq : fromTheStart ? 0 : frame.seq;
    this.nextSeq = { utterance: frame.utterance, seq: frame.seq + 1 };
    this.sent += Math.max(1, Math.floor((frame.seq - expected) / frame.every) + 1);
    this.received += 1;
    this.late += late ? 1 : 0;
    this.transitMs.add(transitMs);
    if (!(frame.flags & IDLE)) this.speechFrames += 1;
    if (this.arrived?.utterance === frame.utterance && !(frame.flags & IDLE)) this.intervalMs.add(nowMs - this.arrived.atMs);
    this.arrived = { utterance: frame.utterance, atMs: nowMs };
    if (this.heardMs.has(frame.utterance)) {
      this.firstFrameMs = nowMs - this.heardMs.get(frame.utterance);
      this.heardMs.clear();
    }
  }

  /** The server began a line whose first audio it heard then, in this page's time. */
  lineStarted(utterance, heardMs) {
    this.lines += 1;
    this.heardMs.clear();
    this.heardMs.set(utterance, heardMs);
  }

  /** A picture of a line is drawn: moment shown - moment heard. */
  displayed(errorS) {
    this.pictures += 1;
    this.avErrorMs.add(Math.abs(errorS) * 1e3);
    this.avSignedMs.add(-errorS * 1e3);
  }

  held(errorS) {
    this.avHeldMs.add(Math.abs(errorS) * 1e3);
  }

  /** The jitter buffer of a line that is heard. */
  buffered(targetMs, depthMs) {
    this.targetMs.add(targetMs);
    this.depthMs.add(depthMs);
  }

  asJson() {
    return {
      av_error_p50_ms: this.avErrorMs.percentile(0.5),
      av_error_p95_ms: this.avErrorMs.percentile(0.95),
      av_signed_ms: this.avSignedMs.percentile(0.5),
      av_held_p95_ms: this.avHeldMs.percentile(0.95),
      buffer_target_ms: this.targetMs.percentile(0.5),
      buffer_depth_ms: this.depthMs.percentile(0.5),
      rebuffered_p50_ms: this.rebufferedMs.percentile(0.5),
      lines: this.lines,
      sent: this.sent,
      received: this.received,
      speech_frames: this.speechFrames,
      late: this.late,
      dropped: this.dropped,
      latency_p50_ms: this.transitMs.percentile(0.5),
      first_frame_ms: this.firstFrameMs,
      interval_p50_ms: this.intervalMs.percentile(0.5),
      interval_p99_ms: this.intervalMs.percentile(0.99),
      pictures: this.pictures,
      rested: this.rested,
      sound_gaps: this.soundGaps,
      underruns: this.underruns,
      load: this.load,
      level: this.level,
    };
  }
}
