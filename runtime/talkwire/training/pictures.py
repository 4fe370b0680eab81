"""What several rooms of training do to pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage


def spread(picture_hxwxc: npt.NDArray[Any], covered_hxw: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """What is not covered takes what the nearest covered place has, so that mip-maps pull in nothing
    foreign.
    """
    rows, columns = ndimage.distance_transform_edt(~covered_hxw, return_distances=False, return_indices=True)
    return np.asarray(picture_hxwxc[rows, columns])
