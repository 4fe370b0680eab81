"""How good a re-spoken person is: in video that was not learned from, each mouth against the true one. The
one source of the figures that are quoted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from talkwire.runtime.g4g import G4gAvatar
from talkwire.runtime.g4g_geometry import FPS
from talkwire.training import perceptual
from talkwire.training.g4g import identity
from talkwire.training.g4g.aligned import EMBEDDING, Alignment
from talkwire.training.g4g.footage import NETWORKS, Footage
from talkwire.training.g4g.heard import heard
from talkwire.training.g4g.lips import TrueLips, lip_figures, look, spoken_figures, true_lips
from talkwire.training.g4g.measures import aperture
from talkwire.training.g4g.music import music
from talkwire.training.g4g.pictures import picture_figures
from talkwire.training.g4g.respoken import respoken_figures
from talkwire.training.g4g.takes import Generator, Mouth, Take, generated, shoot
from talkwire.training.motion.phone_times import Phones

TRUTH: Final = "the video itself"
MUSIC_S: Final = 8.0
UNKEPT: Final = f"{EMBEDDING} of the training's work folder is not beside the avatar"
PIP_LINES: Final = {
    "st_lpips": "pip install --no-deps stlpips_pytorch==0.0.2",
    "identity": identity.PIP_LINE,
}

Progress = Callable[[str, float], None]


def evaluate(
    avatar: G4gAvatar,
    generator: Generator,
    footage: Footage,
    others: Mapping[str, Mouth],
    phones: Phones = (),
    alignment: Alignment | None = None,
    progress: Progress = lambda stage, share: None,
) -> tuple[dict[str, Any], dict[str, Take]]:
    """Figures, and the takes that they are of.

    The avatar, whose generator is given, is moved by each of NETWORKS, in the video's own frames and in its
    base frames; `others` are measured in the same way beside it, by name.  phones: what is said, in seconds
    of the frames.  alignment: of the avatar's training, where it was kept.  Raises TrainingError where no
    frame can be used.
    """
    progress("looking at the video", 0.0)
    true = true_lips(footage, phones, lambda share: progress("looking at the video", share))
    mouths = {
        name: generated(generator, footage, some)
        for name, some in zip(NETWORKS, footage.heard_kxnx5xc, strict=True)
    } | dict(others)
    takes = {name: shoot(footage, mouth, _stage(progress, name, 0)) for name, mouth in mouths.items()}
    likeness = identity.Likeness()
    table = {name: _measured(take, true, likeness, progress, name) for name, take in takes.items()}
    table[TRUTH] = spoken_figures(true.aperture_n, true, footage)
    if alignment is not None:
        for name, take in takes.items():
            table[name] |= alignment.figures(footage, take.picture)
        table[TRUTH] |= alignment.figures(footage, lambda n: np.asarray(footage.frames_nxhxwx3[n]))
    figures = {
        "frames": len(footage.usable),
        "size_hw": list(footage.size_hw),
        "mouth_px": round(2 * footage.radius_px),
        "side": footage.side,
        "closed_below": true.closed,
        "takes": table,
        "respoken": respoken_figures(avatar, footage, true, _stage(progress, "its own video", 2)),
        "music": music_figures(generator, footage, true),
        "not_measured": _absent() | ({} if alignment is not None else {"top_1": UNKEPT}),
    }
    return figures, takes


def music_figures(generator: Generator, footage: Footage, true: TrueLips) -> dict[str, Any]:
    """Mean opening over the face's height while music plays, MUSIC_S of it, over the video's first frames;
    share_open: of them, frames that do not look closed; beside it the video's own p5 and p95.
    """
    sound = heard(music(MUSIC_S), round(MUSIC_S * FPS))
    known = true.aperture_n[np.isfinite(true.aperture_n)]
    figures: dict[str, Any] = {f"video_p{p}": float(np.percentile(known, p)) for p in (5, 95)}
    for name, some in zip(NETWORKS, sound, strict=True):
        rows = some[np.arange(len(footage)) % len(some)]
        take = shoot(footage, generated(generator, footage, rows), frames=footage.usable[: len(some)])
        opening = aperture(look(footage, take.picture, take.frames), true.landmarks_nx478x2)
        opening = opening[np.isfinite(opening)]
        figures[name] = float(opening.mean()) if len(opening) else None
        figures[f"{name}_share_open"] = float((opening > true.closed).mean()) if len(opening) else None
    return figures


def _measured(
    take: Take, true: TrueLips, likeness: identity.Likeness, progress: Progress, name: str
) -> dict[str, Any]:
    return {
        **picture_figures(take, true.landmarks_nx478x2, likeness, _stage(progress, name, 1)),
        **lip_figures(take, true, _stage(progress, name, 2)),
        **(take.speed() if name in NETWORKS else {}),
    }


def _stage(progress: Progress, name: str, part: int) -> Callable[[float], None]:
    said = ("drawing", "comparing", "watching")[part]
    return lambda share: progress(f"{said}: {name}", share)


def _absent() -> dict[str, str]:
    """Figures whose packages are not here, with what to do."""
    here = {"st_lpips": perceptual.installed(), "identity": identity.installed()}
    return {name: line for name, line in PIP_LINES.items() if not here[name]}
