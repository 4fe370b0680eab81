"""Every plane says what the avatar does, and nothing of it is made for nobody."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from bridge.conftest import until
from bridge.test_texture import moment
from talkwire.bridge import normals, wire
from talkwire.bridge.basis import face_from
from talkwire.bridge.client import Client
from talkwire.bridge.codec import Box, decode_vertices
from talkwire.bridge.media import Media, decode_media, encode_media
from talkwire.bridge.moment import Moment
from talkwire.bridge.planes import FRAMES, PLANES, STATICS, Sending
from talkwire.bridge.texture import bc1_pixels, bc1_texture_message, patches_from
from talkwire.runtime.mesh import vertex_normals
from talkwire.runtime.types import Float32
from talkwire.runtime.visemes import VISEMES, visemes

Connect = Callable[[], Client]
BY_NAME = {plane.name: plane for plane in PLANES}


@cache
def nova() -> Moment:
    return moment("nova-dyntet", 0.4)


def sent(name: str) -> wire.Message:
    """What is read of that plane."""
    topology = nova().head.topology
    message = BY_NAME[name].make(nova(), Sending(topology.id, Box.around(topology.neutral_vx3), 7))
    assert message is not None
    back = decode_media(encode_media(Media("nova", name, message)))
    assert back.message == message
    return message


@pytest.mark.parametrize(
    ("codec", "error_m"), [("f32", 0.0), ("q16", 4e-6), ("delta8", 1.01e-4), ("q16n", 4e-6)]
)
def test_vertices_of_every_codec_are_the_avatars(codec: str, error_m: float) -> None:
    message = sent(FRAMES[codec])
    assert isinstance(message, wire.Frame)
    box = Box.around(nova().head.topology.neutral_vx3)
    vertices = decode_vertices(message.codec, message.vertices, box)
    assert np.abs(vertices - nova().frame.vertices_vx3).max() <= error_m
    assert bool(message.normals) == (codec == "q16n")


def test_normals_are_those_of_the_mesh_with_seams_welded() -> None:
    message, topology = sent("frame/q16n"), nova().head.topology
    assert isinstance(message, wire.Frame)
    true = vertex_normals(nova().frame.vertices_vx3, topology.triangles_tx3, topology.weld_v)
    cosine = (true * normals.decode(message.normals)).sum(axis=1).clip(-1, 1)
    assert np.degrees(np.arccos(cosine)).max() <= normals.MAX_ERROR_DEG


@pytest.mark.parametrize("plane", ["frame/arkit", "frame/basis"])
def test_weights_and_pose_are_there_in_half_precision(plane: str) -> None:
    message, face = sent(plane), nova().pose.face
    assert isinstance(message, wire.Coefficients)
    back = face_from(message)
    np.testing.assert_allclose(back.weights, face.weights, atol=5e-4)
    np.testing.assert_allclose(back.head_rotation, face.head_rotation, atol=1e-4)
    assert bool(message.own) == (plane == "frame/basis")


def test_visemes_are_those_of_the_weights() -> None:
    message = sent("viseme")
    assert isinstance(message, wire.Visemes)
    shares = np.frombuffer(message.shares, "<f2").astype(np.float32)
    np.testing.assert_allclose(shares, visemes(nova().pose.face.weights), atol=1e-3)
    assert len(shares) == len(VISEMES) and shares.sum() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("plane", "worst"), [("patch", 3.0), ("patch/bc1", 4.0), ("patch/rgb", 0.0)])
def test_rectangles_of_every_format_are_those_of_the_texture(plane: str, worst: float) -> None:
    message = sent(plane)
    assert isinstance(message, wire.Patch)
    for shown, true in zip(patches_from(message), nova().patches, strict=True):
        assert (shown.left, shown.top) == (true.left, true.top)
        assert rms(shown.rgb_hxwx3, true.rgb_hxwx3) <= worst


def rms(a: np.ndarray, b: np.ndarray) -> float:
    difference: Float32 = a.astype(np.float32) - b
    return float(np.sqrt((difference**2).mean()))


def test_the_whole_texture_comes_as_blocks_for_a_card() -> None:
    message = bc1_texture_message(nova().head)
    assert len(message.image) * 2 == message.width_px * message.height_px
    pixels = bc1_pixels(message.image, message.width_px, message.height_px)
    patch = nova().head.painted([nova().heard_wx52 * 0], [0.0])[0][0]
    height, width = patch.rgb_hxwx3.shape[:2]
    there = pixels[patch.top : patch.top + height, patch.left : patch.left + width]
    assert rms(there, patch.rgb_hxwx3) < 12, "the neutral texture, there"


def test_every_plane_arrives_and_one_that_is_left_comes_no_more(connect: Connect) -> None:
    client = connect()
    client.open("nova")
    for plane in (*BY_NAME, *STATICS):
        client.subscribe("nova", plane)
    waiting = {*BY_NAME, *STATICS}
    until(client, lambda m: waiting.discard(m.plane) or not waiting)  # type: ignore[func-returns-value]
    for plane in BY_NAME:
        client.unsubscribe("nova", plane)
    client.subscribe("nova", "viseme")
    for _ in range(30):
        client.poll(0.005)
    seen = until(client, lambda m: m.plane == "viseme")
    assert {m.plane for m in seen} == {"viseme"}


def test_detail_follows_the_game(connect: Connect) -> None:
    client = connect()
    client.open("nova")
    client.listen("nova", patches=False)
    assert client.suggested("nova") == "frame/q16"
    until(client, lambda m: m.plane == "frame/q16")
    for codec in ("basis", "arkit", "delta8"):
        client.detail("nova", codec)
        until(client, lambda m: m.plane == FRAMES[codec])  # noqa: B023
    client.detail("nova", None)
    for _ in range(30):
        client.poll(0.005)
    assert not client.poll(0.2), "out of sight: nothing is sent"
