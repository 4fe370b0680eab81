"""How good re-spoken people are, on video and voices that they did not learn from.

    python tests/bench/bench_g4g_quality.py --nova nova-g4g.talkwire --nova-data nova_unseen
        --grid s1.talkwire --grid-data grid_s1 [--nova-ablations DIR] [--grid-ablations DIR] [--clips 50]
        [--work DIR] [--out benchmarks/g4g_quality.json]

nova: a made-up face, filmed by `python -m talkwire.training.synth`, 512 pixels, the only large faces here: it
says nothing of skin and light as a camera sees them. grid: speaker 1 of GRID, a real man of 134 pixels; the
clips of the split `test`, of which nobody learned. What is not named is left out. Ablations are trained by
`talkwire train g4g --without PART`. Each figure that this project wants is printed beside what it should be.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine import ROOT, hardware, write_report

from talkwire.runtime.avatar import G4gAvatar, find_avatar, load_avatar
from talkwire.runtime.errors import TalkwireError
from talkwire.training.g4g.aligned import find_embedding
from talkwire.training.g4g.footage import NETWORKS
from talkwire.training.g4g.judge import judge

CLIPS = 50


@dataclass(frozen=True)
class Wanted:
    """A figure of a take, at least or at most so much."""

    figure: str
    least: float = -float("inf")
    most: float = float("inf")

    def judged(self, take: Mapping[str, Any]) -> str:
        """A line."""
        value = take.get(self.figure)
        said = f"at least {self.least:g}" if self.least > -float("inf") else ""
        said += " and " * bool(said and self.most < float("inf"))
        said += f"at most {self.most:g}" if self.most < float("inf") else ""
        if value is None:
            return f"  {self.figure}: not measured (wanted {said})"
        met = self.least <= value <= self.most
        return f"  {self.figure}: {value:.4g}, wanted {said}: {'yes' if met else 'NO'}"


EVERYWHERE = (
    Wanted("lag_frames", -1, 1),
    Wanted("top_1", 0.8),
    Wanted("seam", most=1.2),
    Wanted("frames_per_s", 25),
    Wanted("frame_ms_p95", most=45),
)
WANTED = {
    "nova": (
        *(Wanted("mouth_psnr_db", 28), Wanted("mouth_ssim", 0.92), Wanted("aperture_r", 0.9)),
        *EVERYWHERE,
    ),
    "grid": (
        *(Wanted("face_ssim", 0.9), Wanted("lips_px", most=1.5), Wanted("aperture_r", 0.75)),
        *(Wanted("identity", most=0.3), *EVERYWHERE),
    ),
}


def measured(
    name: str, avatar: Path, data: Sequence[Path], ablations: Path | None, work: Path | None
) -> dict[str, Any]:
    """Figures of one person. Raises TalkwireError."""
    person = load_avatar(find_avatar(str(avatar)))
    if not isinstance(person, G4gAvatar):
        sys.exit(f"{avatar} is of kind {person.card.kind}, not g4g")
    figures = judge(
        person,
        data,
        work=work / name if work else None,
        embedding=find_embedding(avatar),
        ablations=ablations,
    )
    return {"trained": person.figures.get("training", {}), "data": [path.name for path in data], **figures}


def unseen_clips(grid: Path, count: int) -> list[Path]:
    """Of speaker 1."""
    names = json.loads((grid / "splits.json").read_text())["test"][:count]
    return [grid / "video" / f"{name}.mp4" for name in names]


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name in WANTED:
        parser.add_argument(f"--{name}", type=Path, help="an avatar file")
        parser.add_argument(f"--{name}-ablations", type=Path, help="a folder of avatars")
    parser.add_argument("--nova-data", type=Path, nargs="+", default=[], help="unseen captures or videos")
    parser.add_argument("--grid-data", type=Path, help="the folder of GRID speaker 1")
    parser.add_argument("--clips", type=int, default=CLIPS, help="of the split test, at most")
    parser.add_argument("--work", type=Path, help="where footage is kept")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/g4g_quality.json")
    given = parser.parse_args()
    report: dict[str, Any] = {"hardware": hardware(), "figures": {}}
    for name, wanted in WANTED.items():
        avatar, data = getattr(given, name), getattr(given, f"{name}_data")
        if avatar is None or not data:
            print(f"{name}: left out, since --{name} or --{name}-data is not given")
            continue
        try:
            videos = unseen_clips(data, given.clips) if name == "grid" else data
            ablations = getattr(given, f"{name}_ablations")
            figures = measured(name, avatar, videos, ablations, given.work)
        except (TalkwireError, OSError) as error:
            print(f"{name}: left out: {error}")
            continue
        report["figures"][name] = figures
        for network in NETWORKS:
            print(f"{name}, {network}, {figures['frames']} frames")
            print("\n".join(one.judged(figures["takes"][network]) for one in wanted))
        print(json.dumps(figures, indent=1))
    if report["figures"]:
        write_report(given.out, report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
