// Where the head is looked at from: a portrait lens, turned by dragging and brought nearer by the wheel or two fingers.
import * as THREE from "../vendor/three.module.min.js";

const FOV_DEG = 20;
const NEAREST = 0.45, FARTHEST = 1.6; // of the portrait's distance
const MOST_YAW = 1.3, MOST_PITCH = 0.6;

export class PortraitCamera {
  constructor(canvas) {
    this.lens = new THREE.PerspectiveCamera(FOV_DEG, 1, 0.05, 10);
    this.box = new THREE.Box3(new THREE.Vector3(-0.09, -0.15, -0.14), new THREE.Vector3(0.09, 0.15, 0.11));
    this.whole = false;
    this.home();
    const fingers = new Map();
    canvas.addEventListener("pointerdown", (event) => {
      fingers.set(event.pointerId, event);
      canvas.setPointerCapture(event.pointerId);
    });
    for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, (event) => fingers.delete(event.pointerId));
    canvas.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const apart = spread(fingers);
      fingers.set(event.pointerId, event);
      if (fingers.size === 1) this.turn((event.clientX - before.clientX) / 200, (event.clientY - before.clientY) / 300);
      else if (apart > 0) this.approach(apart / spread(fingers));
    });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.approach(Math.exp(event.deltaY / 800));
    }, { passive: false });
    canvas.addEventListener("dblclick", () => this.home());
  }

  /** whole: all of the box is to be seen, straight from its front: it is a picture, and no bust. */
  look(box, whole) {
    this.box = box;
    this.whole = whole;
    this.home();
  }

  home() {
    this.yaw = 0;
    this.pitch = this.whole ? 0 : 0.02;
    this.distance = 1;
  }

  turn(yaw, pitch) {
    this.yaw = clamp(this.yaw - yaw, -MOST_YAW, MOST_YAW);
    this.pitch = clamp(this.pitch + pitch, -MOST_PITCH, MOST_PITCH);
  }

  approach(factor) {
    this.distance = clamp(this.distance * factor, NEAREST, FARTHEST);
  }

  /** The lens for a picture `aspect` times as wide as high: the face fills it, a bust's edge stays outside. */
  placed(aspect) {
    const { min, max } = this.box, height = max.y - min.y, width = max.x - min.x;
    const [higher, wider, up] = this.whole ? [1.04, 1.04, 0] : [0.98, 1.25, 0.05];
    const centre = new THREE.Vector3((min.x + max.x) / 2, (min.y + max.y) / 2 + up * height, (min.z + max.z) / 2);
    const seen = Math.max(higher * height, (wider * width) / aspect);
    const distance = this.distance * (seen / 2 / Math.tan((FOV_DEG / 360) * Math.PI) + (max.z - min.z) / 4);
    const { lens } = this;
    lens.position.setFromSphericalCoords(distance, Math.PI / 2 - this.pitch, this.yaw).add(centre);
    lens.lookAt(centre);
    lens.aspect = aspect;
    lens.updateProjectionMatrix();
    return lens;
  }
}

function spread(fingers) {
  const [a, b] = fingers.values();
  return b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0;
}

function clamp(value, least, most) {
  return Math.min(most, Math.max(least, value));
}
