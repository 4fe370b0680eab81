"""A head and a session that need no avatar and no network: for tests, benches and wiring checks.

The head is a sphere whose lower half drops with the loudness of the audio. It keeps the contract of
runtime.session.Session, so whatever works with it works with the real one.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np

from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.audio import check_sample_rate
from talkwire.runtime.avatar_card import AvatarCard
from talkwire.runtime.style import Style
from talkwire.runtime.types import Basis, Block, Face, Float32, Part, Patch, Pose, TexturePatch, Topology

RADIUS_M = 0.12
JAW_DROP_M = 0.03


def synthetic_topology(vertex_count: int = 10_000) -> Topology:
    """A sphere of about this many vertices (a square grid of rows and columns), with a grey texture."""
    side = max(3, math.isqrt(vertex_count))
    v, u = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side), indexing="ij")
    polar, around = v.ravel() * math.pi, u.ravel() * 2 * math.pi
    xyz = np.stack([np.sin(polar) * np.sin(around), np.cos(polar), np.sin(polar) * np.cos(around)], axis=1)
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    quads = np.stack([corner, corner + side, corner + 1, corner + 1, corner + side, corner + side + 1], 1)
    return Topology(
        neutral_vx3=(xyz * RADIUS_M).astype(np.float32),
        triangles_tx3=quads.reshape(-1, 3).astype(np.uint32),
        uvs_vx2=np.stack([u.ravel(), v.ravel()], axis=1).astype(np.float32),
        weld_v=np.arange(side * side, dtype=np.uint32),
        texture=_grey_png(),
        parts=(Part("skin", 0, len(quads) * 2),),
    )


class SyntheticHead:
    """A sphere whose lower half is a jaw."""

    moves_within: Final = False
    card: Final = AvatarCard("sphere", "blendshape", "MIT", "talkwire", "talkwire", "nobody: a sphere")

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self._drop = -np.maximum(0, -topology.neutral_vx3[:, 1] / RADIUS_M) * np.float32(JAW_DROP_M)

    def posed(self, windows: Sequence[Float32]) -> Float32:
        """[N, V, 3]; only jawOpen of the last row counts."""
        posed = np.repeat(self.topology.neutral_vx3[None], len(windows), axis=0)
        for vertices, weights_wx52 in zip(posed, windows, strict=True):
            vertices[:, 1] += self._drop * weights_wx52[-1, INDEX["jawOpen"]]
        return posed

    @property
    def basis(self) -> Basis:
        """The jaw is all that moves."""
        moved = np.zeros((1, *self.topology.neutral_vx3.shape), np.float32)
        moved[0, :, 1] = self._drop
        return Basis(self.topology.neutral_vx3, (Block(0, INDEX["jawOpen"], moved),), own=0, error_m=0.0)

    def coefficients(self, windows: Sequence[Float32]) -> Float32:
        """[N, 0]: it has none of its own."""
        return np.zeros((len(windows), 0), np.float32)

    def texture_patches(self, weights_wx52: Float32, life_s: float = 0.0) -> tuple[Patch, ...]:
        """All of the texture: the wider the jaw, the darker."""
        level = 128 - 64 * float(weights_wx52[-1, INDEX["jawOpen"]])
        return (TexturePatch(0, 0, np.full((1, 1, 3), level, np.uint8)),)

    def painted(self, windows: Sequence[Float32], lives_s: Sequence[float]) -> list[tuple[Patch, ...]]:
        """The same of many."""
        return [self.texture_patches(window) for window in windows]


class SyntheticSession:
    """See runtime.session.Session; frames are known `look_ahead_s` of audio after their moment."""

    def __init__(self, topology: Topology, *, fps: int = 60, look_ahead_s: float = 0.1) -> None:
        self.avatar, self.fps, self.look_ahead_s = SyntheticHead(topology), fps, look_ahead_s
        self.generation = 0
        self._utterance = self._rate_hz = self._heard = self._seq = 0
        self._ended = True
        self._loudness: deque[tuple[int, float]] = deque()  # of what was pushed, and where it ends

    def begin(self, sample_rate_hz: int) -> int:
        """Start an utterance."""
        check_sample_rate(sample_rate_hz)
        self._utterance, self._rate_hz = self._utterance + 1, sample_rate_hz
        self._heard = self._seq = 0
        self._ended = False
        self._loudness.clear()
        return self._utterance

    def push(self, samples: Float32) -> None:
        """Hear more."""
        self._heard += len(samples)
        loudness = float(np.sqrt(np.mean(np.square(samples)))) if len(samples) else 0.0
        self._loudness.append((self._heard, loudness))

    def end(self) -> None:
        """It is complete."""
        self._ended = True

    def interrupt(self) -> int:
        """Drop it."""
        self._ended, self._heard = True, 0
        self.generation += 1
        return self.generation

    def set_style(self, style: Style) -> None:
        """A sphere feels nothing."""

    def pull_heard(self) -> list[tuple[Pose, Float32]]:
        """Poses that became known."""
        poses = []
        wait = 0 if self._ended else round(self.look_ahead_s * self._rate_hz)
        while (pts := self._seq * self._rate_hz // self.fps) + wait < self._heard:
            poses.append(self._pose(pts))
            self._seq += 1
        return poses

    def close(self) -> None:
        """A sphere holds nothing."""

    def _pose(self, pts: int) -> tuple[Pose, Float32]:
        weights = np.zeros(len(ARKIT_NAMES), np.float32)
        while self._loudness[0][0] <= pts:
            self._loudness.popleft()
        weights[INDEX["jawOpen"]] = min(1.0, 4 * self._loudness[0][1])
        face = Face(weights, np.array([0, 0, 0, 1], np.float32), np.zeros(3, np.float32))
        return Pose(self._utterance, self.generation, self._seq, pts, face), weights[None]


def _grey_png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\x80")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
