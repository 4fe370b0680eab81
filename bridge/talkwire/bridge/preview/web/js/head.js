// The head as three.js draws it: geometry that moves, one material a part, a texture that is retouched.
import * as THREE from "../vendor/three.module.min.js";
import { array } from "./fields.js";
import { HEAD_FRAGMENT, HEAD_VERTEX, PICTURE_FRAGMENT, SHADOW_FRAGMENT, SHADOW_VERTEX } from "./shaders.js";

const SHADOW_PX = 1024;
const PICTURE = "picture"; // the part that is shown as its texture is, without any light
const KEY_DIRECTION = new THREE.Vector3(-0.42, 0.5, 0.76).normalize();
// how a part answers light beyond its roughness: the uniforms of the same names (render_inputs.py)
const PLAIN = { scatter: 0, gloss: 0, strands: 0, rim: 1 };
const LOOKS = {
  skin: { scatter: 1 },
  lining: { scatter: 1, rim: 0 },
  eyes: { scatter: 0.35, gloss: 1, rim: 0.2 },
  teeth: { scatter: 1, gloss: 0.02, rim: 0 },
  tongue: { scatter: 1, gloss: 0.06, rim: 0 },
  lashes: { twoSided: true },
  hair: { strands: 1 },
};

export class Head {
  /** plain: without mipmaps, which a machine without a graphics card would be long at making after every patch. */
  constructor(mesh, plain) {
    this.plain = plain;
    this.topologyId = mesh.topology_id;
    const neutral = array("f4", mesh.neutral_vx3), triangles = array("u4", mesh.triangles_tx3);
    this.weld = array("u4", mesh.weld_v);
    this.corners = triangles.map((vertex) => this.weld[vertex]);
    this.shared = {
      skin: { value: null }, shadow: { value: null }, light: { value: new THREE.Matrix4() }, key_direction: { value: KEY_DIRECTION },
    };
    this.geometry = new THREE.BufferGeometry();
    this.positions = moving(neutral);
    this.normals = moving(new Float32Array(neutral.length));
    this.geometry.setAttribute("position", this.positions);
    this.geometry.setAttribute("normal", this.normals);
    this.geometry.setAttribute("uv", new THREE.BufferAttribute(array("f4", mesh.uvs_vx2), 2));
    this.geometry.setIndex(new THREE.BufferAttribute(triangles, 1));
    mesh.parts.forEach(([, first, count], i) => this.geometry.addGroup(3 * first, 3 * count, i));
    this.geometry.computeBoundingBox();
    this.box = this.geometry.boundingBox.clone();
    this.isPicture = mesh.parts.every(([name]) => name === PICTURE);
    this.mesh = new THREE.Mesh(this.geometry, mesh.parts.map((part) => this.material(part)));
    this.mesh.frustumCulled = false;
    this.shadow = shadowMap();
    this.shared.shadow.value = this.shadow.target.depthTexture;
    this.shadow.material.uniforms.light = this.shared.light;
    this.move(neutral);
  }

  material([name, , , roughness, specular]) {
    const { twoSided, ...look } = { ...PLAIN, ...LOOKS[name] };
    const own = Object.fromEntries(Object.entries({ ...look, roughness: Math.max(roughness, 0.05), specular }).map(([k, value]) => [k, { value }]));
    return new THREE.RawShaderMaterial({
      glslVersion: THREE.GLSL3, vertexShader: HEAD_VERTEX, fragmentShader: name === PICTURE ? PICTURE_FRAGMENT : HEAD_FRAGMENT,
      uniforms: { ...this.shared, ...own }, side: twoSided ? THREE.DoubleSide : THREE.FrontSide,
    });
  }

  /** vertices: [3 V] metres. Normals are those of the welded surface, so that no seam of the texture shows. */
  move(vertices) {
    this.positions.array.set(vertices);
    this.positions.needsUpdate = true;
    const { corners, weld } = this, out = this.normals.array;
    out.fill(0);
    for (let t = 0; t < corners.length; t += 3) {
      const a = 3 * corners[t], b = 3 * corners[t + 1], c = 3 * corners[t + 2];
      const ux = vertices[b] - vertices[a], uy = vertices[b + 1] - vertices[a + 1], uz = vertices[b + 2] - vertices[a + 2];
      const vx = vertices[c] - vertices[a], vy = vertices[c + 1] - vertices[a + 1], vz = vertices[c + 2] - vertices[a + 2];
      const x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx; // as long as the area is large
      out[a] += x; out[a + 1] += y; out[a + 2] += z;
      out[b] += x; out[b + 1] += y; out[b + 2] += z;
      out[c] += x; out[c + 1] += y; out[c + 2] += z;
    }
    for (let v = 0; v < weld.length; v++) {
      const from = 3 * weld[v], to = 3 * v;
      if (from === to) continue;
      out[to] = out[from]; out[to + 1] = out[from + 1]; out[to + 2] = out[from + 2];
    }
    this.normals.needsUpdate = true; // their length does not matter: the shader normalises
  }

  turn(rotation, translation) {
    this.mesh.quaternion.set(...rotation);
    this.mesh.position.set(...translation);
  }

  /** Where the key light cannot reach. */
  drawShadow(renderer, scene, camera) {
    this.mesh.updateMatrixWorld();
    this.shared.light.value.copy(lightView(this.box, this.mesh.matrixWorld));
    scene.overrideMaterial = this.shadow.material;
    renderer.setRenderTarget(this.shadow.target);
    renderer.clear();
    renderer.render(scene, camera);
    renderer.setRenderTarget(null);
    scene.overrideMaterial = null;
  }

  /** image: ImageBitmap, sRGB, first row at v = 0. */
  paint(image) {
    this.shared.skin.value?.dispose();
    this.shared.skin.value = texture(image, !this.plain);
  }

  get painted() {
    return this.shared.skin.value !== null;
  }

  /** Replace rectangles of the texture: [{left, top, image: ImageBitmap}]. */
  retouch(renderer, patches) {
    const skin = this.shared.skin.value, last = patches.at(-1);
    for (const { left, top, image } of patches) {
      if (left + image.width > skin.image.width || top + image.height > skin.image.height) continue;
      skin.generateMipmaps = !this.plain && image === last.image;
      const patch = texture(image, false);
      renderer.copyTextureToTexture(patch, skin, null, new THREE.Vector2(left, top));
      patch.dispose();
    }
    skin.generateMipmaps = !this.plain;
  }

  dispose() {
    this.geometry.dispose();
    this.mesh.material.forEach((material) => material.dispose());
    this.shared.skin.value?.dispose();
    this.shadow.target.dispose();
    this.shadow.material.dispose();
  }
}

function moving(values) {
  return new THREE.BufferAttribute(values.slice(), 3).setUsage(THREE.DynamicDrawUsage);
}

function texture(image, mipmaps) {
  const made = new THREE.Texture(image);
  made.colorSpace = THREE.SRGBColorSpace;
  made.flipY = false;
  made.generateMipmaps = mipmaps;
  made.minFilter = mipmaps ? THREE.LinearMipmapLinearFilter : THREE.LinearFilter;
  made.anisotropy = mipmaps ? 4 : 1;
  made.needsUpdate = true;
  return made;
}

function shadowMap() {
  const depth = new THREE.DepthTexture(SHADOW_PX, SHADOW_PX);
  depth.compareFunction = THREE.LessEqualCompare;
  depth.minFilter = depth.magFilter = THREE.LinearFilter;
  const target = new THREE.WebGLRenderTarget(SHADOW_PX, SHADOW_PX, { depthTexture: depth });
  const material = new THREE.RawShaderMaterial({
    glslVersion: THREE.GLSL3, vertexShader: SHADOW_VERTEX, fragmentShader: SHADOW_FRAGMENT, uniforms: {}, colorWrite: false,
  });
  return { target, material };
}

/** Orthographic view along the key light that holds the whole posed head. */
function lightView(box, model) {
  const centre = box.getCenter(new THREE.Vector3()).applyMatrix4(model);
  const radius = 0.55 * box.getSize(new THREE.Vector3()).length();
  const eye = centre.clone().addScaledVector(KEY_DIRECTION, radius);
  const camera = new THREE.OrthographicCamera(-radius, radius, radius, -radius, 0, 2 * radius);
  camera.position.copy(eye);
  camera.lookAt(centre);
  camera.updateMatrixWorld();
  return camera.projectionMatrix.clone().multiply(camera.matrixWorldInverse);
}
