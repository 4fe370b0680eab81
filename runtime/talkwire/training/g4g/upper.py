"""Where the lower face would be if it were at rest, told by the upper face alone.

What a generator is given beside the sound must not tell how the mouth stands, or it learns to copy and not
to hear. A jaw that opens takes nose and cheeks along, on faces and in MediaPipe's landmarks. So of the lower
face only what the upper one says is used: a linear function, learned from the video itself.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.types import Float32

STEADY: Final = (33, 133, 362, 263, 168, 8, 10, 151, 67, 297, 103, 332, 54, 284)
"""Corners of the eyes, root of the nose, forehead: speech does not move them."""
NOISE: Final = 0.02  # of their spread: what landmarks are off by, and what is not to be learned from

Float64 = npt.NDArray[np.float64]


class UpperFace:
    """A person's steady landmarks and what follows from them."""

    def __init__(self, landmarks_nx478x2: Float32, usable_n: npt.NDArray[np.bool_]) -> None:
        """Learn (ridge regression) from the usable frames."""
        self._scale = 1.0
        at, steady = self._parts(landmarks_nx478x2[usable_n])
        self._scale = float(steady.reshape(len(steady), -1, 2).std(axis=1).mean())
        targets = landmarks_nx478x2[usable_n] - at
        self._usual, self._mean = steady.mean(axis=0), targets.mean(axis=0).astype(np.float64)
        features = (steady - self._usual) / self._scale
        within = features.T @ features + np.eye(features.shape[1]) * len(features) * NOISE**2
        self._follows = np.linalg.solve(
            within, features.T @ (targets - self._mean).reshape(len(features), -1)
        )

    def posed(self, landmarks_nx478x2: Float32, wanted: tuple[int, ...]) -> Float32:
        """[N, L, 2] where these landmarks are, pixels, as the steady ones say. NaN where no face is."""
        at, _ = self._parts(landmarks_nx478x2)
        follows = self._follows.reshape(-1, *self._mean.shape)[:, list(wanted)]
        moved = np.einsum("nf,flc->nlc", self.features(landmarks_nx478x2), follows)
        return np.asarray(self._mean[list(wanted)] + moved + at, np.float32)

    def features(self, landmarks_nx478x2: Float32) -> Float64:
        """[N, F] how the upper face stands, apart from where it is: its difference from usual."""
        return np.asarray((self._parts(landmarks_nx478x2)[1] - self._usual) / self._scale)

    def _parts(self, landmarks_nx478x2: Float32) -> tuple[Float64, Float64]:
        """[N, 1, 2] the steady landmarks' middle, and [N, F] where they are from there."""
        steady = landmarks_nx478x2[:, list(STEADY)].astype(np.float64)
        at = steady.mean(axis=1, keepdims=True)
        return at, (steady - at).reshape(len(steady), -1)
