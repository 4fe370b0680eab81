"""A clip: one voice line as a whole, baked through the live pipeline. What every writer writes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.avatar import Avatar
from talkwire.runtime.errors import AudioError, ExportError
from talkwire.runtime.history import STEP_S, window_of
from talkwire.runtime.minds import Preset
from talkwire.runtime.session import Session, open_session
from talkwire.runtime.spool import Spool, blocks
from talkwire.runtime.style import Style
from talkwire.runtime.types import Face, Float32, Patch, Pose, Topology, picture_at

Int64 = npt.NDArray[np.int64]
Progress = Callable[[float], None]  # the share done, 0 to 1

_NO_PAST: Final[tuple[Int64, Float32]] = (np.zeros(0, np.int64), np.zeros((0, len(ARKIT_NAMES)), np.float32))
BLOCK_S: Final = 0.5  # audio pushed at once: what is in flight stays small however long the line is


@dataclass(frozen=True)
class Clip:
    """The motion of one line at a fixed frame rate, with the sound that it belongs to.

    weights_nx52: [N, 52] float32 in [0, 1], in the order of `arkit.ARKIT_NAMES`.
    rotations_nx4: [N, 4] float32 unit quaternions xyzw, neighbours in one hemisphere.
    translations_nx3_m: [N, 3] float32, metres.  pts_n: [N] int64, sample indices, rising.
    samples: [S] float32 mono in [-1, 1].  spoken: how `bake` was asked to speak, for who would bake it again.
    past: of a part of a line, the frames before its first that an avatar hears: pts below 0 and weights.
    lived_s: how long the NPC had lived when the sound began.
    Arrays of long lines lie in files: see `spool`.
    """

    avatar: Avatar = field(repr=False)
    line: str
    seed: int
    fps: int
    sample_rate_hz: int
    samples: Float32 = field(repr=False)
    weights_nx52: Float32 = field(repr=False)
    rotations_nx4: Float32 = field(repr=False)
    translations_nx3_m: Float32 = field(repr=False)
    pts_n: Int64 = field(repr=False)
    spoken: Mapping[str, Any] = field(default_factory=dict)
    past: tuple[Int64, Float32] = field(default=_NO_PAST, repr=False)
    lived_s: float = 0.0

    @property
    def topology(self) -> Topology:
        """Of every frame."""
        return self.avatar.topology

    @property
    def frame_count(self) -> int:
        """N."""
        return len(self.pts_n)

    @property
    def duration_s(self) -> float:
        """Length of the sound; the last frame begins before its end."""
        return len(self.samples) / self.sample_rate_hz

    @cached_property
    def times_n_s(self) -> npt.NDArray[np.float64]:
        """[N] seconds from the first sample."""
        return self.pts_n / self.sample_rate_hz

    def face(self, index: int) -> Face:
        """The motion of frame `index`, as the live stream would carry it."""
        return Face(self.weights_nx52[index], self.rotations_nx4[index], self.translations_nx3_m[index])

    def heard(self, index: int) -> Float32:
        """[W, 52] what the avatar hears for frame `index`, as the live stream would."""
        first = index - self.frames_heard
        now = slice(max(0, first), index + 1)
        pts, weights = self.pts_n[now], self.weights_nx52[now]
        if first < 0 and len(self.past[0]):
            pts = np.concatenate([self.past[0][first:], pts])
            weights = np.concatenate([self.past[1][first:], weights])
        return window_of(pts / self.sample_rate_hz, weights, self.avatar.window)

    @property
    def frames_heard(self) -> int:
        """How many frames before a frame its avatar hears, at most."""
        return int(STEP_S * self.avatar.window * self.fps) + 2 if self.avatar.window > 1 else 0

    def shown(self, index: int) -> int:
        """The frame whose picture is seen in frame `index`, as the live stream would show it."""
        return int(self._picture_begins_n[index]) if self.avatar.moves_within else index

    def patches(self, index: int) -> tuple[Patch, ...]:
        """What of the texture has changed in frame `index`."""
        return self.avatar.texture_patches(self.heard(index), self.lived_s + float(self.times_n_s[index]))

    @cached_property
    def _picture_begins_n(self) -> Int64:
        """[N] for each frame, the first that is in the same picture of its NPC's life."""
        pictures = np.array([picture_at(self.lived_s + float(time_s)) for time_s in self.times_n_s])
        return np.searchsorted(pictures, pictures).astype(np.int64)

    def vertices(self, index: int) -> Float32:
        """[V, 3] metres of frame `index` in head space, as the live stream would carry them."""
        return self.avatar.vertices(self.heard(index))


def bake(
    samples: Float32,
    sample_rate_hz: int,
    avatar: Avatar,
    *,
    line: str = "line",
    fps: int = 60,
    seed: int = 0,
    motion: Preset = Preset.quality,
    style: Style | None = None,
    progress: Progress | None = None,
) -> Clip:
    """Speak a whole line and keep the motion.

    samples: [S] float32 mono in [-1, 1].  motion: the network; live gives the frames that are streamed.
    style: emotion and liveliness, all the line long.
    Memory does not grow with the line: the motion of long ones lies in a file.
    Raises AudioError for a line without samples, EngineError for an absurd fps, ExportError for
    motion that is not finite or a mesh that changes on the way.
    """
    session = open_session(avatar, fps=fps, seed=seed, motion=motion)
    if style is not None:
        session.set_style(style)
    clip = bake_session(session, samples, sample_rate_hz, line=line, seed=seed, progress=progress)
    return replace(clip, spoken={"motion": motion.value, "style": _said(style or Style())})


def bake_session(
    session: Session,
    samples: Float32,
    sample_rate_hz: int,
    *,
    line: str = "line",
    seed: int = 0,
    progress: Progress | None = None,
) -> Clip:
    """The same through a session of the caller's: another motion network, or a test's."""
    if not len(samples):
        raise AudioError(
            "there is nothing to say", seen="0 samples", wanted="a voice line", cure="record it again"
        )
    avatar, topology_id = session.avatar, session.topology.id
    motion = _Motion()
    session.begin(sample_rate_hz)
    for start, block in blocks(samples, max(1, round(BLOCK_S * sample_rate_hz))):
        session.push(block)
        motion.append(session.pull_poses())
        if progress is not None:
            progress((start + len(block)) / len(samples))
    session.end()
    motion.append(session.pull_poses())
    if session.topology.id != topology_id:
        raise ExportError(
            "the mesh changed while the line was spoken",
            seen=f"topology {session.topology.id}",
            wanted=f"{topology_id} in every frame",
            cure="export with an avatar of one topology",
        )
    if not len(motion.pts):
        raise AudioError(
            "the line is too short to move a face",
            seen="0 frames",
            wanted="1 or more",
            cure="record it again",
        )
    return Clip(
        avatar=avatar,
        line=line,
        seed=seed,
        fps=session.fps,
        sample_rate_hz=sample_rate_hz,
        samples=samples,
        weights_nx52=motion.weights.array(),
        rotations_nx4=motion.rotations.array(),
        translations_nx3_m=motion.translations.array(),
        pts_n=motion.pts.array(),
        lived_s=motion.lived_s,
    )


class _Motion:
    """Poses as rows of arrays, as they come."""

    def __init__(self) -> None:
        self.weights = Spool((len(ARKIT_NAMES),), np.float32)
        self.rotations, self.translations = Spool((4,), np.float32), Spool((3,), np.float32)
        self.pts = Spool((), np.int64)
        self._turned: Float32 | None = None  # the last rotation, for the signs of the next
        self.lived_s = 0.0  # before the first

    def append(self, poses: list[Pose]) -> None:
        """Raises ExportError for what is not finite, with the frame."""
        if not poses:
            return
        if not len(self.pts):
            self.lived_s = poses[0].life_s  # the first is at the sound's beginning
        weights = np.array([pose.face.weights for pose in poses], np.float32)
        rotations = np.array([pose.face.head_rotation for pose in poses], np.float32)
        translations = np.array([pose.face.head_translation_m for pose in poses], np.float32)
        self._refuse_unfinished(weights, rotations, translations)
        before = rotations[:1] if self._turned is None else self._turned
        rotations = one_hemisphere(np.concatenate([before, rotations]))[1:]
        self._turned = rotations[-1:]
        self.weights.append(weights)
        self.rotations.append(rotations)
        self.translations.append(translations)
        self.pts.append(np.array([pose.pts for pose in poses], np.int64))

    def _refuse_unfinished(self, *arrays: Float32) -> None:
        finite = np.all([np.isfinite(array).all(axis=1) for array in arrays], axis=0)
        if not finite.all():
            raise ExportError(
                "the motion is not finite",
                seen=f"NaN or infinity in frame {len(self.pts) + int(np.argmin(finite))}",
                wanted="numbers",
                cure="report this with the voice line: the motion network must not do that",
            )


def one_hemisphere(rotations_nx4: Float32) -> Float32:
    """Quaternions with signs such that neighbours are near: q and -q are one rotation, but not one curve."""
    cosines = np.einsum("nc,nc->n", rotations_nx4[1:], rotations_nx4[:-1])
    flips = np.cumprod(np.where(cosines < 0, -1.0, 1.0))
    signed = rotations_nx4.copy()
    signed[1:] *= flips[:, None].astype(np.float32)
    return signed


def _said(style: Style) -> dict[str, Any]:
    usual = asdict(Style())
    return {name: value for name, value in asdict(style).items() if value != usual[name]}
