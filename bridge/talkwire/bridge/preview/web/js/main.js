// The page: a link to the server, a player that follows the sound, a stage, and what the visitor may do.
import { reader } from "./arkit.js";
import { Controls } from "./controls.js";
import { Link } from "./link.js";
import { Player } from "./player.js";
import { Plot } from "./plot.js";
import { Scene, prepare } from "./scene.js";
import { Sound } from "./sound.js";
import { Microphone, sayFile } from "./voice.js";

const CURVES = [
  ["jawOpen", "#e6b59a"], ["mouthClose", "#7fb3d9"], ["mouthPucker", "#b79be0"], ["mouthSmile", "#d9c56e"], ["eyeBlink", "#8b939d"],
  ["browInnerUp", "#7fc8a0"],
].map(([name, colour]) => [name, colour, reader(name)]);
const STATS_MS = 250, HIDDEN_MS = 100;
const NOTICE_MS = 6000;
const $ = (selector) => document.querySelector(selector);

async function main() {
  const settings = { npc: "nova", codec: "q16", patches: "jpeg", ...(await (await fetch("settings.json")).json()) };
  const sound = new Sound(), player = new Player(sound), microphone = new Microphone();
  const scene = openScene($("#face"));
  const plot = new Plot($("#plot"), CURVES);
  const link = new Link(settings, {
    media: (item, atMs, offsetMs) => receive(player, scene, item, atMs, offsetMs),
    state: (good, sentence) => {
      showState(good, sentence);
      $("#state").title = settings.endpoint;
      if (!good) hush(microphone);
    },
    opened: (capabilities) => {
      player.reset(performance.now()); // until then what had come is played, and the face rests
      controls.enable(capabilities.includes("style"));
      if (controls.touched) link.style(controls.style).catch(complain);
    },
    pong: (load, level) => Object.assign(player.stats, { load, level }),
    trouble: (sentence) => notify(sentence),
  });
  const complain = (error) => notify(error.message);
  const controls = new Controls({
    style: (style) => link.open && link.style(style).catch(complain),
    offset: (seconds) => (player.offsetS = seconds),
  });
  wire({ link, sound, microphone, complain });
  legend();
  link.connect();
  show(player, scene, plot, ({ kind }) => link.open && showState(true, kind === "started" ? `${settings.npc} speaks` : settings.npc));
  setInterval(() => showStats(player), STATS_MS);
  window.talkwire = {
    get stats() {
      return player.stats.asJson();
    },
    get shown() {
      return player.shown && { ...player.shown, weights: [...player.shown.weights], vertices: undefined, patch: undefined };
    },
    get ready() {
      return scene.ready && player.shown !== null;
    },
    get audible() {
      return sound.audible;
    },
    player, scene, link, sound,
  };
}

function openScene(canvas) {
  try {
    return new Scene(canvas);
  } catch (error) {
    throw new Error(`this browser draws no WebGL 2 (${error.message})`);
  }
}

function receive(player, scene, item, atMs, offsetMs) {
  const { message } = item;
  if (message.type === "Mesh") {
    scene.setMesh(message);
    $("#generated").textContent = message.shows ? `Generated · ${message.shows}` : "Generated";
  }
  if (message.type === "Texture") scene.setTexture(message);
  if (message.type === "Patch") prepare(message);
  player.receive(item, atMs, offsetMs);
}

/** Every time the display wants a picture. heed: told what became of lines. */
function show(player, scene, plot, heed) {
  const tick = () => {
    const picture = player.present(performance.now());
    scene.draw(picture, performance.now());
    player.displayed(performance.now());
    player.happened(performance.now()).forEach(heed);
    if (picture) plot.add(performance.now(), picture.weights);
    plot.draw(performance.now());
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  setInterval(() => document.hidden && player.present(performance.now()), HIDDEN_MS); // who looks away still listens
}

function wire({ link, sound, microphone, complain }) {
  const say = async (file) => {
    try {
      await sound.unlock();
      if (!link.open) throw new Error("the NPC is not there");
      if (file) await sayFile(link, sound.context, file);
    } catch (error) {
      complain(error);
    }
  };
  $("#file input").onchange = ({ target }) => {
    say(target.files[0]);
    target.value = "";
  };
  $("#interrupt").onclick = () => link.open && link.interrupt().catch(complain);
  const button = $("#microphone"), pressed = () => button.getAttribute("aria-pressed") === "true";
  button.onclick = async () => {
    if (pressed() || !link.open) return hush(microphone);
    button.setAttribute("aria-pressed", true);
    try {
      await sound.unlock();
      await microphone.open(link, sound.context);
    } catch (error) {
      hush(microphone);
      complain(error);
    }
    if (!pressed()) microphone.close(); // pressed again while the browser asked
  };
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => sound.unlock().catch(complain));
  sound.onchange = () => ($("#unmute").hidden = sound.audible);
  $("#unmute").hidden = false;
  sound.unlock().catch(complain); // where the browser allows it without a touch
  dropping(say);
}

function hush(microphone) {
  microphone.close();
  $("#microphone").setAttribute("aria-pressed", false);
}

function dropping(say) {
  let depth = 0;
  const over = (change) => {
    depth = Math.max(0, depth + change);
    $("#drop").hidden = depth === 0;
  };
  addEventListener("dragenter", () => over(1));
  addEventListener("dragleave", () => over(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    over(-depth);
    say(event.dataTransfer.files[0]);
  });
}

function showState(good, sentence) {
  $("#state").classList.toggle("good", good);
  $("#state span").textContent = sentence;
}

let noticed = 0;
function notify(sentence) {
  $("#notice").textContent = sentence;
  $("#notice").hidden = false;
  clearTimeout(noticed);
  noticed = setTimeout(() => ($("#notice").hidden = true), NOTICE_MS);
}

function legend() {
  for (const [name, colour] of CURVES) {
    const item = document.createElement("li"), mark = document.createElement("i");
    mark.style.background = colour;
    item.append(mark, name);
    $("#legend").append(item);
  }
}

const ms = (value, digits = 1) => (value === null ? "–" : `${value.toFixed(digits)} ms`);
const ROWS = [
  ["A/V error p50 / p95", (s) => (s.av_error_p50_ms === null ? "–" : `${s.av_error_p50_ms.toFixed(1)} / ${ms(s.av_error_p95_ms)}`)],
  ["sound early (+) or late (−)", (s) => (s.av_signed_ms > 0.05 ? "+" : "") + ms(s.av_signed_ms)],
  ["jitter buffer, wanted / filled", (s, { targetMs, depthMs }) => `${targetMs.toFixed(0)} / ${ms(depthMs, 0)}`],
  ["underruns", (s) => s.underruns],
  ["frames received", (s) => s.received],
  ["late / dropped", (s) => `${s.late} / ${s.dropped}`],
  ["latency, one way, p50", (s) => ms(s.latency_p50_ms)],
  ["first frame", (s) => ms(s.first_frame_ms, 0)],
  ["server busy", (s) => `${Math.round(100 * s.load)} %`],
  ["quality saved", (s) => (s.level ? `${s.level} steps` : "none")],
];

function showStats(player) {
  const stats = player.stats.asJson(), list = $("#stats");
  if (!list.children.length) for (const [name] of ROWS) list.append(element("dt", name), element("dd"));
  list.querySelectorAll("dd").forEach((cell, i) => (cell.textContent = ROWS[i][1](stats, player.buffer)));
}

function element(kind, text = "") {
  return Object.assign(document.createElement(kind), { textContent: text });
}

main().catch((error) => showState(false, error.message));
