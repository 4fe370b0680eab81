// The page's player with a clock that the scenario sets: what each scenario has seen.
// Frames are 20 samples apart at 1,000 Hz; all values of frame n are n.
const [js] = process.argv.slice(2);
const { Player } = await import(`${js}/player.js`);
const { Jitter } = await import(`${js}/jitter.js`);
const { IDLE, KEY, LAST } = await import(`${js}/wire.js`);

class Loudspeaker { // a perfect one
  stops = 0;
  start(rateHz, nowMs) {
    Object.assign(this, { rateHz, startMs: nowMs, written: 0 });
  }
  write(samples) {
    this.written += samples.length;
  }
  heard(nowMs) {
    return Math.min(this.written, ((nowMs - this.startMs) * this.rateHz) / 1e3);
  }
  stop() {
    this.start(1000, 0);
    this.stops += 1;
  }
}

class Evening {
  constructor() {
    this.sound = new Loudspeaker();
    this.player = new Player(this.sound);
    this.give({
      type: "Mesh", topology_id: "m", neutral_vx3: floats(9, 0), box_low_m: floats(3, 0), box_high_m: floats(3, 1),
    }, 0);
  }
  give(message, nowMs) {
    this.player.receive(message, nowMs, 0);
  }
  frames(utterance, seqs, nowMs, { generation = 0, flags = KEY } = {}) {
    for (const seq of seqs) {
      this.give({
        type: "Frame", topology_id: "m", utterance, generation, seq, pts: seq * 20, sample_rate_hz: 1000, flags, server_ns: 0n,
        every: 1, weights: floats(52, seq / 100), head_rotation: new Uint8Array(new Float32Array([0, 0, 0, 1]).buffer),
        head_translation_m: floats(3, 0), codec: "f32", vertex_count: 3, vertices: floats(9, seq),
      }, nowMs);
    }
  }
  audio(utterance, pts, count, nowMs, { generation = 0, flags = 0 } = {}) {
    const samples = new Uint8Array(2 * count);
    this.give({ type: "Audio", utterance, generation, pts, sample_rate_hz: 1000, flags, server_ns: 0n, samples }, nowMs);
  }
  event(kind, utterance, nowMs, { generation = 0, pts = 0 } = {}) {
    this.give({ type: "Event", kind, utterance, generation, pts, sample_rate_hz: 1000, server_ns: 0n, heard_ns: 0n, reason: "" }, nowMs);
  }
  show(nowMs) {
    const picture = this.player.present(nowMs);
    this.player.displayed(nowMs);
    return picture && { utterance: picture.utterance, idle: picture.idle, timeS: picture.timeS, x: picture.vertices[0] };
  }
}

const floats = (count, value) => new Uint8Array(new Float32Array(count).fill(value).buffer);
const upTo = (count) => [...Array(count).keys()];

const scenarios = {
  between() {
    const e = new Evening();
    e.event("started", 1, 0);
    e.audio(1, 0, 400, 0);
    e.frames(1, upTo(20), 0);
    const early = e.show(10), begun = e.show(60), later = e.show(170);
    e.player.offsetS = 0.04;
    const ahead = e.show(190);
    return { early, begun, later, ahead, error: e.player.stats.asJson(0).av_error_p95_ms };
  },
  interrupted() {
    const e = new Evening();
    e.frames(1, upTo(30), 0, { flags: KEY | IDLE });
    const idle = e.show(100);
    e.event("started", 2, 100);
    e.audio(2, 0, 400, 100, { flags: LAST });
    e.frames(2, [50], 100);
    const line = e.show(400), held = e.show(500);
    e.event("interrupted", 2, 510, { generation: 1 });
    const { stops } = e.sound;
    e.audio(2, 400, 100, 511); // what was under way for the cut line
    e.frames(2, [60], 511);
    e.frames(3, upTo(9), 512, { generation: 1, flags: KEY | IDLE });
    return { idle, line, held, stops, cut: e.show(550), fading: e.show(590), after: e.show(700) };
  },
  queued() {
    const e = new Evening();
    for (const id of [1, 2]) {
      e.event("started", id, id);
      e.audio(id, 0, 200, id, { flags: LAST });
      e.frames(id, upTo(10), id);
    }
    return [10, 209, 211, 300].map((nowMs) => e.show(nowMs).utterance);
  },
  lost() {
    const e = new Evening();
    for (const pts of [0, 150, 150]) e.audio(1, pts, 100, 0);
    e.frames(1, upTo(20), 0);
    e.show(100);
    return { written: e.sound.written, gaps: e.player.stats.soundGaps };
  },
  counted() {
    const e = new Evening();
    e.event("started", 1, 0);
    for (const seq of [0, 1, 4, 5]) e.frames(1, [seq], 30);
    return e.player.stats.asJson(7);
  },
  restarted() {
    const e = new Evening();
    e.frames(9, upTo(9), 0, { generation: 7, flags: KEY | IDLE });
    const before = e.show(50);
    e.player.reset();
    return { before, between: e.show(60), generation: e.player.generation, shown: e.player.shown };
  },
  jitter() {
    const depth = (transit) => {
      const jitter = new Jitter();
      for (let i = 0; i < 3000; i++) jitter.note(transit(i));
      return jitter.depthMs;
    };
    return [depth(() => 5), depth((i) => 5 + (i % 10) * 4), depth((i) => (i % 7) * 100)];
  },
};

console.log(JSON.stringify(Object.fromEntries(Object.entries(scenarios).map(([name, act]) => [name, act()]))));
