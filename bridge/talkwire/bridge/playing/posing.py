"""From frames to a picture: decoded where it is shown, and drawn between the frames around its moment."""

from __future__ import annotations

from typing import Final

import numpy as np

from talkwire.bridge import wire
from talkwire.bridge.basis import basis_from, face_from, vertices_from
from talkwire.bridge.codec import decode_vertices
from talkwire.bridge.playing.picture import Picture, mix, mix_vertices
from talkwire.bridge.playing.track import Frame, Track
from talkwire.runtime.types import Basis, Float32

DECODED: Final = 4  # frames, of which two are needed


class Poser:
    """What never changes of a head, and its latest frames decoded."""

    def __init__(self) -> None:
        self.mesh: wire.Mesh | None = None
        self._basis: tuple[str, Basis] | None = None  # and the topology that it is of
        self._decoded: dict[tuple[int, int, int], Float32] = {}

    def take_mesh(self, message: wire.Mesh) -> None:
        """Where the vertices of frames belong."""
        self.mesh = message
        self._decoded.clear()

    def take_basis(self, message: wire.Basis) -> None:
        """For frames that are coefficients."""
        self._basis = message.topology_id, basis_from(message)
        self._decoded.clear()

    @property
    def neutral_vx3(self) -> Float32 | None:
        """The head that does nothing."""
        return None if self.mesh is None else self.mesh.box.neutral_vx3

    def can(self, track: Track) -> bool:
        """Whether there is a frame of it and all that it needs."""
        if not track.frames or track.bare:
            return bool(track.frames)
        frame = track.frames[0]
        based = isinstance(frame, wire.Frame) or (
            self._basis is not None and self._basis[0] == frame.topology_id
        )
        return based and self.mesh is not None and frame.topology_id == self.mesh.topology_id

    def picture(self, track: Track, moment: int, heard: int, shown: Picture | None) -> Picture:
        """Of that moment; what lies before is forgotten. shown: its patches stay until the track has some."""
        before, after, share = track.around(moment)
        a, b = _arrays(before), _arrays(after)
        weights, rotation, translation = (mix(x, y, share) for x, y in zip(a, b, strict=True))
        return Picture(
            track.id,
            track.generation,
            track.idle,
            track.seconds(before.pts + share * (after.pts - before.pts)),
            track.seconds(heard),
            weights,
            rotation / np.linalg.norm(rotation),
            translation,
            None if track.bare else mix_vertices(self._vertices(before), self._vertices(after), share),
            track.patch(moment) or (shown.patch if shown is not None else None),
        )

    def _vertices(self, frame: Frame) -> Float32 | None:
        key = frame.generation, frame.utterance, frame.seq  # a new generation counts utterances anew
        if key not in self._decoded:
            vertices = self._decode(frame)
            if vertices is None:
                return None
            if len(self._decoded) >= DECODED:
                self._decoded.pop(next(iter(self._decoded)))
            self._decoded[key] = vertices
        return self._decoded[key]

    def _decode(self, frame: Frame) -> Float32 | None:
        if isinstance(frame, wire.Frame):
            assert self.mesh is not None
            return decode_vertices(frame.codec, frame.vertices, self.mesh.box)
        if self._basis is None or (not frame.own and self._basis[1].own):
            return None
        return vertices_from(frame, self._basis[1])


def _arrays(frame: Frame) -> tuple[Float32, ...]:
    if isinstance(frame, wire.Coefficients):
        face = face_from(frame)
        return face.weights, face.head_rotation, face.head_translation_m
    raw = (frame.weights, frame.head_rotation, frame.head_translation_m)
    return tuple(np.frombuffer(data, "<f4") for data in raw)
