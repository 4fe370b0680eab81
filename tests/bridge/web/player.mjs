// What the traces do not say of the page's player: a server that is met again, mail that waited, what a page counts.
// Frames are 20 samples apart at 1,000 Hz; all values of frame n are n.
const [js] = process.argv.slice(2);
const { Player } = await import(`${js}/player.js`);
const { SilentSink } = await import(`${js}/sinks.js`);
const { IDLE, KEY, LAST } = await import(`${js}/wire.js`);

class Evening {
  constructor() {
    this.player = new Player(new SilentSink());
    this.mesh(0);
  }
  mesh(nowMs, { id = "m", vertices = 3 } = {}) {
    const neutral = floats(3 * vertices, 0);
    this.give({ type: "Mesh", topology_id: id, neutral_vx3: neutral, box_low_m: floats(3, 0), box_high_m: floats(3, 1) }, nowMs);
  }
  give(message, nowMs) {
    this.player.receive({ plane: "", message }, nowMs);
  }
  frames(utterance, seqs, nowMs, { flags = KEY, id = "m" } = {}) {
    for (const seq of seqs) {
      this.give({
        type: "Frame", topology_id: id, utterance, generation: 0, seq, pts: seq * 20, sample_rate_hz: 1000, flags, server_ns: 0n,
        every: 1, weights: floats(52, seq / 100), head_rotation: new Uint8Array(new Float32Array([0, 0, 0, 1]).buffer),
        head_translation_m: floats(3, 0), codec: "f32", vertex_count: 3, vertices: floats(9, seq),
      }, nowMs);
    }
  }
  audio(utterance, pts, count, nowMs, { flags = 0 } = {}) {
    const samples = new Uint8Array(2 * count);
    this.give({ type: "Audio", utterance, generation: 0, pts, sample_rate_hz: 1000, flags, server_ns: 0n, samples }, nowMs);
  }
  started(utterance, nowMs) {
    this.give({
      type: "Event", kind: "started", utterance, generation: 0, pts: 0, sample_rate_hz: 1000, server_ns: 0n, heard_ns: 0n, reason: "",
    }, nowMs);
  }
  show(nowMs) {
    const { player } = this, picture = player.present(nowMs);
    player.displayed(nowMs);
    return { utterance: picture.utterance, timeS: picture.timeS, atRest: picture.atRest, vertices: [...picture.vertices] };
  }
}

const floats = (count, value) => new Uint8Array(new Float32Array(count).fill(value).buffer);
const upTo = (count) => [...Array(count).keys()];

const scenarios = {
  /** A server that was started again counts anew; until its first frame the face that was there comes to rest. */
  restarted() {
    const e = new Evening();
    e.started(9, 0);
    e.audio(9, 0, 400, 0);
    e.frames(9, upTo(20), 0);
    const before = e.show(100);
    e.player.reset(110);
    const resting = e.show(200), told = e.player.happened(200).map(({ kind }) => kind);
    e.frames(1, upTo(9), 210, { flags: KEY | IDLE });
    e.show(220);
    return { before, resting, told, after: e.show(400), targetMs: e.player.buffer.targetMs };
  },
  /** The page drew for 90 ms; what arrived meanwhile is handed over with the times at which it did. */
  waited() {
    const e = new Evening();
    e.started(1, 0);
    e.audio(1, 0, 100, 0);
    e.frames(1, upTo(5), 0);
    e.show(10);
    e.audio(1, 100, 100, 80, { flags: LAST });
    e.frames(1, [5, 6, 7, 8, 9], 60, { flags: KEY | LAST });
    const shown = e.show(100);
    return { shown, underruns: e.player.stats.underruns, late: e.player.stats.late, transitMs: e.player.stats.transitMs.percentile(1) };
  },
  /** Another head: what was shown of the last one stays until there is a frame of the new one. */
  another() {
    const e = new Evening();
    e.frames(1, upTo(9), 0, { flags: KEY | IDLE });
    e.show(50);
    e.mesh(60, { id: "n", vertices: 4 });
    const between = e.show(70).vertices.length;
    e.frames(1, [10], 80, { flags: KEY | IDLE, id: "n" }); // and these have the vertices of the old one
    e.player.programme.current.frames.splice(0, 9);
    return { between, wrong: e.player.present(90).vertices };
  },
  counted() {
    const e = new Evening();
    e.started(1, 0);
    for (const seq of [0, 1, 4, 5]) e.frames(1, [seq], 30);
    return e.player.stats.asJson();
  },
};

console.log(JSON.stringify(Object.fromEntries(Object.entries(scenarios).map(([name, act]) => [name, act()]))));
