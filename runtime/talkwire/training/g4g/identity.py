"""Whose face it is, where dlib is installed: its only importer.

dlib's descriptor (King 2017; 128 numbers, trained so that two pictures of one person are less than 0.6 apart)
of a picture and of the truth; the weights come from face_recognition_models (CC0). Both pictures are cut by
the truth's face: it is pixels that are compared, not two searches for a face.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.types import Float32
from talkwire.training.capture import UInt8

PIP_LINE: Final = "pip install dlib-bin face_recognition_models==0.3.0"
SAME_PERSON: Final = 0.6  # dlib's own threshold
CHIP_PX: Final = 150
_MODELS: Final = "face_recognition_models"  # is looked into, not imported: it wants an old setuptools


def installed() -> bool:
    """Whether it can be measured here: see PIP_LINE."""
    return all(importlib.util.find_spec(name) is not None for name in ("dlib", _MODELS))


class Likeness:
    """Compares pictures with one face after the other; what is known of the truth is kept."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, npt.NDArray[np.float64]]] = {}

    def distance(self, n: int, found_hxwx3: UInt8, wanted_hxwx3: UInt8, landmarks_478x2: Float32) -> float:
        """0 for equal pictures; of one person about 0.2, of two above SAME_PERSON.

        n: number of the truth, always the same picture.  landmarks_478x2: MediaPipe's, of its face.
        """
        if n not in self._known:
            shape = _shape(wanted_hxwx3, landmarks_478x2)
            self._known[n] = shape, _descriptor(wanted_hxwx3, shape)
        shape, wanted = self._known[n]
        return float(np.linalg.norm(_descriptor(found_hxwx3, shape) - wanted))


def _shape(picture: UInt8, landmarks_478x2: Float32) -> Any:
    """Corners of the eyes and the nose's base."""
    import dlib

    box = dlib.rectangle(*(int(v) for v in (*landmarks_478x2.min(axis=0), *landmarks_478x2.max(axis=0))))
    return _predictor()(np.ascontiguousarray(picture), box)


def _descriptor(picture: UInt8, shape: Any) -> npt.NDArray[np.float64]:
    import dlib

    chip = dlib.get_face_chip(np.ascontiguousarray(picture), shape, size=CHIP_PX)
    return np.array(_network().compute_face_descriptor(chip))


@cache
def _predictor() -> Any:
    import dlib

    return dlib.shape_predictor(str(_weights("shape_predictor_5_face_landmarks.dat")))


@cache
def _network() -> Any:
    import dlib

    return dlib.face_recognition_model_v1(str(_weights("dlib_face_recognition_resnet_model_v1.dat")))


def _weights(name: str) -> Path:
    spec = importlib.util.find_spec(_MODELS)
    assert spec is not None and spec.submodule_search_locations, "asked before installed()"
    return Path(next(iter(spec.submodule_search_locations))) / "models" / name
