"""What each part of G4G is for: trainings of equal steps, of the whole and without a part, on the same video.

    python tests/bench/bench_g4g_ablations.py VIDEO.mp4 ... (or a made-up capture's folder)

Short ones: they show differences, not how good an avatar becomes. Judged on the last eleventh of the video.
Prints a table, and writes benchmarks/g4g_ablations.json.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from machine import ROOT, hardware, write_report

from talkwire.training.g4g.learn import Order, learn
from talkwire.training.g4g.recipe import TIERS, WITHOUT

SIDE = 64
STEPS = {"sync_steps": 200, "frame_steps": 500, "clip_steps": 150}
# measure -> the part it is for, and whether more is better
MEASURES = {
    "top_1": ("diagonal", True),
    "aperture_r": ("diagonal", True),
    "mouth_psnr_db": ("scales", True),
    "mouth_st_lpips": ("scales", False),
    "border_offset": ("fusion", False),
    "seam": ("fusion", False),
}


def trained(videos: list[Path], work: Path, without: str | None) -> dict[str, Any]:
    """Figures of one short training."""
    recipe = replace(TIERS["cpu"], **STEPS)
    shows = "for this comparison alone; removed afterwards"
    order = Order(tuple(videos), work / f"{without or 'whole'}.talkwire", shows, "none", side=SIDE)
    began = time.monotonic()
    figures = learn(replace(order, recipe=recipe, without=without), lambda *_: None)
    take = figures["held_out"]["takes"]["live"]
    return {
        "steps": figures["training"]["steps"],
        "minutes": round((time.monotonic() - began) / 60, 1),
        "respoken_r": figures["held_out"]["respoken"]["live"]["aperture_r"],
        **{name: take[name] for name in MEASURES},
    }


def main() -> int:
    """Train, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("videos", type=Path, nargs="*")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/g4g_ablations.json")
    given = parser.parse_args()
    if not given.videos:
        print("left out: no video of a person is named")
        return 0
    report: dict[str, Any] = {"hardware": hardware(), "side": SIDE, "steps": STEPS, "without": {}}
    with tempfile.TemporaryDirectory() as folder:
        for part in ("nothing", *WITHOUT):
            figures = trained(given.videos, Path(folder), None if part == "nothing" else part)
            report["without"][part] = figures
            print(f"without {part}: {figures}", flush=True)
            write_report(given.out, report)
    whole = report["without"]["nothing"]
    for name, (part, more) in MEASURES.items():
        before, after = whole[name], report["without"][part][name]
        worse = after < before if more else after > before
        print(f"{name}: {before:.4g}, without {part} {after:.4g}: {'worse' if worse else 'NOT WORSE'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
