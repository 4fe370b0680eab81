"""Which rasteriser draws on a device: nvdiffrast where it is installed and there is CUDA, else ours."""

from __future__ import annotations

import torch

from talkwire.training.raster.seam import Rasterizer
from talkwire.training.raster.torch_raster import TorchRasterizer


def choose_rasterizer(device: torch.device) -> Rasterizer:
    """The fastest that works here."""
    if device.type == "cuda":
        from talkwire.training.raster.nvdiffrast_raster import NvdiffrastRasterizer, available

        if available():
            return NvdiffrastRasterizer(device)
    return TorchRasterizer()
