"""The codecs of meshopt: its own decoder gives back what went in, whatever it is."""

import numpy as np
import pytest

from judges.meshopt import decoded
from talkwire.exporters.gltf.meshopt import encode_attributes, encode_triangles
from talkwire.exporters.gltf.order import by_first_use, neighbours_first


@pytest.mark.usefixtures("gltf_transform")
def test_attributes_come_back_bit_for_bit() -> None:
    """Of one element and of many slabs, of every stride, of what stands still, drifts and is noise."""
    rng = np.random.default_rng(0)
    wanted, streams = [], []
    for count, stride in (
        (1, 4),
        (15, 4),
        (16, 8),
        (256, 4),
        (257, 4),
        (1000, 12),
        (700, 256),
        (20_000, 104),
    ):
        for wild in (0.0, 0.3, 90.0):
            walk = np.cumsum(rng.normal(0, wild, (count, stride)), axis=0)
            data = walk.astype(np.int64).astype(np.uint8).reshape(-1)
            wanted.append(data.tobytes())
            streams.append((encode_attributes(data, stride), "ATTRIBUTES", count, stride))
    assert decoded(streams) == wanted
    still = [len(stream) for stream, _, count, _ in streams[::3] if count == 20_000]
    assert still[0] < 20_000 * 104 / 50  # what does not change costs next to nothing


@pytest.mark.usefixtures("gltf_transform")
def test_triangles_come_back_in_order_and_winding() -> None:
    rng = np.random.default_rng(1)
    grid = np.arange(30 * 30).reshape(30, 30)
    squares = np.stack([grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]], axis=-1).reshape(-1, 4)
    sheet = np.concatenate([squares[:, [0, 1, 2]], squares[:, [0, 2, 3]]])
    walked = sheet[neighbours_first(sheet)]
    meshes = [
        (rng.integers(0, most, (count, 3)), 4) for count, most in ((1, 3), (2, 4), (500, 9), (800, 90_000))
    ]
    meshes += [(sheet, 2), (walked, 2)]
    arrays = [corners.astype("<u2" if size == 2 else "<u4") for corners, size in meshes]
    streams = [(encode_triangles(one), "TRIANGLES", one.size, one.itemsize) for one in arrays]
    for one, data in zip(arrays, decoded(streams), strict=True):
        back = np.frombuffer(data, one.dtype).reshape(-1, 3)
        turns = [np.roll(one, -turn, axis=1) for turn in range(3)]
        assert np.any([(back == turned).all(axis=1) for turned in turns], axis=0).all()
    assert len(streams[-1][0]) < len(streams[-2][0]) / 2  # by neighbourhood they are small


def test_an_order_is_all_of_it_once() -> None:
    rng = np.random.default_rng(2)
    triangles = rng.integers(0, 40, (90, 3))
    assert sorted(neighbours_first(triangles)) == list(range(90))
    order = by_first_use(triangles, 50)
    assert sorted(order) == list(range(50))
    assert list(order[: len(np.unique(triangles))]) == list(dict.fromkeys(triangles.reshape(-1).tolist()))
