"""What a frame of a learned head costs on one core, and how near it comes to the rate of its matrix product.

    python tests/bench/bench_dyntet.py [--avatar nova-dyntet] [--out benchmarks/dyntet_runtime.json]

Shipped: the avatar's skin and inner parts, through its network and through its basis, and its colours.
By size: the geometry network over nova's own surface at other grids, untrained (its cost does not depend on
what it learned). In the same run: its matrix product alone; the same weights in torch as they are trained,
with what depends on the place computed in every frame; and the rate of a large square product, the most that
ONNX Runtime gets out of this machine. All on one thread.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / root) for root in ("bridge", "runtime", "exporters", "tests/bench")]

import numpy as np  # noqa: E402
import torch  # noqa: E402
from machine import hardware, write_report  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from talkwire.runtime.avatar import DyntetAvatar, find_avatar, load_avatar  # noqa: E402
from talkwire.runtime.engine_onnx import OnnxEngine  # noqa: E402
from talkwire.training.dyntet.graphs import Geometry  # noqa: E402
from talkwire.training.dyntet.grid import make_grid  # noqa: E402
from talkwire.training.dyntet.mesh import make_mesh  # noqa: E402
from talkwire.training.dyntet.model import HeadModel  # noqa: E402
from talkwire.training.dyntet.networks import Widths  # noqa: E402
from talkwire.training.dyntet.prior import HeadPrior  # noqa: E402
from talkwire.training.heads.nova import load_nova_head  # noqa: E402
from talkwire.training.onnx_export import to_onnx  # noqa: E402

GRIDS = (22, 36)
REPEATS = 300
SLOW_REPEATS = 20  # of what takes long
BATCH = 32
SQUARE = 1024


class Product(nn.Module):
    """[N, terms] to [N, 3 V]: the one large matrix product of a frame, alone."""

    def __init__(self, features_tx3v: Tensor) -> None:
        super().__init__()
        self.features: Tensor
        self.register_buffer("features", features_tx3v)

    def forward(self, code: Tensor) -> Tensor:
        """As in the class."""
        return code @ self.features


def median_ms(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Of so many runs, after some to warm up."""
    for _ in range(max(3, repeats // 30)):
        work()
    took = []
    for _ in range(repeats):
        before = time.perf_counter()
        work()
        took.append(1e3 * (time.perf_counter() - before))
    return float(np.median(took))


def of_avatar(name: str) -> dict[str, Any]:
    """Frames per second by mode, colours apart."""
    avatar = load_avatar(find_avatar(name))
    assert isinstance(avatar, DyntetAvatar), name
    weights = np.random.default_rng(0).random((avatar.window, 52)).astype(np.float32) * 0.3
    figures: dict[str, Any] = {"vertices": avatar.topology.vertex_count, "skin": len(avatar.data.mean_vx3)}
    figures["basis components"] = len(avatar.data.components_kxvx3)
    for mode in ("network", "basis"):
        head = DyntetAvatar(avatar.card, avatar.topology, avatar.window, avatar.data, avatar.figures, mode)
        took_ms = median_ms(lambda head=head: head.vertices(weights))
        figures[mode] = {"frame_ms": round(took_ms, 3), "frames_per_s": round(1e3 / took_ms)}
        if avatar.data.colours is not None:
            figures[mode]["colours_ms"] = round(median_ms(lambda head=head: head.texture_patches(weights)), 3)
    return figures


def of_size(n: int) -> dict[str, Any]:
    """The network of a surface cut from a grid of n cells, and its product alone."""
    family = load_nova_head()
    prior = HeadPrior(family, np.zeros(len(family.modes_ixvx3), np.float32), hair=True)
    grid = make_grid(prior.space, n)
    mesh = make_mesh(grid, prior.sealed_field(grid.points_gx3_m), prior)
    widths = Widths()
    torch.manual_seed(0)
    start = torch.from_numpy(prior.sealed_field(grid.points_gx3_m).astype(np.float32))
    model = HeadModel(widths, flat_light=True, gains=1, start_g=start)
    canonical = prior.space.to_lattice(mesh.rest_vx3.numpy()).astype(np.float32)
    model.freeze(mesh, torch.from_numpy(canonical))
    with torch.no_grad():
        geometry = Geometry(model.eval()).eval()
    features = geometry.offsets.features.float()
    whole = _engine(geometry, {"codes": torch.rand(2, 52, widths.window)})
    product = _engine(Product(features).eval(), {"code": torch.rand(2, features.shape[0])})
    rng = np.random.default_rng(0)
    codes = rng.random((1, 52, widths.window)).astype(np.float32)
    code = rng.random((1, features.shape[0])).astype(np.float32)
    frame_ms = median_ms(lambda: whole.run({"codes": codes}))
    product_ms = median_ms(lambda: product.run({"code": code}))
    many, many_code = np.repeat(codes, BATCH, axis=0), np.repeat(code, BATCH, axis=0)
    batch_ms = median_ms(lambda: whole.run({"codes": many}), SLOW_REPEATS)
    batch_product_ms = median_ms(lambda: product.run({"code": many_code}), SLOW_REPEATS)
    with torch.inference_mode():
        own = torch.from_numpy(codes)
        folded = whole.run({"codes": codes})["out"]
        assert np.abs(model.shape(own).vertices_bxvx3.numpy() - folded).max() < 1e-5, "the same weights"
        reference_ms = median_ms(lambda: model.shape(own), SLOW_REPEATS)
    operations = 2 * (features.numel() + multiplications(model))
    product_rate = 2 * features.numel() / product_ms / 1e6
    frame_rate = operations / frame_ms / 1e6
    peak, batch_rate = square_gflops(), BATCH * operations / batch_ms / 1e6
    batch_product_rate = BATCH * 2 * features.numel() / batch_product_ms / 1e6
    return {
        "vertices": len(mesh.rest_vx3),
        "frame_ms": round(frame_ms, 3),
        "frames_per_s": round(1e3 / frame_ms),
        "product_alone_ms": round(product_ms, 3),
        "product_alone_gflops": round(product_rate, 1),
        "frame_gflops": round(frame_rate, 1),
        "frame's rate over the product's": round(frame_rate / product_rate, 2),
        "product's share of the frame's time": round(product_ms / frame_ms, 2),
        "torch, nothing folded, ms": round(reference_ms, 2),
        "torch, nothing folded, over the frame": round(reference_ms / frame_ms, 1),
        f"frame of {BATCH} NPCs at once, ms each": round(batch_ms / BATCH, 3),
        f"gflops, {BATCH} NPCs at once": round(batch_rate, 1),
        f"gflops of their product alone, {BATCH} at once": round(batch_product_rate, 1),
        "gflops of a large square product": round(peak, 1),
        "their product's rate over that": round(batch_product_rate / peak, 2),
        "their whole graph's rate over that": round(batch_rate / peak, 2),
    }


def square_gflops() -> float:
    """Of a product of two square matrices."""

    class Square(nn.Module):
        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return a @ b

    rng = np.random.default_rng(0)
    a, b = (rng.random((SQUARE, SQUARE)).astype(np.float32) for _ in range(2))
    engine = _engine(Square(), {"a": torch.from_numpy(a), "b": torch.from_numpy(b)})
    return 2 * SQUARE**3 / median_ms(lambda: engine.run({"a": a, "b": b}), SLOW_REPEATS) / 1e6


def multiplications(model: HeadModel) -> int:
    """Of the expression's encoder, for one frame."""
    frames, count = model.widths.window, 0
    for layer in (model.encoder.first, *model.encoder.rest):
        frames -= (layer.kernel_size[0] - 1) * layer.dilation[0]
        count += layer.weight.numel() * frames
    return count + model.offset.expression.weight.numel()


def _engine(module: nn.Module, feeds: dict[str, Tensor]) -> OnnxEngine:
    return OnnxEngine(to_onnx(module, feeds, ["out"], {}))


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--avatar", default="nova-dyntet")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/dyntet_runtime.json")
    given = parser.parse_args()
    figures = {given.avatar: of_avatar(given.avatar)}
    for n in GRIDS:
        figures[f"untrained, grid {n}"] = of_size(n)
    write_report(given.out, {"hardware": hardware(), "threads": 1, "figures": figures})
    print(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
