"""A clip: one voice line as a whole, baked through the live pipeline. What every writer writes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.avatar import Avatar
from talkwire.runtime.errors import AudioError, ExportError
from talkwire.runtime.history import STEP_S, window_of
from talkwire.runtime.minds import Preset
from talkwire.runtime.session import Session, open_session
from talkwire.runtime.style import Style
from talkwire.runtime.types import Face, Float32, Pose, Topology

Int64 = npt.NDArray[np.int64]
Progress = Callable[[float], None]  # the share done, 0 to 1

BLOCK_S: Final = 0.5  # audio pushed at once: what is in flight stays small however long the line is


@dataclass(frozen=True)
class Clip:
    """The motion of one line at a fixed frame rate, with the sound that it belongs to.

    weights_nx52: [N, 52] float32 in [0, 1], in the order of `arkit.ARKIT_NAMES`.
    rotations_nx4: [N, 4] float32 unit quaternions xyzw, neighbours in one hemisphere.
    translations_nx3_m: [N, 3] float32, metres.  pts_n: [N] int64, sample indices, rising.
    samples: [S] float32 mono in [-1, 1].  spoken: how `bake` was asked to speak, for who would bake it again.
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

    @property
    def times_n_s(self) -> npt.NDArray[np.float64]:
        """[N] seconds from the first sample."""
        return self.pts_n / self.sample_rate_hz

    def face(self, index: int) -> Face:
        """The motion of frame `index`, as the live stream would carry it."""
        return Face(self.weights_nx52[index], self.rotations_nx4[index], self.translations_nx3_m[index])

    def heard(self, index: int) -> Float32:
        """[W, 52] what the avatar hears for frame `index`, as the live stream would."""
        first = max(0, index - int(STEP_S * self.avatar.window * self.fps) - 2)
        frames = slice(first, index + 1)
        times_s = self.pts_n[frames] / self.sample_rate_hz
        return window_of(times_s, self.weights_nx52[frames], self.avatar.window)

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
    Memory beyond the samples is 60 numbers a frame.
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
    poses: list[Pose] = []
    session.begin(sample_rate_hz)
    block = max(1, round(BLOCK_S * sample_rate_hz))
    for start in range(0, len(samples), block):
        session.push(samples[start : start + block])
        poses += session.pull_poses()
        if progress is not None:
            progress(min(1.0, (start + block) / len(samples)))
    session.end()
    poses += session.pull_poses()
    if session.topology.id != topology_id:
        raise ExportError(
            "the mesh changed while the line was spoken",
            seen=f"topology {session.topology.id}",
            wanted=f"{topology_id} in every frame",
            cure="export with an avatar of one topology",
        )
    weights, rotations, translations = _stack(poses)
    _refuse_unfinished(poses, weights, rotations, translations)
    return Clip(
        avatar=avatar,
        line=line,
        seed=seed,
        fps=session.fps,
        sample_rate_hz=sample_rate_hz,
        samples=samples,
        weights_nx52=weights,
        rotations_nx4=one_hemisphere(rotations),
        translations_nx3_m=translations,
        pts_n=np.array([pose.pts for pose in poses], dtype=np.int64),
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


def _stack(poses: list[Pose]) -> tuple[Float32, Float32, Float32]:
    weights = np.array([pose.face.weights for pose in poses], np.float32).reshape(-1, len(ARKIT_NAMES))
    rotations = np.array([pose.face.head_rotation for pose in poses], np.float32).reshape(-1, 4)
    translations = np.array([pose.face.head_translation_m for pose in poses], np.float32).reshape(-1, 3)
    return weights, rotations, translations


def _refuse_unfinished(poses: list[Pose], *arrays: Float32) -> None:
    if not poses:
        raise AudioError(
            "the line is too short to move a face",
            seen="0 frames",
            wanted="1 or more",
            cure="record it again",
        )
    finite = np.all([np.isfinite(array).all(axis=1) for array in arrays], axis=0)
    if not finite.all():
        first = int(np.argmin(finite))
        raise ExportError(
            "the motion is not finite",
            seen=f"NaN or infinity in frame {first}",
            wanted="numbers",
            cure="report this with the voice line: the motion network must not do that",
        )
