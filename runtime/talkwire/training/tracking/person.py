"""Who was filmed: what tracking one video tells the tracking of the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.errors import TrainingError
from talkwire.runtime.types import Float32

ACTOR: Final = "actor"  # where an avatar's figures keep it


@dataclass(frozen=True)
class Person:
    """A face as fitted. head: the morphable head's name.  identity_i: [I] of it.  offsets_lx3_m: where this
    face's landmarks lie beside the head's, the same in all frames.  rest_52: the head's weights when the face
    is at rest.  distance_m: of the camera, in the mean.
    """

    head: str
    identity_i: Float32
    offsets_lx3_m: Float32
    rest_52: Float32
    distance_m: float

    def to_json(self) -> dict[str, Any]:
        """As JSON can hold it, to a hundredth of a millimetre."""
        return {
            "head": self.head,
            "identity": np.round(self.identity_i, 4).tolist(),
            "offsets_mm": np.round(1000 * self.offsets_lx3_m, 2).tolist(),
            "rest": np.round(self.rest_52, 4).tolist(),
            "distance_m": round(self.distance_m, 4),
        }

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> Person:
        """Raises TrainingError when it is not what `to_json` gave."""
        try:
            identity = np.array(values["identity"], np.float32)
            offsets_m = np.array(values["offsets_mm"], np.float32) * np.float32(0.001)
            rest = np.array(values["rest"], np.float32)
            person = Person(str(values["head"]), identity, offsets_m, rest, float(values["distance_m"]))
            shapes = (identity.ndim, rest.shape, offsets_m.ndim, offsets_m.shape[-1])
            if shapes != (1, (len(ARKIT_NAMES),), 2, 3) or person.distance_m <= 0:
                raise ValueError("shapes do not fit")
        except (KeyError, TypeError, ValueError) as error:
            raise TrainingError(
                "what is noted of the person filmed cannot be used",
                seen=f"{type(error).__name__}: {error}",
                wanted="head, identity, offsets_mm, rest and distance_m",
                cure="track the video again",
            ) from None
        return person
