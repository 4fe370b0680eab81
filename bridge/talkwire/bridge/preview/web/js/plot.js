// Curves of the last seconds: what the face is doing, as lines.
const SPAN_MS = 5000;
const MOST_POINTS = 1200;

export class Plot {
  /** curves: [[name, colour, (weights) => value in 0..1]]. */
  constructor(canvas, curves) {
    this.canvas = canvas;
    this.curves = curves;
    this.points = [];
  }

  add(nowMs, weights) {
    this.points.push({ nowMs, values: this.curves.map(([, , read]) => read(weights)) });
    while (this.points.length > MOST_POINTS || nowMs - this.points[0].nowMs > SPAN_MS) this.points.shift();
  }

  draw(nowMs) {
    const { canvas } = this, ratio = window.devicePixelRatio;
    const width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio);
    if (!width || !height) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, width, height);
    this.grid(pen, width, height, ratio);
    const x = (point) => width * (1 - (nowMs - point.nowMs) / SPAN_MS), y = (value) => height - 2 * ratio - value * (height - 4 * ratio);
    pen.lineWidth = 1.5 * ratio;
    pen.lineJoin = "round";
    this.curves.forEach(([, colour], i) => {
      pen.strokeStyle = colour;
      pen.beginPath();
      for (const point of this.points) pen.lineTo(x(point), y(point.values[i]));
      pen.stroke();
    });
  }

  grid(pen, width, height, ratio) {
    pen.strokeStyle = "#ffffff14";
    pen.lineWidth = ratio;
    pen.beginPath();
    for (let s = 1; s < 5; s++) {
      pen.moveTo((width * s) / 5, 0);
      pen.lineTo((width * s) / 5, height);
    }
    pen.moveTo(0, height / 2);
    pen.lineTo(width, height / 2);
    pen.stroke();
  }
}
