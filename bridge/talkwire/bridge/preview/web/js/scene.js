// The stage: a dark wall, the head before it, and as many pixels as the machine has time for.
import * as THREE from "../vendor/three.module.min.js";
import { PortraitCamera } from "./camera.js";
import { Head } from "./head.js";
import { BACKDROP_FRAGMENT, BACKDROP_VERTEX } from "./shaders.js";

const MOST_PIXEL_RATIO = 2, LEAST_PIXEL_RATIO = 0.5;
const AS_IT_IS = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
const SLOW_MS = 28, QUICK_MS = 18, ASLEEP_MS = 2000; // between pictures

export class Scene {
  constructor(canvas) {
    this.canvas = canvas;
    this.plain = drawsInSoftware();
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: !this.plain, powerPreference: "high-performance" });
    this.renderer.autoClear = false;
    this.scene = new THREE.Scene();
    this.wall = new THREE.Scene();
    this.wall.add(backdrop());
    this.camera = new PortraitCamera(canvas);
    this.head = null;
    this.patch = null; // the one that is due on the texture, decoded or not yet
    this.pixelRatio = Math.min(window.devicePixelRatio, MOST_PIXEL_RATIO);
    this.pace = { sinceMs: performance.now(), pictures: 0 };
    new ResizeObserver(() => this.fit()).observe(canvas.parentElement);
    this.fit();
  }

  /** A head, from its Mesh. */
  setMesh(mesh) {
    if (this.head?.topologyId === mesh.topology_id) return;
    if (this.head) {
      this.scene.remove(this.head.mesh);
      this.head.dispose();
    }
    this.head = new Head(mesh, this.plain);
    this.patch = null;
    this.camera.look(this.head.box, this.head.isPicture);
    this.scene.add(this.head.mesh);
    if (this.texture?.topology_id === mesh.topology_id) this.setTexture(this.texture);
  }

  /** Its texture, which may come before it. */
  async setTexture(texture) {
    this.texture = texture;
    const image = await decoded(texture.image, texture.format);
    if (this.head?.topologyId === texture.topology_id && image) this.head.paint(image);
  }

  /** Whether there is a whole head to be seen. */
  get ready() {
    return Boolean(this.head?.painted);
  }

  /** picture: of Player.present, or null: what is shown stays. */
  draw(picture, nowMs) {
    this.keepPace(nowMs);
    const { renderer } = this, { width, height } = this.canvas;
    const lens = this.camera.placed(width / height);
    if (this.ready) {
      if (picture) {
        if (picture.vertices?.length === this.head.positions.array.length) this.head.move(picture.vertices); // else of another
        this.head.turn(picture.rotation, picture.translation);
        this.retouch(picture.patch);
      }
      this.head.drawShadow(renderer, this.scene, lens);
    }
    renderer.clear();
    this.wall.children[0].material.uniforms.aspect.value = width / height;
    renderer.render(this.wall, lens);
    if (this.ready) renderer.render(this.scene, lens);
  }

  /** One that was not decoded in time goes on with the next picture: late is better than never. */
  retouch(patch) {
    this.apply(this.patch);
    this.patch = patch;
    this.apply(patch);
  }

  apply(patch) {
    if (!patch?.images?.length || patch.topology_id !== this.head.topologyId) return;
    this.head.retouch(this.renderer, patch.images);
    patch.release();
  }

  fit() {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement;
    this.renderer.setPixelRatio(this.pixelRatio);
    this.renderer.setSize(Math.max(1, width), Math.max(1, height), false);
  }

  /** Fewer pixels where pictures come slowly, more where there is time. */
  keepPace(nowMs) {
    const { pace } = this;
    pace.pictures += 1;
    if (nowMs - pace.sinceMs < 500) return;
    const meanMs = (nowMs - pace.sinceMs) / pace.pictures;
    const factor = meanMs > SLOW_MS ? Math.max(0.5, Math.sqrt(QUICK_MS / meanMs)) : meanMs < QUICK_MS ? 1.15 : 1;
    const most = Math.min(window.devicePixelRatio, MOST_PIXEL_RATIO);
    const ratio = Math.min(most, Math.max(LEAST_PIXEL_RATIO, this.pixelRatio * factor));
    this.pace = { sinceMs: nowMs, pictures: 0 };
    if (ratio === this.pixelRatio || meanMs > ASLEEP_MS) return;
    this.pixelRatio = ratio;
    this.fit();
  }
}

/** Decode a patch's rectangles, well before they are due: they become `images` of it, until its `release`. */
export async function prepare(patch) {
  const made = await Promise.all(
    patch.patches.map(async ([left, top, width, height, format, data]) => {
      const image = await (format === "rgb" ? uncoded(data, width, height) : decoded(data, format));
      return image?.width === width && image.height === height ? { left, top, image } : null;
    }),
  );
  patch.images = made.filter(Boolean);
  patch.release = () => {
    for (const { image } of patch.images) image.close();
    patch.images = [];
  };
}

/** null for what the browser cannot decode. */
async function decoded(data, format) {
  return createImageBitmap(new Blob([data], { type: `image/${format}` }), AS_IT_IS).catch(() => null);
}

/** Of 3 bytes a pixel. */
async function uncoded(data, width, height) {
  const pixels = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    pixels[to] = data[from];
    pixels[to + 1] = data[from + 1];
    pixels[to + 2] = data[from + 2];
  }
  return createImageBitmap(new ImageData(pixels, width, height), AS_IT_IS);
}

/** Without a graphics card there is no time for smooth edges and mipmaps. */
function drawsInSoftware() {
  const gl = document.createElement("canvas").getContext("webgl2");
  const about = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = about ? gl.getParameter(about.UNMASKED_RENDERER_WEBGL) : "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}

function backdrop() {
  const geometry = new THREE.BufferGeometry();
  geometry.setDrawRange(0, 3);
  const material = new THREE.RawShaderMaterial({
    glslVersion: THREE.GLSL3, vertexShader: BACKDROP_VERTEX, fragmentShader: BACKDROP_FRAGMENT, uniforms: { aspect: { value: 1 } },
    depthTest: false, depthWrite: false,
  });
  const mesh = new THREE.Mesh(geometry, material);
  mesh.frustumCulled = false;
  return mesh;
}
