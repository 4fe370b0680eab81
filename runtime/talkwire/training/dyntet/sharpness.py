"""How sharp the camera was: lens, sensor and codec spread an edge over some pixels, and a drawing does not.

Like the focal length and the light of the set, it belongs to the video, not to the head: an avatar is drawn
sharp, and a second figure says how near it is as its camera would have shown it. The blur is measured on the
frames that were learned from.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import ndimage

from talkwire.runtime.dyntet import DyntetAvatar
from talkwire.runtime.types import Float32
from talkwire.training import measures
from talkwire.training.dyntet.batches import Footage
from talkwire.training.dyntet.film import Film
from talkwire.training.raster.seam import Rasterizer

CAMERA, BLUR_PX = "camera", "blur_px"  # where an avatar's figures keep it
BLURS_PX: Final = tuple(k / 10 for k in range(16))
FRAMES: Final = 16


def blur_of(avatar: DyntetAvatar) -> float:
    """Pixels of its video, the deviation of a Gaussian; 0 where it was not measured."""
    camera = avatar.figures.get(CAMERA)
    blur_px = camera.get(BLUR_PX) if isinstance(camera, dict) else None
    return float(blur_px) if isinstance(blur_px, int | float) and 0 <= blur_px <= BLURS_PX[-1] else 0.0


def blurred(picture_hxwx3: Float32, blur_px: float) -> Float32:
    """The picture as that camera shows it."""
    if not blur_px:
        return picture_hxwx3
    return np.asarray(ndimage.gaussian_filter(picture_hxwx3, (blur_px, blur_px, 0)), np.float32)


def camera_blur_px(
    avatar: DyntetAvatar, footage: Footage, frames_k: np.ndarray, rasterizer: Rasterizer
) -> float:
    """The blur of BLURS_PX with which the avatar's head is nearest to these frames."""
    film, window = Film(avatar, footage.camera, rasterizer), footage.camera.whole()
    chosen = frames_k[np.linspace(0, len(frames_k) - 1, min(FRAMES, len(frames_k))).astype(int)]
    psnr_db = np.zeros(len(BLURS_PX))
    for n in chosen:
        batch = footage.batch(np.array([n]), [[("whole", window)]], window[2])
        head = batch.head_bxsxsx1[0, ..., 0].numpy() > 0.5
        if head.any():
            codes = batch.codes_nx52xw[0].numpy().T
            image, _ = film.shot(codes, batch.pose_bx4x4[0], batch.behind_bxsxsx3[0], window)
            wanted = batch.wanted_bxsxsx3[0].numpy()
            psnr_db += [measures.psnr_db(blurred(image, blur), wanted, head) for blur in BLURS_PX]
    return BLURS_PX[int(np.argmax(psnr_db))]
