"""Ask three.js what it shows of a glTF file: its own loader, mixer and morphs, in headless Chromium."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import numpy as np
from playwright.sync_api import Route, sync_playwright

from judges.install import CHROMIUM, MODULES

SIDE_PX = 512
_HOST = "http://judge.invalid"
_FLAGS = (
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-quic",
)
_TYPES = {".js": "text/javascript", ".html": "text/html", ".gltf": "model/gltf+json"}
_PAGE = """<!doctype html><canvas id="stage"></canvas>
<script type="importmap">{"imports": {
  "three": "/three/build/three.module.js", "three/addons/": "/three/examples/jsm/" }}
</script><script type="module">
import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { MeshoptDecoder } from "three/addons/libs/meshopt_decoder.module.js";

const renderer = new THREE.WebGLRenderer({ canvas: stage, antialias: true, preserveDrawingBuffer: true });
const scene = new THREE.Scene(), camera = new THREE.PerspectiveCamera(22, 1, 0.01, 100);
scene.background = new THREE.Color(0x6d7682);
scene.add(new THREE.HemisphereLight(0xffffff, 0x8a8078, 2.2));
const sun = new THREE.DirectionalLight(0xffffff, 1.6);
scene.add(sun);

const meshesOf = (root) => {
  const meshes = [];
  root.traverse((thing) => thing.isMesh && meshes.push(thing));
  return meshes;
};

// a vertex as three.js moves it: morphs, then bones, then the node
const places = (meshes) => meshes.flatMap((mesh) => {
  const at = new THREE.Vector3(), all = [];
  for (let i = 0; i < mesh.geometry.attributes.position.count; i++)
    all.push(...mesh.getVertexPosition(i, at).applyMatrix4(mesh.matrixWorld).toArray());
  return all;
});

window.ask = async (url, times, name, side) => {
  renderer.setSize(side, side, false);
  const gltf = await new GLTFLoader().setMeshoptDecoder(MeshoptDecoder).loadAsync(url);
  scene.add(gltf.scene);
  const clip = name ? THREE.AnimationClip.findByName(gltf.animations, name) : gltf.animations[0];
  const mixer = new THREE.AnimationMixer(gltf.scene), meshes = meshesOf(gltf.scene);
  if (clip) {
    const action = mixer.clipAction(clip).setLoop(THREE.LoopOnce);
    action.clampWhenFinished = true;
    action.play();
  }
  scene.updateMatrixWorld(true);
  const box = new THREE.Box3();
  const rest = places(meshes);
  for (let i = 0; i < rest.length; i += 3) box.expandByPoint(new THREE.Vector3(...rest.slice(i, i + 3)));
  const centre = box.getCenter(new THREE.Vector3()), size = box.getSize(new THREE.Vector3());
  const away = 2.8 * Math.max(size.x, size.y);
  camera.position.copy(centre).add(new THREE.Vector3(0.12, 0, 1).multiplyScalar(away));
  camera.lookAt(centre);
  sun.position.copy(camera.position).add(new THREE.Vector3(-1, 1, 0));
  const seen = { vertices: [], pixels: [], pictures: [] };
  for (const time of times) {
    mixer.setTime(time);
    scene.updateMatrixWorld(true);
    renderer.render(scene, camera);
    const vertices = places(meshes), pixels = [];
    for (let i = 0; i < vertices.length; i += 3) {
      const p = new THREE.Vector3(...vertices.slice(i, i + 3)).project(camera);
      pixels.push((0.5 + p.x / 2) * side, (0.5 - p.y / 2) * side);
    }
    seen.vertices.push(vertices);
    seen.pixels.push(pixels);
    seen.pictures.push(stage.toDataURL("image/png").split(",")[1]);
  }
  return {
    ...seen,
    animations: gltf.animations.map((a) => [a.name, a.duration]),
    targets: meshes.map((mesh) => Object.keys(mesh.morphTargetDictionary ?? {})),
  };
};
window.ready = true;
</script>"""


def play(path: Path, times_s: list[float], animation: str = "") -> dict[str, Any]:
    """What three.js makes of the animation of that name, or of the first.

    Returns animations [(name, seconds)], targets (names, by primitive), vertices [T, V, 3] metres as its own
    morphing and skinning place them, pixels [T, V, 2] of them in the pictures, and pictures (PNG bytes). A
    warning or an error of the page or the loader is an AssertionError.
    """
    troubles: list[str] = []

    def answer(route: Route) -> None:
        asked = unquote(urlparse(route.request.url).path)
        if asked == "/":
            route.fulfill(body=_PAGE, content_type="text/html")
        elif asked == "/favicon.ico":
            route.fulfill(status=204)
        else:
            place = (
                MODULES / asked[1:] if asked.startswith("/three/") else path.parent / asked[len("/clip/") :]
            )
            route.fulfill(
                body=place.read_bytes(), content_type=_TYPES.get(place.suffix, "application/octet-stream")
            )

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        page = browser.new_page()
        page.route("**/*", answer)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda m: troubles.append(m.text) if m.type in ("error", "warning") else None)
        page.goto(f"{_HOST}/")
        page.wait_for_function("window.ready")
        asking = "([url, times, name, side]) => ask(url, times, name, side).then(JSON.stringify)"
        seen = json.loads(page.evaluate(asking, [f"/clip/{path.name}", times_s, animation, SIDE_PX]))
        browser.close()
    assert [t for t in troubles if "GPU stall due to ReadPixels" not in t] == []
    seen["vertices"] = np.array(seen["vertices"]).reshape(len(times_s), -1, 3)
    seen["pixels"] = np.array(seen["pixels"]).reshape(len(times_s), -1, 2)
    seen["pictures"] = [base64.b64decode(picture) for picture in seen["pictures"]]
    return dict(seen)
