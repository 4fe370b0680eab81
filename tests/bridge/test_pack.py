"""Between runtime values and messages."""

from dataclasses import replace

import numpy as np
import pytest

from bridge.cases import MEDIA
from support import small_avatar
from talkwire.bridge import wire
from talkwire.bridge.message import decode, encode
from talkwire.bridge.moment import Moment
from talkwire.bridge.pack import frame_from, frame_message, mesh_message, texture_message, topology_from
from talkwire.bridge.synthetic import SyntheticHead
from talkwire.runtime.errors import ProtocolError
from talkwire.runtime.types import Face, Pose

TOPOLOGY = small_avatar().topology


def test_a_topology_comes_back_as_it_went() -> None:
    back = topology_from(mesh_message(TOPOLOGY, 60), texture_message(TOPOLOGY))
    assert back.id == TOPOLOGY.id and back.parts == TOPOLOGY.parts and back.texture == TOPOLOGY.texture
    for name in ("neutral_vx3", "triangles_tx3", "uvs_vx2", "weld_v"):
        np.testing.assert_array_equal(getattr(back, name), getattr(TOPOLOGY, name))


def test_a_mesh_can_be_had_before_its_texture() -> None:
    assert topology_from(mesh_message(TOPOLOGY, 60), None).texture == b""


@pytest.mark.parametrize(("said", "sent"), [("Ann, who agreed", "Ann, who agreed"), ("é" * 600, "é" * 512)])
def test_a_mesh_says_whom_it_shows_as_far_as_it_fits(said: str, sent: str) -> None:
    mesh = mesh_message(TOPOLOGY, 60, replace(small_avatar().card, kind="g4g", shows=said))
    assert (mesh.generated, mesh.shows) == ("compositeWithTrainedAlgorithmicMedia", sent)
    assert decode(encode(mesh), expect=(wire.Mesh,)) == mesh


def test_a_texture_of_another_avatar_is_refused() -> None:
    other = MEDIA["texture"].message
    assert isinstance(other, wire.Texture)
    with pytest.raises(ProtocolError, match=f"saw for {other.topology_id}, wanted for {TOPOLOGY.id}"):
        topology_from(mesh_message(TOPOLOGY, 60), other)


def test_a_texture_that_is_no_picture_is_refused() -> None:
    with pytest.raises(ProtocolError, match="something else, wanted PNG or JPEG"):
        texture_message(replace(TOPOLOGY, texture=b"GIF89a"))


def test_jpeg_and_png_are_told_apart() -> None:
    assert texture_message(TOPOLOGY).format == "png"
    assert texture_message(replace(TOPOLOGY, texture=b"\xff\xd8\xff\xe0")).format == "jpeg"


def test_a_frame_comes_back_as_it_went() -> None:
    rng = np.random.default_rng(0)
    face = Face(
        rng.random(52).astype(np.float32),
        np.array([0.6, 0, 0, 0.8], np.float32),
        np.array([1e-3, 0, 2e-3], np.float32),
    )
    pose, head = Pose(3, 2, 1, 735, face), SyntheticHead(TOPOLOGY)
    moment = Moment(pose, face.weights[None], head, 44_100, wire.KEY)
    box = mesh_message(TOPOLOGY, 60).box
    message = frame_message(moment, topology_id=TOPOLOGY.id, codec="f32", box=box, server_ns=9)
    back = frame_from(message, box)
    assert (back.utterance, back.generation, back.seq, back.pts) == (3, 2, 1, 735)
    for name in ("weights", "head_rotation", "head_translation_m"):
        np.testing.assert_array_equal(getattr(back.face, name), getattr(face, name))
    np.testing.assert_array_equal(back.vertices_vx3, head.posed([face.weights[None]])[0])
