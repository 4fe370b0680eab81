"""Where the numbers are: values of several tensors moved to a device together."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import torch

T = TypeVar("T")


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
