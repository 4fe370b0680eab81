// Where the player's sound goes, and the clock it follows (sinks.py). A sink plays one stream of 16-bit mono at a time:
//
//   start(rateHz, nowMs)    a new stream, from sample 0; whatever was playing is cut
//   write(Int16Array)       more of it, to be played without a gap
//   heard(nowMs)            how many samples have reached the ear; stands still where nothing is left
//   dry(nowMs)              whether what was written has run out
//   setSpeed(speed, nowMs)  samples to play in the time of one: within a thousandth of 1, which `start` makes it
//   stop()                  silence, as soon as it does not click

/** No sound, but the clock of a perfect loudspeaker: real time, waiting where sound is missing. */
export class SilentSink {
  constructor() {
    this.start(1, 0);
  }

  start(rateHz, nowMs) {
    Object.assign(this, { rateHz, written: 0, speed: 1 });
    this.moveTo(0, nowMs);
  }

  write(samples) {
    this.written += samples.length;
  }

  heard(nowMs) {
    return Math.floor(this.follow(nowMs));
  }

  dry(nowMs) {
    return this.written > 0 && this.follow(nowMs) >= this.written;
  }

  setSpeed(speed, nowMs) {
    if (speed === this.speed) return;
    this.moveTo(this.follow(nowMs), nowMs);
    this.speed = speed;
  }

  stop() {
    this.written = 0;
    this.moveTo(0, this.sinceMs);
  }

  /** Go on from this sample. */
  moveTo(sample, nowMs) {
    this.from = sample;
    this.sinceMs = nowMs;
  }

  follow(nowMs) {
    const heard = this.from + (Math.max(0, nowMs - this.sinceMs) * this.rateHz * this.speed) / 1e3;
    if (heard > this.written) this.moveTo(this.written, nowMs);
    return Math.min(heard, this.written);
  }
}
