"""What a picture of a filmed person costs, by stage, for 1, 2 and 4 NPCs at once, on one thread.

    python tests/bench/bench_g4g.py [--avatar person.talkwire] [--out benchmarks/g4g.json]

Without an avatar: nova, rendered at 512 x 512, with a network of the size that training makes, untrained (its
cost does not depend on what it learned). First: a frame of the video that was not shown yet, which is decoded
and cut. Then: the same frames again, as the video goes to and fro. A server sends a picture each 1/25 s.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / root) for root in ("bridge", "runtime", "exporters", "tests/bench")]

import numpy as np  # noqa: E402
from machine import hardware, write_report  # noqa: E402

from talkwire.bridge.texture import PICTURES  # noqa: E402
from talkwire.runtime.avatar import G4gAvatar, find_avatar, load_avatar  # noqa: E402
from talkwire.runtime.avatar_card import AvatarCard  # noqa: E402
from talkwire.runtime.engine import Array, Engine  # noqa: E402
from talkwire.runtime.engine_onnx import OnnxEngine  # noqa: E402
from talkwire.runtime.g4g_file import G4gData  # noqa: E402
from talkwire.runtime.g4g_geometry import FPS, WINDOW, crop_size, cut  # noqa: E402
from talkwire.runtime.picture_card import picture_card  # noqa: E402
from talkwire.runtime.texture_file import rgb_pixels  # noqa: E402

COUNTS = (1, 2, 4)
PICTURES_EACH = 120
FRAMES, SIZE_PX, SIDE, RADIUS_PX = 75, 512, 128, 64.0


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--avatar", help="a g4g avatar's file")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/g4g.json")
    options = parser.parse_args()
    avatar = load_avatar(find_avatar(options.avatar)) if options.avatar else untrained()
    assert isinstance(avatar, G4gAvatar), "not a filmed person"
    data = avatar.data
    report: dict[str, Any] = {
        "hardware": hardware(),
        "avatar": avatar.card.name,
        "trained": bool(options.avatar),
        "video_px": [data.size_hw[1], data.size_hw[0]],
        "video_frames": len(data.frames),
        "mouth_px": data.side,
        "network_mb": round(len(data.graph) / 1e6, 2),
        "stages_ms": stages(avatar),
        "npcs": {str(count): together(avatar, count) for count in COUNTS},
    }
    for name, figures in report["stages_ms"].items():
        print(f"{name:34} p50 {figures['p50']:7.2f} ms   p95 {figures['p95']:7.2f} ms")
    for count, figures in report["npcs"].items():
        print(f"{count} NPCs: {figures['pictures_per_s']:.0f} pictures/s, a turn {figures['turn_ms']}")
    write_report(options.out, report)


def stages(avatar: G4gAvatar) -> dict[str, dict[str, float]]:
    """Of one NPC's picture, one after another."""
    data, rows = avatar.data, windows(PICTURES_EACH)
    timed = Timed(OnnxEngine(data.graph))
    avatar.use(dict.fromkeys(avatar.graphs, timed))
    frames = [i % len(data.frames) for i in range(PICTURES_EACH)]
    decoded = [rgb_pixels(frame) for frame in data.frames]
    found = {
        "a new frame: decode": times(lambda i: rgb_pixels(data.frames[frames[i]])),
        "a new frame: cut": times(
            lambda i: cut(decoded[frames[i]], data.centres_nx2[frames[i]], data.radius_px, data.side)
        ),
        "a new frame: encode as bc1": times(lambda i: PICTURES["bc1"](decoded[frames[i]])),
    }
    for i in range(len(data.frames)):  # all frames are known from here on
        avatar.texture_patches(rows[0], i / FPS)
    timed.took_ms.clear()
    mouths: list[Any] = []
    whole = times(lambda i: mouths.append(avatar.texture_patches(rows[i], i / FPS)[1]))
    mouths = mouths[-PICTURES_EACH:]
    network = np.array(timed.took_ms[-PICTURES_EACH:])
    found["network"] = network
    found["feeds, paste"] = whole - network
    found["mouth: encode as jpeg"] = times(lambda i: PICTURES["jpeg"](mouths[i].rgb_hxwx3))
    found["mouth: encode as bc1"] = times(lambda i: PICTURES["bc1"](mouths[i].rgb_hxwx3))
    found["texture_patches"] = whole
    found["texture_patches and jpeg"] = whole + found["mouth: encode as jpeg"]
    return {name: percentiles(values) for name, values in found.items()}


def together(avatar: G4gAvatar, count: int) -> dict[str, Any]:
    """Pictures of so many NPCs, each elsewhere in the video, by one call."""
    rows = windows(PICTURES_EACH)
    apart = len(avatar.data.frames) / FPS / count

    def turn(i: int) -> None:
        lives_s = [i / FPS + number * apart for number in range(count)]
        avatar.painted([rows[(i + 7 * number) % PICTURES_EACH] for number in range(count)], lives_s)

    took = times(turn)
    return {
        "turn_ms": percentiles(took),
        "pictures_per_s": round(1e3 * count / float(np.median(took)), 1),
    }


def windows(count: int) -> list[Array]:
    """Expressions that move as speech does, [WINDOW, 52] each."""
    rng = np.random.default_rng(3)
    phase, speed = rng.uniform(0, 6.28, 52), rng.uniform(0.5, 4, 52)
    at_s = (np.arange(count)[:, None] + np.arange(WINDOW)[None]) / FPS
    weights = np.clip(np.sin(6.28 * speed * at_s[..., None] + phase), 0, 1)
    return list(weights.astype(np.float32))


def times(work: Callable[[int], object]) -> Array:
    """Milliseconds of each of PICTURES_EACH, after a few that are not counted."""
    for i in range(5):
        work(i)
    took = np.empty(PICTURES_EACH)
    for i in range(PICTURES_EACH):
        began = time.perf_counter()
        work(i)
        took[i] = (time.perf_counter() - began) * 1e3
    return took


def percentiles(took_ms: Array) -> dict[str, float]:
    """p50 and p95."""
    return {f"p{p}": round(float(np.percentile(took_ms, p)), 3) for p in (50, 95)}


class Timed:
    """An engine that notes how long it took."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self.metadata, self.took_ms = engine, engine.metadata, list[float]()

    def run(self, feeds: Any) -> dict[str, Array]:
        """As the engine's."""
        began = time.perf_counter()
        found = self._engine.run(feeds)
        self.took_ms.append((time.perf_counter() - began) * 1e3)
        return found


def untrained() -> G4gAvatar:
    """Nova before a camera, and a network that has learned nothing."""
    import torch

    from talkwire.runtime.render import Renderer
    from talkwire.runtime.session import open_session
    from talkwire.training.g4g.compile import MAPS, OPSET, encode_frames
    from talkwire.training.g4g.encoders import REFERENCES, Widths
    from talkwire.training.g4g.model import Ablation, MouthModel
    from talkwire.training.onnx_export import to_onnx

    head = load_avatar(find_avatar("nova"))
    session = open_session(head, fps=FPS, seed=3)
    session.begin(16_000)
    session.push(np.zeros(16_000 * (FRAMES // FPS + 1), np.float32))
    session.end()
    with Renderer(head.topology, width=SIZE_PX, height=SIZE_PX) as renderer:
        pictures = [renderer.draw(f.vertices_vx3, f.face) for f in session.pull()[:FRAMES]]
    torch.manual_seed(0)
    model, crop = MouthModel(SIDE, Widths(), Ablation()).eval(), crop_size(SIDE)
    with torch.no_grad():
        maps = dict(zip(MAPS, model.reference(torch.rand(REFERENCES, 3, *crop)), strict=True))
        feeds = {
            "crop": torch.rand(3, 3, *crop),
            "drawing": torch.rand(3, 1, *crop),
            "heard": torch.rand(3, WINDOW, len(model.heard.mean_c)),
        }
        graph = to_onnx(model, {**feeds, **maps}, ["rgb"], {}, alone=MAPS, opset=OPSET)
    frames = encode_frames(pictures)
    data = G4gData(
        frames=frames,
        size_hw=(SIZE_PX, SIZE_PX),
        side=SIDE,
        radius_px=RADIUS_PX,
        centres_nx2=np.tile(np.float32([256.3, 235.6]), (FRAMES, 1)),
        drawings_nxhxw=np.zeros((FRAMES, *crop), np.uint8),
        maps_quarter=maps[MAPS[0]].numpy().astype(np.float16),
        maps_half=maps[MAPS[1]].numpy().astype(np.float16),
        graph=graph,
    )
    card = AvatarCard("untrained", "g4g", "CC0-1.0", "talkwire", "a bench", "nobody: a made-up face")
    return G4gAvatar(card, picture_card(frames[0], data.size_hw), data, {})


if __name__ == "__main__":
    main()
