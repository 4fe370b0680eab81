"""Ways to fill the mouths of a video, all pasted alike, so that all are measured alike: what an avatar
generates, and what it must beat.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from talkwire.runtime.engine import Array, Engine
from talkwire.runtime.g4g_geometry import FPS, paste, ping_pong, soft_mask
from talkwire.runtime.types import Float32, TexturePatch
from talkwire.training.capture import UInt8
from talkwire.training.g4g.footage import Footage

Mouth = Callable[[int], npt.NDArray[np.generic]]
"""Of a frame the crop that is to be laid over it, [H, W, 3] levels."""

TRUE_MOUTH, FROZEN, OTHER_WORDS = "true mouth", "frozen mouth", "source video's mouth"


@dataclass(frozen=True)
class Generator:
    """An avatar's graph and the maps of its references. side: of the mask in the crop."""

    engine: Engine
    maps: Mapping[str, Float32]
    side: int

    def mouth(self, crop_hxwx3: UInt8, drawing_hxw: UInt8, heard_5xc: Float32) -> Float32:
        """[H, W, 3] levels."""
        feeds: dict[str, Array] = {
            "crop": np.moveaxis(crop_hxwx3, 2, 0)[None].astype(np.float32) / 255,
            "drawing": drawing_hxw[None, None].astype(np.float32) / 255,
            "heard": heard_5xc[None].astype(np.float32),
            **self.maps,
        }
        return np.asarray(np.moveaxis(self.engine.run(feeds)["rgb"][0], 0, 2) * 255)


@dataclass(frozen=True)
class Take:
    """The mouths of N frames, None where a frame is not used. frame_ms: what each took, pasting included."""

    footage: Footage
    patches: list[TexturePatch | None]
    frame_ms: list[float] = field(default_factory=list)

    @property
    def frames(self) -> list[int]:
        """Numbers of those that have a mouth."""
        return [n for n, patch in enumerate(self.patches) if patch is not None]

    def speed(self) -> dict[str, float]:
        """Of making and pasting, one frame at a time."""
        if not self.frame_ms:
            return {}
        p50, p95 = np.percentile(self.frame_ms, [50, 95])
        return {
            "frame_ms_p50": float(p50),
            "frame_ms_p95": float(p95),
            "frames_per_s": 1e3 / float(np.mean(self.frame_ms)),
        }

    def picture(self, n: int) -> UInt8:
        """[H, W, 3] the whole frame."""
        frame, patch = np.array(self.footage.frames_nxhxwx3[n]), self.patches[n]
        return frame if patch is None else laid(frame, patch)


def laid(frame_hxwx3: UInt8, patch: TexturePatch) -> UInt8:
    """The frame, changed, with a patch in its place."""
    height, width = patch.rgb_hxwx3.shape[:2]
    frame_hxwx3[patch.top : patch.top + height, patch.left : patch.left + width] = patch.rgb_hxwx3
    return frame_hxwx3


def shoot(
    footage: Footage,
    mouth: Mouth,
    say: Callable[[float], None] = lambda share: None,
    frames: npt.NDArray[np.int64] | None = None,
) -> Take:
    """Lay a mouth over each of these frames, all usable ones where none are named."""
    soft, frames = soft_mask(footage.side), footage.usable if frames is None else frames
    take = Take(footage, [None] * len(footage))
    for count, n in enumerate(frames):
        frame = np.asarray(footage.frames_nxhxwx3[n])
        began_s = time.perf_counter()
        crop = mouth(int(n))
        take.patches[n] = paste(frame, crop, footage.centres_nx2[n], footage.radius_px, footage.side, soft)
        take.frame_ms.append(1e3 * (time.perf_counter() - began_s))
        say((count + 1) / len(frames))
    return take


def generated(generator: Generator, footage: Footage, heard_nx5xc: Float32) -> Mouth:
    """What the avatar says to what is heard."""
    return lambda n: generator.mouth(footage.crops_nxhxwx3[n], footage.drawings_nxhxw[n], heard_nx5xc[n])


def unspoken(footage: Footage, source_kxhxwx3: Sequence[UInt8]) -> dict[str, Mouth]:
    """What hears nothing, by name: the true mouth, which shows what cutting and pasting lose; and of the
    avatar's own source video, as crops, its first mouth, and its mouths as they come, saying something else.
    """
    return {
        TRUE_MOUTH: lambda n: footage.crops_nxhxwx3[n],
        FROZEN: lambda n: source_kxhxwx3[0],
        OTHER_WORDS: lambda n: source_kxhxwx3[ping_pong(n / FPS, len(source_kxhxwx3))],
    }
