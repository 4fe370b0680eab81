"""ST-LPIPS, where its package is installed: the only importer of stlpips_pytorch.

A distance of pictures as people see them that forgives a shift of a pixel (Ghildyal and Liu 2022). Its
networks come inside the package (BSD-2); the usual LPIPS needs downloads, and this is never called by its
name.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import sys
import types
from functools import cache
from typing import Any, Final

import torch

from talkwire.runtime.types import Float32

# packages that it imports and does not need here; torchvision has no build for torch on a CPU
_UNNEEDED: Final = {"torchvision": "models", "torchsummary": "summary", "IPython": "embed"}
LEAST_PX: Final = 64  # of a picture's side: smaller ones are enlarged, the network halves them five times


def installed() -> bool:
    """Whether it can be measured here: pip install --no-deps stlpips_pytorch==0.0.2."""
    return importlib.util.find_spec("stlpips_pytorch") is not None


@torch.no_grad()
def st_lpips(found_hxwx3: Float32, wanted_hxwx3: Float32) -> float:
    """0 for equal pictures; sRGB in [0, 1]."""
    pair = torch.stack([torch.from_numpy(p).float().permute(2, 0, 1) for p in (found_hxwx3, wanted_hxwx3)])
    if min(pair.shape[2:]) < LEAST_PX:
        pair = torch.nn.functional.interpolate(
            pair, scale_factor=LEAST_PX / min(pair.shape[2:]), mode="bilinear"
        )
    return float(_network()(pair[:1] * 2 - 1, pair[1:] * 2 - 1))


@cache
def _network() -> Any:
    stubs = [name for name in _UNNEEDED if name not in sys.modules and importlib.util.find_spec(name) is None]
    for name in stubs:
        sys.modules[name] = types.ModuleType(name)
        setattr(sys.modules[name], _UNNEEDED[name], None)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            from stlpips_pytorch import stlpips

            return stlpips.LPIPS(net="alex", variant="shift_tolerant", verbose=False)
    finally:
        for name in stubs:  # others ask whether these are here
            del sys.modules[name]
