"""nvdiffrast behind the seam: the only importer of it. CUDA only, and the user's own to install.

Its licence (NVIDIA Source Code License) allows research and evaluation; talkwire neither ships nor needs it.
It has not been run here: no machine with a card was at hand. What it must agree with is in the tests.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import torch

from talkwire.runtime.errors import MissingDependency
from talkwire.training.raster.seam import Edges, Tensor


def available() -> bool:
    """Whether the package is installed."""
    return importlib.util.find_spec("nvdiffrast") is not None


class NvdiffrastRasterizer:
    """`seam.Rasterizer` by nvdiffrast. Raises MissingDependency without it or without a card."""

    def __init__(self, device: torch.device) -> None:
        if device.type != "cuda" or not torch.cuda.is_available():
            raise MissingDependency(
                "nvdiffrast needs a graphics card",
                seen=f"device {device}",
                wanted="a CUDA device that torch can use",
                cure="use --tier cpu, or install a CUDA build of torch",
            )
        if not available():
            raise MissingDependency(
                "drawing on the card needs nvdiffrast",
                seen="it is not installed",
                wanted="NVIDIA's package, whose licence you accept by installing it",
                cure="run: pip install git+https://github.com/NVlabs/nvdiffrast",
            )
        import nvdiffrast.torch as library

        self._library: Any = library
        self._context = library.RasterizeCudaContext(device)

    def rasterize(self, clip_bxvx4: Tensor, triangles_fx3: Tensor, size_hw: tuple[int, int]) -> Tensor:
        """As in `seam.Rasterizer`."""
        raster, _ = self._library.rasterize(
            self._context, clip_bxvx4.contiguous(), triangles_fx3.int().contiguous(), size_hw, grad_db=False
        )
        return self._tensor(raster)

    def interpolate(self, values_bxvxc: Tensor, raster: Tensor, triangles_fx3: Tensor) -> Tensor:
        """As in `seam.Rasterizer`."""
        values, _ = self._library.interpolate(values_bxvxc.contiguous(), raster, triangles_fx3.int())
        return self._tensor(values)

    def texture(self, texture_bxhxwxc: Tensor, uv_bxhxwx2: Tensor) -> Tensor:
        """As in `seam.Rasterizer`."""
        sampled = self._library.texture(
            texture_bxhxwxc.contiguous(), uv_bxhxwx2.contiguous(), filter_mode="linear", boundary_mode="clamp"
        )
        return self._tensor(sampled)

    def antialias(
        self, image_bxhxwxc: Tensor, raster: Tensor, clip_bxvx4: Tensor, triangles_fx3: Tensor, edges: Edges
    ) -> Tensor:
        """As in `seam.Rasterizer`; the library finds the edges itself."""
        blended = self._library.antialias(
            image_bxhxwxc.contiguous(), raster, clip_bxvx4.contiguous(), triangles_fx3.int().contiguous()
        )
        return self._tensor(blended)

    @staticmethod
    def _tensor(value: Any) -> Tensor:
        assert isinstance(value, torch.Tensor)
        return value
