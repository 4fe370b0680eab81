// The page's connection: greet, open the NPC, push audio, receive (client.py). Reconnects by itself, for ever.
import { Mailbox } from "./mailbox.js";
import { VERSION, WireError, decode, decodeMedia, encode, subscription } from "./wire.js";

const PATIENCE_MS = 2000; // for an answer
const PING_MS = 500;
const MOST_UNANSWERED = 7; // pings, after which the server has gone
const FIRST_RETRY_MS = 400, LONGEST_RETRY_MS = 3000;
const FRAMES = { q16: "frame/q16", basis: "frame/basis" };
const PATCHES = { jpeg: "patch", rgb: "patch/rgb" };
const STATICS = { q16: ["mesh", "texture"], basis: ["mesh", "texture", "basis"] };
const PLANE_OF = { Mesh: "mesh", Texture: "texture", Basis: "basis" };
const CONTROL = 0x90, CONTROL_LONG = 0xdc; // how an answer begins: a MessagePack array; media begin with their topic

export class Link {
  /**
   * settings: {npc, codec, patches, endpoint, token}. heed: {media({plane, message}, atMs, offsetMs), state(good, sentence),
   * opened(capabilities), pong(load, level), trouble(sentence)}.
   */
  constructor(settings, heed) {
    this.settings = settings;
    this.heed = heed;
    this.ref = this.lineNumber = 0;
    this.retryMs = FIRST_RETRY_MS;
    this.maxQueuedS = 30;
    this.open = false;
    this.mailbox = new Mailbox({
      opened: () => this.greet().catch((error) => this.lose(error.message)),
      closed: (reason) => this.lose(reason || "the preview does not answer"),
      letter: (bytes, atMs) => this.receive(bytes, atMs),
    });
    setInterval(() => this.keepAlive(), PING_MS);
  }

  connect() {
    this.answers = new Map();
    this.lines = new Map();
    this.topology = null;
    this.waiting = new Set();
    this.offsetMs = 0;
    this.roundTripMs = Infinity;
    this.heed.state(false, `connecting to ${this.settings.endpoint}`);
    this.mailbox.connect(new URL("ws", location.href.replace(/^http/, "ws")).href);
    this.unanswered = 0;
    this.lost = false;
  }

  /** Close, say why, and try again after a while. */
  lose(why) {
    if (this.lost) return;
    this.lost = true;
    this.open = false;
    this.mailbox.close();
    for (const { fail } of this.answers.values()) fail(new Error(why));
    this.answers.clear();
    this.heed.state(false, `${why}; trying again`);
    setTimeout(() => this.connect(), this.retryMs);
    this.retryMs = Math.min(LONGEST_RETRY_MS, 1.5 * this.retryMs);
  }

  async greet() {
    const [major, minor] = VERSION, session = this.settings.npc;
    const welcome = await this.ask("Hello", {
      major, minor, agent: "talkwire preview", capabilities: ["codec:q16", "codec:basis"], token: this.settings.token ?? "",
    });
    for (let i = 0; i < 5; i++) await this.ask("Ping", { client_ns: nowNs() });
    const opened = await this.ask("Open", { session });
    this.maxQueuedS = opened.max_queued_s;
    this.open = true;
    this.retryMs = FIRST_RETRY_MS;
    this.heed.opened(welcome.capabilities);
    this.read(["event", "audio", ...STATICS[this.settings.codec], FRAMES[this.settings.codec], PATCHES[this.settings.patches]], true);
    this.waiting = new Set(STATICS[this.settings.codec]);
    this.heed.state(true, session);
  }

  /** Begin a line; its number. news: called with each Progress of it. */
  begin(rateHz, news) {
    const line = ++this.lineNumber;
    this.lines.set(line, news);
    this.send("Begin", { line, sample_rate_hz: rateHz });
    return line;
  }

  push(line, samples) {
    this.send("ChunkS16", { line, samples: new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength) });
  }

  end(line) {
    this.send("End", { line });
  }

  interrupt() {
    return this.ask("Interrupt", {});
  }

  style(style) {
    return this.ask("Style", style);
  }

  read(planes, wanted) {
    for (const plane of planes) this.mailbox.send(subscription(this.settings.npc, plane, wanted));
  }

  send(type, fields) {
    const ref = (this.ref = (this.ref % 0xffffffff) + 1);
    this.mailbox.send(encode(type, { ref, session: this.settings.npc, ...fields }));
    return ref;
  }

  /** A request and its answer. Rejects with a sentence. */
  ask(type, fields) {
    const ref = this.send(type, fields);
    return new Promise((done, fail) => {
      const late = setTimeout(() => this.settle(ref, { type: "Late" }), PATIENCE_MS);
      this.answers.set(ref, { done, fail, late });
    });
  }

  settle(ref, message) {
    const { done, fail, late } = this.answers.get(ref) ?? {};
    if (!done) return false;
    clearTimeout(late);
    this.answers.delete(ref);
    if (message.type === "Error") fail(new Error(sentence(message)));
    else if (message.type === "Late") fail(new Error(`no talkwire server answers at ${this.settings.endpoint}`));
    else done(message);
    return true;
  }

  keepAlive() {
    if (!this.open) return;
    this.send("Ping", { client_ns: nowNs() });
    this.unanswered += 1; // counted, not timed: a page that slept must not blame the server
    if (this.unanswered > MOST_UNANSWERED) this.lose("the server has gone");
  }

  receive(bytes, atMs) {
    try {
      if (bytes[0] >> 4 === CONTROL >> 4 || bytes[0] === CONTROL_LONG) this.take(decode(bytes), atMs);
      else this.takeMedia(decodeMedia(bytes), atMs);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.lose(error.message);
    }
  }

  take(reply, atMs) {
    this.unanswered = 0;
    if (reply === null) return;
    if (reply.type === "Pong") this.measure(reply, atMs);
    if (reply.type === "Progress") this.progress(reply);
    else if (reply.type === "Closed" && reply.ref === 0) this.lose("the NPC is gone");
    else if (!this.settle(reply.ref, reply) && reply.type === "Error") this.complain(reply);
  }

  progress(news) {
    this.lines.get(news.line)?.(news);
    if (news.state === "done" || news.state === "interrupted") this.lines.delete(news.line);
  }

  /** An Error that nobody waits for: about a line, or the server knows us no more (it was started again). */
  complain(error) {
    if (error.what.includes("does not know this connection")) this.lose("the server was started again");
    else this.heed.trouble(sentence(error));
  }

  /** Cristian's algorithm: the shortest round trip bounds the offset best. */
  measure({ client_ns: client, server_ns: server, load, level }, atMs) {
    const sentMs = Number(client) / 1e6, roundTripMs = atMs - sentMs;
    if (roundTripMs <= this.roundTripMs) {
      this.roundTripMs = roundTripMs;
      this.offsetMs = (atMs + sentMs) / 2 - Number(server) / 1e6;
    } else {
      this.roundTripMs *= 1.001; // clocks drift: an old best slowly expires
    }
    this.heed.pong(load, level);
  }

  takeMedia(item, atMs) {
    if (item.message === null) return;
    this.followStatics(item.message);
    this.heed.media(item, atMs, this.offsetMs);
  }

  /** Mesh and texture are repeated for every late joiner: having them, stop reading them. */
  followStatics(message) {
    const plane = PLANE_OF[message.type];
    if (plane !== undefined) {
      this.read([plane], false);
      this.waiting.delete(plane);
      if (plane === "mesh") this.topology = message.topology_id;
    } else if (message.vertices || message.own) {
      if (this.waiting.size || message.topology_id === this.topology) return;
      this.waiting = new Set(STATICS[this.settings.codec]); // another head
      this.read(this.waiting, true);
    }
  }
}

function nowNs() {
  return BigInt(Math.round(performance.now() * 1e6));
}

function sentence({ what, seen, wanted, cure }) {
  return `${what}: saw ${seen}, wanted ${wanted}; ${cure}`;
}
