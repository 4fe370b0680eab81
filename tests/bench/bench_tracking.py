"""How exact tracking is, and how long it takes.

    python tests/bench/bench_tracking.py [--data FOLDER] [--out benchmarks/tracking.json]

Rendered: nova, whose codes, poses and outline are known, talks, smiles, blinks and turns by up to 14 degrees;
synthetic, so it says how exact the fit is and not how a real face fares. Real: clips of GRID speaker 1, where
only agreement with what was seen can be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from machine import ROOT, hardware, write_report
from scipy.spatial.transform import Rotation

sys.path.insert(0, str(ROOT / "tests"))
from talkwire.runtime.arkit import INDEX
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.render import Camera, Renderer
from talkwire.runtime.types import Face
from talkwire.training.capture import HEAD, IGNORED, Capture
from talkwire.training.heads import points
from talkwire.training.heads.nova import load_nova_head
from talkwire.training.tracking.fit import Fit
from talkwire.training.tracking.landmarks import look_for_faces
from talkwire.training.tracking.masks import NECK, Masks
from talkwire.training.tracking.person import Person
from talkwire.training.tracking.track import NOTES, track
from videos import write_video

SIDE_PX, FRAMES = 400, 150
DISTANCE_M, FOV_DEG = 0.9, 24.0
CLIPS = 10
MEASURED = ("jawOpen", "eyeBlinkLeft", "mouthPucker", "mouthSmileLeft", "browInnerUp")


def acted(seed: int = 0) -> Fit:
    """What nova does, as a fit without error."""
    rng, time_s = np.random.default_rng(seed), np.arange(FRAMES) / 25

    def wave(hz: float) -> np.ndarray:
        parts = [
            np.sin(2 * np.pi * hz * k * time_s * rng.uniform(0.7, 1.3) + rng.uniform(0, 6.3)) for k in (1, 2)
        ]
        return sum(parts) / 2

    codes = np.zeros((FRAMES, 52), np.float32)
    codes[:, INDEX["jawOpen"]] = np.clip(0.6 * wave(2) + 0.1, 0, 0.7)
    codes[:, INDEX["mouthPucker"]] = np.clip(wave(0.9) - 0.2, 0, 0.8)
    codes[:, INDEX["browInnerUp"]] = np.clip(wave(0.3), 0, 0.8)
    smile, blink = np.clip(0.8 * wave(0.25), 0, 0.8), np.zeros(FRAMES)
    for at_s in np.cumsum(rng.uniform(1.2, 3.0, 4)):
        blink = np.maximum(blink, np.clip(1.2 - np.abs(time_s - at_s) / 0.12, 0, 1))
    for side in ("Left", "Right"):
        codes[:, INDEX["mouthSmile" + side]], codes[:, INDEX["eyeBlink" + side]] = smile, blink
    turns = Rotation.from_euler(
        "yxz", np.stack([14 * wave(0.22), 7 * wave(0.3), 5 * wave(0.2)], axis=1), True
    )
    places = np.stack([0.02 * wave(0.2), 0.012 * wave(0.25) - 0.03, 0.02 * wave(0.15) - DISTANCE_M], axis=1)
    focal_px = SIDE_PX / 2 / np.tan(np.radians(FOV_DEG / 2))
    nova = load_nova_head()
    nobody = np.zeros(len(nova.modes_ixvx3), np.float32)
    person = Person(nova.name, nobody, np.zeros((468, 3), np.float32), np.zeros(52, np.float32), DISTANCE_M)
    quaternions, places = turns.as_quat().astype(np.float32), places.astype(np.float32)
    return Fit(focal_px, person, codes, quaternions, places, np.zeros(FRAMES), 170.0)


def filmed(truth: Fit) -> list[np.ndarray]:
    """Pictures of it."""
    nova = load_avatar(find_avatar("nova"))
    camera = Camera((0, 0, DISTANCE_M), (0, 0, 0), FOV_DEG)
    pictures = []
    with Renderer(nova.topology, width=SIDE_PX, height=SIDE_PX, camera=camera, samples=4) as renderer:
        for codes, turn, place in zip(
            truth.codes_nx52, truth.rotations_nx4, truth.translations_nx3_m, strict=True
        ):
            face = Face(codes, turn, place + np.array([0, 0, DISTANCE_M], np.float32))
            pictures.append(renderer.draw(nova.vertices(codes[None]), face))
    return pictures


def against_truth(capture: Capture, truth: Fit, blendshapes: np.ndarray) -> dict[str, Any]:
    """Errors, after the constant turn and shift between two families' ideas of a head are taken out."""
    known, got = Rotation.from_quat(truth.rotations_nx4), Rotation.from_quat(capture.rotations_nx4)
    between = (known.inv() * got).mean()
    turn_deg = (got * between.inv() * known.inv()).as_rotvec(degrees=True)
    matrices = known.as_matrix()
    rows = np.concatenate([truth.translations_nx3_m[:, :, None], matrices], axis=2).reshape(-1, 4)
    scale_shift, *_ = np.linalg.lstsq(rows, capture.translations_nx3_m.reshape(-1), rcond=None)
    off_mm = 1000 * (capture.translations_nx3_m - (rows @ scale_shift).reshape(-1, 3)) / scale_shift[0]
    figures: dict[str, Any] = {
        "pitch, yaw, roll rms deg": np.sqrt((turn_deg**2).mean(axis=0)).round(2).tolist(),
        "x, y, z rms mm": np.sqrt((off_mm**2).mean(axis=0)).round(2).tolist(),
        "focal length / true": round(capture.card.focal_px / truth.focal_px, 3),
    }
    for name in MEASURED:
        wanted = truth.codes_nx52[:, INDEX[name]]
        for who, codes in (("fit", own_weights(capture)), ("mediapipe", blendshapes)):
            values = codes[:, INDEX[name]]
            figures[f"{name}, {who}: correlation, rms"] = [
                round(float(np.corrcoef(wanted, values)[0, 1]), 3),
                round(float(np.sqrt(((wanted - values) ** 2).mean())), 3),
            ]
    return figures


def own_weights(capture: Capture) -> np.ndarray:
    """[N, 52] the morphable head's, not counted from the face's rest."""
    return np.asarray(capture.codes_nx52 * (1 - capture.rest_52) + capture.rest_52)


def mask_overlap(capture: Capture, truth: Fit) -> float:
    """Intersection over union of HEAD with nova's own outline, ignored pixels and the neck left out."""
    family = load_nova_head()
    everything = np.concatenate([family.parts[name] for name in ("skin", "lining", "eyes", "teeth", "hair")])
    painter = Masks(_with_skin(family, everything), truth, capture.size_hw)
    shares = []
    for k in range(0, len(capture), 10):
        wanted, labels = painter.painted(k), np.asarray(capture.labels_nxhxw[k])
        counted = (wanted != NECK) & (labels != IGNORED)
        both = ((wanted == HEAD) & (labels == HEAD) & counted).sum()
        shares.append(both / (((wanted == HEAD) | (labels == HEAD)) & counted).sum())
    return round(float(np.mean(shares)), 4)


def _with_skin(family: Any, triangles: np.ndarray) -> Any:
    from dataclasses import replace

    return replace(family, parts={**family.parts, "skin": triangles})


def timed(video: list[Path], folder: Path, head: str) -> tuple[Capture, dict[str, float]]:
    """Track, with the seconds of each stage."""
    stages: dict[str, float] = {}
    last = time.perf_counter()

    def tell(stage: str, _: float) -> None:
        nonlocal last
        now = time.perf_counter()
        stages[stage] = stages.get(stage, 0.0) + now - last
        last = now

    capture = track(video, folder, head=head, shows="bench", licence="bench", progress=tell)
    return capture, {stage: round(taken / len(capture), 4) for stage, taken in stages.items()}


def on_rendered(folder: Path) -> dict[str, Any]:
    """Nova through both families."""
    truth = acted()
    pictures = filmed(truth)
    video = write_video(folder / "nova.mp4", pictures)
    figures: dict[str, Any] = {}
    blendshapes = look_for_faces(pictures).blendshapes_nx52
    for head in ("ict", "nova"):
        capture, _ = timed([video], folder / head, head)
        figures[head] = against_truth(capture, truth, blendshapes) | {
            "mask overlap": mask_overlap(capture, truth)
        }
    return figures


def on_grid(data: Path, folder: Path) -> dict[str, Any]:
    """Clips of GRID speaker 1: how near, how steady, how late."""
    names = json.loads((data / "splits.json").read_text())["train"][:CLIPS]
    capture, stages = timed([data / "video" / f"{name}.mp4" for name in names], folder, "ict")
    notes = json.loads((folder / NOTES).read_text())
    marks = capture.landmarks_nx478x2
    gap = np.linalg.norm(marks[:, points.UPPER_LIP_MIDDLE] - marks[:, points.LOWER_LIP_MIDDLE], axis=1)
    turns = Rotation.from_quat(capture.rotations_nx4)
    within = np.diff(capture.shots_n) == 0
    step_deg = np.degrees((turns[1:] * turns[:-1].inv()).magnitude())[within]
    with np.load(data / "labels.npz") as labels:
        rows = [list(labels["clips"]).index(name) for name in names]
        jaw = labels["bs"][rows][:, :, list(labels["bs_names"]).index("jawOpen")].astype(np.float64).ravel()
    fitted = own_weights(capture)[:, INDEX["jawOpen"]]
    return {
        "frames": len(capture),
        "landmarks to head, median px": round(notes["residual_px"], 3),
        "face px": round(notes["face_px"], 1),
        "turn a frame, rms deg": round(float(np.sqrt((step_deg**2).mean())), 3),
        "jaw against lip gap: correlation": round(float(np.corrcoef(gap, fitted)[0, 1]), 3),
        "jaw after lip gap, ms": lag_ms(gap, fitted),
        "labels' jaw (MediaPipe, video mode) after lip gap, ms": lag_ms(gap, np.nan_to_num(jaw)),
        "jaw where lips are closed, p95": round(float(np.percentile(fitted[gap < 0.5], 95)), 3),
        "seconds a frame": stages,
    }


def lag_ms(lead: np.ndarray, follow: np.ndarray) -> float:
    """The delay at which one curve follows the other best."""
    inside, at = np.arange(5, len(lead) - 5), np.arange(len(lead))
    delays = np.arange(-2, 2.01, 0.05)
    fits = [np.corrcoef(lead[inside], np.interp(inside + d, at, follow))[0, 1] for d in delays]
    return round(40 * float(delays[int(np.argmax(fits))]), 1)


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("TALKWIRE_DATA", ROOT / "../shared/data"))
    )
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/tracking.json")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        figures = {
            "rendered nova (synthetic)": on_rendered(Path(name)),
            "GRID speaker 1": on_grid(given.data / "grid_s1", Path(name) / "grid"),
        }
    write_report(given.out, {"hardware": hardware(), "figures": figures})
    print(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
