"""ONNX's operations with weights, levels or places, in torch: products, recurrences, normalisation, rounding,
sampling.

As in `torch_ops`, whose table names them: tensors are the inputs, attributes are keywords.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch.nn import functional

from talkwire.runtime.errors import EngineError

Tensor = torch.Tensor

BOUNDS: Final = {torch.uint8: (0, 255), torch.int8: (-128, 127)}
CONVOLUTIONS: Final = {3: functional.conv1d, 4: functional.conv2d, 5: functional.conv3d}  # by rank
GRU_DIRECTIONS: Final = {"forward": 1, "bidirectional": 2}


def refusal(seen: str, wanted: str) -> EngineError:
    """Of a node that is valid ONNX, but not of a kind that is known here."""
    return EngineError(
        "the torch engine cannot run this graph", seen=seen, wanted=wanted, cure="use --engine onnx"
    )


def conv(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    dilations: Sequence[int] = (1,),
    group: int = 1,
    kernel_shape: Sequence[int] = (),
    pads: Sequence[int] = (),
    strides: Sequence[int] = (1,),
) -> Tensor:
    """kernel_shape says again what weight's shape says; pads: all begins, then all ends."""
    half = len(pads) // 2
    sides = [pads[end] for axis in reversed(range(half)) for end in (axis, half + axis)]  # torch: last first
    return CONVOLUTIONS[x.ndim](functional.pad(x, sides), weight, bias, strides, 0, dilations, group)


def gemm(
    a: Tensor,
    b: Tensor,
    c: Tensor | None = None,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    transA: int = 0,  # noqa: N803  # ONNX's names
    transB: int = 0,  # noqa: N803
) -> Tensor:
    """alpha * a [M, K] @ b [K, N] + beta * c, which is stretched to [M, N]."""
    a, b = a.T if transA else a, b.T if transB else b
    return alpha * (a @ b) if c is None else torch.addmm(c, a, b, alpha=alpha, beta=beta)


class Gru:
    """x [T, N, I], w [D, 3H, I], r [D, 3H, H], b [D, 6H], initial [D, N, H] -> [T, D, N, H], [D, N, H].

    torch's own network is made of the weights when it first runs: cuDNN wants them in its own order.
    """

    def __init__(
        self, *, hidden_size: int, direction: str = "forward", layout: int = 0, linear_before_reset: int = 0
    ) -> None:
        seen = {"direction": direction, "layout": layout, "linear_before_reset": linear_before_reset}
        if direction not in GRU_DIRECTIONS or layout != 0 or linear_before_reset != 1:
            raise refusal(
                f"GRU with {seen}", f"{' or '.join(GRU_DIRECTIONS)}, layout 0 and linear_before_reset 1"
            )
        self._hidden, self._directions = hidden_size, GRU_DIRECTIONS[direction]
        self._weights: tuple[Tensor, ...] = ()
        self._network: torch.nn.GRU | None = None

    def __call__(
        self,
        x: Tensor,
        w: Tensor,
        r: Tensor,
        b: Tensor,
        lengths: None = None,
        initial: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """lengths: of lines that end early; there are none here."""
        if lengths is not None:
            raise refusal("GRU with sequence_lens", "lines of one length")
        if self._network is None or any(
            now is not then for now, then in zip((w, r, b), self._weights, strict=True)
        ):
            self._weights, self._network = (w, r, b), self._made(w, r, b)
        found, last = self._network(x, initial)
        return found.unflatten(2, (self._directions, self._hidden)).transpose(1, 2), last

    def _made(self, w: Tensor, r: Tensor, b: Tensor) -> torch.nn.GRU:
        network = torch.nn.GRU(  # on `meta` first: there weights that are known anyway are not drawn by lot
            w.shape[2], self._hidden, bidirectional=self._directions == 2, device="meta", dtype=w.dtype
        )
        network.to_empty(device=w.device).requires_grad_(False)
        for number, suffix in zip(range(self._directions), ("", "_reverse"), strict=False):
            ours = (w[number], r[number], *b[number].chunk(2))
            for name, weights in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), ours, strict=True):
                update, reset, new = weights.chunk(3)
                getattr(network, f"{name}_l0{suffix}").copy_(torch.cat([reset, update, new]))
        network.flatten_parameters()
        return network


def layer_normalization(
    x: Tensor, scale: Tensor, bias: Tensor | None = None, *, axis: int = -1, epsilon: float = 1e-5
) -> Tensor:
    """Over the axes from `axis` on, to mean 0 and variance 1."""
    return functional.layer_norm(x, x.shape[axis:], scale, bias, epsilon)


def leaky_relu(x: Tensor, *, alpha: float = 0.01) -> Tensor:
    """alpha * x below 0."""
    return functional.leaky_relu(x, alpha)


def gelu(x: Tensor, *, approximate: str = "none") -> Tensor:
    """x times the share of a normal distribution that is below x."""
    return functional.gelu(x, approximate=approximate)


def grid_sample(x: Tensor, grid: Tensor, *, mode: str = "linear") -> Tensor:
    """x [N, C, h, w] at places [N, H, W, 2]: -1 and 1 are the middles of its outermost pixels."""
    if mode not in ("linear", "bilinear"):  # since opset 20; before it
        raise refusal(f"GridSample with mode {mode!r}", "linear")
    return functional.grid_sample(x, grid, padding_mode="border", align_corners=True)


def depth_to_space(x: Tensor, *, blocksize: int) -> Tensor:
    """[N, C b b, h, w] to [N, C, h b, w b]."""
    return functional.pixel_shuffle(x, blocksize)


def resize(x: Tensor, roi: None = None, scales: Tensor | None = None, sizes: Tensor | None = None) -> Tensor:
    """Each value repeated, to sizes [N, C, H, W] or by scales."""
    if sizes is not None:
        return functional.interpolate(x, sizes.tolist()[2:], mode="nearest")
    if scales is None:
        raise refusal("Resize without scales and sizes", "either")
    return functional.interpolate(x, scale_factor=scales.tolist()[2:], mode="nearest")


def dequantize(x: Tensor, scale: Tensor, zero: Tensor | None = None, *, axis: int = 1) -> Tensor:
    """(levels - zero) * scale; many scales are along the axis."""
    along = _along(axis, x, scale)
    off = 0 if zero is None else along(zero).to(scale.dtype)
    return (x.to(scale.dtype) - off) * along(scale)


def quantize(x: Tensor, scale: Tensor, zero: Tensor, *, axis: int = 1) -> Tensor:
    """To the nearest, halves to even; saturated."""
    along = _along(axis, x, scale)
    levels = torch.round(x / along(scale)) + along(zero).to(x.dtype)
    return torch.clamp(levels, *BOUNDS[zero.dtype]).to(zero.dtype)


def _along(axis: int, x: Tensor, scale: Tensor) -> Callable[[Tensor], Tensor]:
    """Puts many scales on their axis; one scale is for all."""
    shape = [1] * x.ndim
    shape[axis if scale.ndim else 0] = -1
    return lambda values: values.reshape(shape if scale.ndim else ())
