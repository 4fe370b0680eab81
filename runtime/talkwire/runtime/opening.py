"""How far a mouth is open, as an onlooker sees it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import INDEX


def aperture(weights_nx52: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """[N, 52] to [N]: the jaw, less what mouthClose closes of it, and the lips drawn up and down."""
    column = {name: weights_nx52[:, i].astype(np.float64) for name, i in INDEX.items()}
    parted = column["mouthLowerDownLeft"] + column["mouthUpperUpLeft"]
    opening: npt.NDArray[np.float64] = column["jawOpen"] - column["mouthClose"] + 0.35 * parted
    return opening
