"""Vertex codecs keep their stated error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from talkwire.bridge.codec import CODECS, Box, decode_vertices, encode_vertices, q16_max_error_m
from talkwire.runtime.errors import ProtocolError
from talkwire.runtime.types import Float32

SHARES = hnp.arrays(np.float32, st.tuples(st.integers(1, 40), st.just(3)), elements=st.floats(0, 1, width=32))
corners = st.tuples(*(st.floats(-10, 10, width=32) for _ in range(3)))
extents = st.tuples(*(st.floats(2**-10, 8, width=32) for _ in range(3)))


def box_of(corner: tuple[float, ...], extent: tuple[float, ...]) -> Box:
    low = np.array(corner, np.float32)
    return Box(low, low + np.array(extent, np.float32))


@given(SHARES, corners, extents)
def test_q16_stays_within_its_stated_error(
    shares: Float32, corner: tuple[float, ...], extent: tuple[float, ...]
) -> None:
    box = box_of(corner, extent)
    vertices = box.low_m + shares * (box.high_m - box.low_m)
    used, data = encode_vertices(vertices, "q16", box)
    error = np.abs(decode_vertices(used, data, box).astype(np.float64) - vertices)
    assert (error <= q16_max_error_m(box)).all()
    assert used == "f32" or len(data) == 6 * len(vertices)


@given(SHARES, corners, extents)
def test_f32_is_exact(shares: Float32, corner: tuple[float, ...], extent: tuple[float, ...]) -> None:
    box = box_of(corner, extent)
    used, data = encode_vertices(shares, "f32", box)
    assert used == "f32"
    np.testing.assert_array_equal(decode_vertices(used, data, box), shares)


def test_a_head_in_q16_is_within_4_micrometres() -> None:
    head = np.array([[-0.1, -0.15, -0.1], [0.1, 0.15, 0.12]], np.float32)
    assert float(q16_max_error_m(Box.around(head)).max()) < 4e-6


def test_motion_beyond_the_box_is_sent_exactly() -> None:
    box = Box.around(np.array([[0, 0, 0], [0.2, 0.2, 0.2]], np.float32))
    out = np.array([[0.1, 0.1, 9.0]], np.float32)
    used, data = encode_vertices(out, "q16", box)
    assert used == "f32"
    np.testing.assert_array_equal(decode_vertices(used, data, box), out)


def test_nan_is_never_quantised() -> None:
    box = Box.around(np.array([[0, 0, 0], [0.2, 0.2, 0.2]], np.float32))
    assert encode_vertices(np.array([[np.nan, 0, 0]], np.float32), "q16", box)[0] == "f32"


def test_a_flat_mesh_still_has_a_box_with_volume() -> None:
    box = Box.around(np.zeros((3, 3), np.float32))
    assert (box.low_m < box.high_m).all()


@pytest.mark.parametrize("codec", CODECS)
def test_a_broken_length_is_refused(codec: str) -> None:
    box = Box.around(np.array([[0, 0, 0], [1, 1, 1]], np.float32))
    with pytest.raises(ProtocolError, match=r"vertices is wrong: saw 7 bytes"):
        decode_vertices(codec, b"1234567", box)


def test_an_unknown_codec_is_refused() -> None:
    box = Box.around(np.array([[0, 0, 0], [1, 1, 1]], np.float32))
    with pytest.raises(ProtocolError, match="unknown codec: saw zip, wanted f32 or q16"):
        decode_vertices("zip", b"", box)
