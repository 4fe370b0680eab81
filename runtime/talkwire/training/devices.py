"""Where the numbers are: the device of a tier, values of several tensors moved to it together, memory that
is kept.
"""

from __future__ import annotations

import ctypes
import sys
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar

import torch

from talkwire.runtime.errors import TrainingError

T = TypeVar("T")

TIERS: Final = {"cpu": "cpu", "gpu": "cuda"}


def choose_device(tier: str) -> torch.device:
    """Raises TrainingError when the tier asks for a card that is not there."""
    if TIERS.get(tier) == "cpu" or (tier in TIERS and torch.cuda.is_available()):
        return torch.device(TIERS[tier])
    raise TrainingError(
        f"the tier {tier!r} cannot be trained here",
        seen="no CUDA card that torch can use" if tier in TIERS else tier,
        wanted=f"one of {', '.join(TIERS)}; gpu needs a card and a CUDA build of torch",
        cure="use --tier cpu",
    )


def keep_memory() -> None:
    """Let glibc keep what is freed. By default each large array goes back to the kernel and comes anew, page
    by page, which is half of a training step on a CPU. Does nothing elsewhere.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):  # another C library
        return
    for option, value in _MALLOC.items():
        mallopt(option, value)


# malloc.h: M_MMAP_MAX, M_TRIM_THRESHOLD, M_TOP_PAD
_MALLOC: Final = {-4: 0, -1: 2**31 - 1, -2: 1 << 28}


def moved(value: T, device: torch.device) -> T:
    """A tensor, module, tuple or frozen dataclass with every tensor in it on the device."""
    result: T = _moved(value, device)
    return result


def _moved(value: Any, device: torch.device) -> Any:
    if isinstance(value, torch.Tensor | torch.nn.Module):
        return value.to(device)
    if isinstance(value, tuple):
        return tuple(_moved(item, device) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        changes = {f.name: _moved(getattr(value, f.name), device) for f in fields(value) if f.init}
        return replace(value, **changes)
    return value
