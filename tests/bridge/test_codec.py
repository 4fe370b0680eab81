"""Vertex codecs keep their stated error."""

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from talkwire.bridge import delta8, normals
from talkwire.bridge.codec import Box, decode_vertices, encode_vertices, q16_max_error_m
from talkwire.runtime.arkit import INDEX
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.errors import ProtocolError
from talkwire.runtime.types import Float32

SHARES = hnp.arrays(np.float32, st.tuples(st.integers(1, 40), st.just(3)), elements=st.floats(0, 1, width=32))
corners = st.tuples(*(st.floats(-10, 10, width=32) for _ in range(3)))
extents = st.tuples(*(st.floats(2**-10, 8, width=32) for _ in range(3)))


def box_of(corner: tuple[float, ...], extent: tuple[float, ...]) -> Box:
    low = np.array(corner, np.float32)
    return Box(low, low + np.array(extent, np.float32), np.zeros((0, 3), np.float32))


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


moves = hnp.arrays(
    np.float32, st.tuples(st.integers(1, 40), st.just(3)), elements=st.floats(-(2**-5), 2**-5, width=32)
)


@given(moves)
def test_delta8_stays_within_its_stated_error(moved: Float32) -> None:
    neutral = np.linspace(-0.1, 0.1, moved.size, dtype=np.float32).reshape(-1, 3)
    box = Box.around(neutral)
    used, data = encode_vertices(neutral + moved, "delta8", box)
    error = np.abs(decode_vertices(used, data, box).astype(np.float64) - (neutral + moved))
    assert error.max() <= delta8.MAX_ERROR_M + 1e-7
    far = np.abs((neutral + moved) - neutral).max() > delta8.MOST * delta8.COARSEST_STEP_M
    assert (used == "delta8") == (not far)


@pytest.mark.parametrize("name", ["nova", "nova-dyntet"])
def test_a_wide_face_in_delta8_is_a_ninth_of_q16(name: str) -> None:
    head = load_avatar(find_avatar(name))
    weights = np.zeros((5, 52), np.float32)
    weights[:, [INDEX["jawOpen"], INDEX["mouthSmileLeft"], INDEX["eyeBlinkLeft"]]] = 0.5
    vertices, box = head.posed([weights])[0], Box.around(head.topology.neutral_vx3)
    used, data = encode_vertices(vertices, "delta8", box)
    assert used == "delta8" and len(data) < 6 / 9 * len(vertices)
    assert np.abs(decode_vertices(used, data, box) - vertices).max() < delta8.MAX_ERROR_M + 1e-7


NEUTRAL = np.linspace(-0.1, 0.1, 30, dtype=np.float32).reshape(-1, 3)
WHOLE = delta8.encode(NEUTRAL + np.float32(0.001), NEUTRAL)
assert WHOLE is not None
BOMB = WHOLE[:4] + zstandard.compress(bytes(10_000_000))


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        (WHOLE[:-1], "bytes"),
        (WHOLE + b"x", "bytes"),
        (WHOLE[:4] + b"no zstd frame", "bytes"),
        (BOMB, "10000000 steps"),
        (WHOLE[:4] + zstandard.compress(bytes(29)), "29 steps"),
        (b"\0\0\0\0" + WHOLE[4:], "a step of 0 m"),
        (np.float32(np.nan).tobytes() + WHOLE[4:], "a step of nan m"),
        (np.float32(2).tobytes() + WHOLE[4:], "a step of 2 m"),
    ],
)
def test_what_is_no_delta8_is_refused(data: bytes, seen: str) -> None:
    with pytest.raises(ProtocolError, match=rf"vertices is wrong: saw .*{seen}"):
        decode_vertices("delta8", data, Box.around(NEUTRAL))


def test_delta8_of_another_head_goes_as_q16() -> None:
    assert encode_vertices(NEUTRAL[:5], "delta8", Box.around(NEUTRAL))[0] == "q16"


units = hnp.arrays(np.float64, (20, 3), elements=st.floats(-1, 1, width=32)).filter(
    lambda v: bool((np.linalg.norm(v, axis=1) > 0.01).all())
)


@given(units)
def test_normals_stay_within_their_stated_error(vectors: Float32) -> None:
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    data = normals.encode(unit)
    back = normals.decode(data)
    assert len(data) == 2 * len(unit)
    cosine = np.sum(unit.astype(np.float64) * back, axis=1).clip(-1, 1)
    assert np.degrees(np.arccos(cosine)).max() <= normals.MAX_ERROR_DEG


@pytest.mark.parametrize("codec", ["f32", "q16", "delta8"])
def test_a_broken_length_is_refused(codec: str) -> None:
    box = Box.around(np.array([[0, 0, 0], [1, 1, 1]], np.float32))
    with pytest.raises(ProtocolError, match=r"vertices is wrong: saw 7 bytes"):
        decode_vertices(codec, b"1234567", box)


def test_an_unknown_codec_is_refused() -> None:
    box = Box.around(np.array([[0, 0, 0], [1, 1, 1]], np.float32))
    with pytest.raises(ProtocolError, match="unknown codec: saw zip, wanted f32 or q16 or delta8"):
        decode_vertices("zip", b"", box)
