"""What is measured of pictures of a face, whatever made them: against pictures, curves and landmarks of the
truth.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Float64 = npt.NDArray[np.float64]
Picture = npt.NDArray[np.floating]

SSIM_SIGMA, SSIM_K1, SSIM_K2 = 1.5, 0.01, 0.03


def psnr_db(found: Picture, wanted: Picture, mask: np.ndarray) -> float:
    """Of pictures [H, W, 3] in [0, 1] where mask [H, W] bool holds."""
    error = float(((found - wanted)[mask] ** 2).mean())
    return float(-10 * np.log10(max(error, 1e-12)))


def ssim(found: Picture, wanted: Picture, mask: np.ndarray) -> float:
    """Structural similarity on luma (Wang et al. 2004), Gaussian windows, mean over the mask."""
    a, b = (picture @ _LUMA for picture in (found, wanted))

    def blurred(x: Float64) -> Float64:
        return np.asarray(ndimage.gaussian_filter(x, SSIM_SIGMA, truncate=3.5))

    mean_a, mean_b = blurred(a), blurred(b)
    var_a, var_b = blurred(a * a) - mean_a**2, blurred(b * b) - mean_b**2
    covariance = blurred(a * b) - mean_a * mean_b
    c1, c2 = SSIM_K1**2, SSIM_K2**2
    value = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    value /= (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    return float(value[mask].mean())


def correlation(a_n: Float64, b_n: Float64) -> float:
    """Pearson's r; 0 where either does not vary."""
    a, b = a_n - a_n.mean(), b_n - b_n.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 0.0


def landmark_distance_px(found_nxlx2: Float64, wanted_nxlx2: Float64) -> Float64:
    """[N] mean distance of landmarks after each set's centre is taken away (DynTet's LMD)."""
    a = found_nxlx2 - found_nxlx2.mean(axis=1, keepdims=True)
    b = wanted_nxlx2 - wanted_nxlx2.mean(axis=1, keepdims=True)
    return np.asarray(np.linalg.norm(a - b, axis=2).mean(axis=1))


_LUMA: Final = np.array([0.299, 0.587, 0.114])
