// Sliders, and the style that they stand for (PROTOCOL.md, Style).
import { SHAPES } from "./arkit.js";

const EMOTIONS = ["joy", "sadness", "anger", "fear", "disgust", "surprise", "contempt"];
const SEND_MS = 80; // not more often
const MOST_OFFSET_MS = 300;
const MOST_GAIN = 4;

export class Controls {
  /** heed: {style(style), offset(seconds)}. */
  constructor(heed) {
    this.heed = heed;
    this.later = null;
    const changed = () => this.change();
    this.emotions = new Map(EMOTIONS.map((name) => [name, slider("#emotions", name, 0, 1, 0, percent, changed)]));
    this.strength = slider("#lips", "strength", 0, 2, 1, times, changed);
    this.offset = slider("#lips", "A/V offset", -MOST_OFFSET_MS, MOST_OFFSET_MS, 0, (ms) => `${ms > 0 ? "+" : ""}${ms} ms`, (ms) => heed.offset(ms / 1e3), 5);
    this.offset.parentElement.title = "+: the face later, for headphones that are late";
    this.gains = new Map(SHAPES.map((name) => [name, slider("#shapes", name, 0, MOST_GAIN, 1, times, changed, 0.05)]));
    document.querySelector("#calm").onclick = () => this.reset();
    document.querySelector("#find").oninput = ({ target }) => this.find(target.value.toLowerCase());
  }

  get style() {
    const emotions = [...this.emotions].filter(([, input]) => input.valueAsNumber > 0).map(([name, input]) => [name, input.valueAsNumber]);
    const shapes = [...this.gains].filter(([, input]) => input.valueAsNumber !== 1).map(([name, input]) => [name, input.valueAsNumber, 0, 0, 1]);
    return { strength: this.strength.valueAsNumber, emotions, layers: [], look_at_deg: [], follow_voice: 0, shapes };
  }

  /** Whether anything differs from a calm face. */
  get touched() {
    const { strength, emotions, shapes } = this.style;
    return strength !== 1 || emotions.length > 0 || shapes.length > 0;
  }

  enable(styled) {
    for (const input of [...this.emotions.values(), this.strength, ...this.gains.values()]) input.disabled = !styled;
  }

  change() {
    this.later ??= setTimeout(() => {
      this.later = null;
      this.heed.style(this.style);
    }, SEND_MS);
  }

  reset() {
    for (const input of [...this.emotions.values(), this.strength, ...this.gains.values()]) {
      input.value = input.defaultValue;
      input.dispatchEvent(new Event("input"));
    }
  }

  find(words) {
    for (const [name, input] of this.gains) input.parentElement.hidden = !name.toLowerCase().includes(words);
  }
}

function slider(into, name, min, max, value, shown, changed, step = 0.01) {
  const label = document.createElement("label"), input = document.createElement("input"), output = document.createElement("output");
  Object.assign(input, { type: "range", min, max, step });
  input.setAttribute("value", value);
  input.name = name;
  const show = () => {
    output.value = shown(input.valueAsNumber);
    input.style.setProperty("--filled", `${(100 * (input.valueAsNumber - min)) / (max - min)}%`);
  };
  input.addEventListener("input", () => {
    show();
    changed(input.valueAsNumber);
  });
  show();
  label.append(name, input, output);
  document.querySelector(into).append(label);
  return input;
}

function percent(share) {
  return `${Math.round(100 * share)} %`;
}

function times(factor) {
  return `${factor.toFixed(2)}`;
}
