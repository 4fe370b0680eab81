// The sound of the line that is heard: gathered until there is enough, given to the sink, followed, sped (playout.py).
//
// An underrun is sound that ran out in mid-line. What comes then is gathered to the target again before it goes on:
// one pause, no stutter.
import { Drift } from "./drift.js";

const MOST_GAP_S = 10; // of lost sound, filled with silence
const MOST_GIVEN_S = 2; // to the sink beyond what is heard

/** `step` it whenever time has passed; `heard` is the place in the line that is heard now. */
export class Playout {
  /** sink: see sinks.js. */
  constructor(sink, buffer, stats) {
    Object.assign(this, { sink, buffer, stats });
    this.offsetS = 0; // how much later than its sound a moment is shown; below 0, frames must come sooner
    this.flowing = false; // else it is gathered
    this.track = null;
    this.open = false; // the sink has a stream for it,
    this.given = 0; // and so many samples
    this.dryMs = 0;
    this.overMs = null; // when its end was heard
    this.drift = new Drift();
  }

  /** This line, which is ready, from its first sound on. */
  begin(track, nowMs) {
    this.stop();
    this.track = track;
    this.drift = new Drift();
    this.overMs = null;
    this.flow(track, nowMs);
  }

  /** Silence, after a fade. */
  stop() {
    this.sink.stop();
    this.track = null;
    this.open = this.flowing = false;
  }

  get earlyS() {
    return Math.max(0, -this.offsetS);
  }

  /** What must have come beyond what is heard. */
  wantedS() {
    return this.buffer.targetS + this.earlyS;
  }

  /** Notice an underrun, end one, follow the sender's clock. */
  step(nowMs) {
    const { track } = this;
    if (!track) return;
    if (this.flowing && !track.soundComplete && this.sink.dry(nowMs)) {
      this.flowing = false;
      this.dryMs = nowMs;
      this.stats.underruns += 1;
      this.buffer.underrun();
    } else if (!this.flowing && track.ready(this.heard(nowMs), this.wantedS())) {
      this.stats.rebufferedMs.add(nowMs - this.dryMs);
      this.flow(track, nowMs);
    }
    if (this.flowing) {
      this.pour(track, nowMs);
      this.steer(track, nowMs);
    }
    if (this.overMs === null && this.isOver(track, nowMs)) this.overMs = nowMs;
  }

  /** The place in its line; before it begins, where it will. */
  heard(nowMs) {
    return this.track.begins + (this.open ? this.sink.heard(nowMs) : 0);
  }

  /** The place in its line that is to be seen now. It goes on when the sound has ended. */
  seen(nowMs) {
    let laterS = this.offsetS;
    if (this.overMs !== null) laterS -= Math.min(Math.max(0, laterS), (nowMs - this.overMs) / 1e3);
    return this.heard(nowMs) - Math.round(laterS * this.track.rateHz);
  }

  /** The same in seconds; nothing of a line that is not on. */
  heardS(track, nowMs) {
    return track === this.track ? track.seconds(this.heard(nowMs)) : 0;
  }

  /** Whether the line was heard to its end. */
  isOver(track, nowMs) {
    return track === this.track && track.soundComplete && this.heard(nowMs) >= track.end;
  }

  /** Whether there is sound. */
  isHeard(nowMs) {
    return this.track !== null && this.flowing && !this.isOver(this.track, nowMs);
  }

  /** Sound is missing before pts. Silence takes its place; where that is too late, a new beginning. */
  lost(track, gap, pts, nowMs) {
    this.stats.soundGaps += 1;
    const current = track === this.track, dry = current && (!this.flowing || this.sink.dry(nowMs));
    if (gap <= MOST_GAP_S * track.rateHz && !dry) {
      track.addSound(new Int16Array(gap));
      return;
    }
    track.rejoin(pts);
    if (!current) return;
    this.sink.stop();
    this.open = this.flowing = false;
    this.dryMs = nowMs;
  }

  flow(track, nowMs) {
    if (!this.open) {
      this.sink.start(track.rateHz, nowMs);
      this.given = 0;
    }
    this.open = this.flowing = true;
    this.pour(track, nowMs);
  }

  pour(track, nowMs) {
    const most = this.sink.heard(nowMs) + MOST_GIVEN_S * track.rateHz;
    while (track.sound.length && this.given < most) {
      const samples = track.takeSound();
      this.given += samples.length;
      this.sink.write(samples);
    }
  }

  steer(track, nowMs) {
    let speed = 1;
    if (!track.soundComplete && !track.framesComplete) {
      const { buffer } = this, aheadS = track.seconds(track.reach() - this.heard(nowMs)) - this.earlyS;
      buffer.depthMs = aheadS * 1e3;
      this.stats.buffered(buffer.targetMs, buffer.depthMs);
      speed = this.drift.speed(aheadS, buffer.targetS, track.leadS, nowMs);
    }
    this.sink.setSpeed(speed, nowMs);
  }
}
