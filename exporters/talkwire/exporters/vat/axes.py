"""From talkwire's space, which is glTF's, to an engine's: the maps that both plugins have, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from talkwire.exporters.vat.options import Axes
from talkwire.runtime.types import Float32


@dataclass(frozen=True)
class AxisMap:
    """order and signs of x, y, z; scale to the engine's unit. row_sign: +1 where v grows down, as in glTF."""

    order: tuple[int, int, int]
    signs: tuple[int, int, int]
    scale: float
    unit: str
    handed: str
    up: str
    face: str
    row_sign: int

    def places(self, values: Float32) -> Float32:
        """[..., 3] metres to the engine's unit."""
        scaled: Float32 = self.directions(values) * np.float32(self.scale)
        return scaled

    def directions(self, values: Float32) -> Float32:
        """[..., 3] turned, not scaled."""
        turned: Float32 = values[..., list(self.order)] * np.array(self.signs, np.float32)
        return turned

    def rotations(self, xyzw_nx4: Float32) -> Float32:
        """[N, 4] xyzw: a mirror changes the sense of a turn."""
        mirrored = np.linalg.det(np.eye(3)[list(self.order)]) * np.prod(self.signs) < 0
        turned = self.directions(xyzw_nx4[:, :3]) * np.float32(-1 if mirrored else 1)
        return np.concatenate([turned, xyzw_nx4[:, 3:]], axis=1)


AXES: Final[Mapping[Axes, AxisMap]] = {
    Axes.gltf: AxisMap((0, 1, 2), (1, 1, 1), 1.0, "m", "right", "+Y", "+Z", 1),
    Axes.unity: AxisMap((0, 1, 2), (-1, 1, 1), 1.0, "m", "left", "+Y", "+Z", -1),
    Axes.unreal: AxisMap((0, 2, 1), (1, 1, 1), 100.0, "cm", "left", "+Z", "+Y", 1),
}
