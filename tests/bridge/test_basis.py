"""Heads as sums on the wire: the basis once, coefficients in every frame."""

import time
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from bridge.cases import MEDIA
from talkwire.bridge import wire
from talkwire.bridge.basis import basis_from, basis_message, coefficients_message, face_from, vertices_from
from talkwire.bridge.client import Client
from talkwire.bridge.media import COEFFICIENTS, Media, encode_media
from talkwire.bridge.moment import Moment, condense_together
from talkwire.bridge.pack import mesh_message
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.sinks import SilentSink
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.synthetic import SyntheticHead, SyntheticSession, synthetic_topology
from talkwire.runtime.audio import read_audio
from talkwire.runtime.avatar import DATA, Avatar, find_avatar, load_avatar
from talkwire.runtime.errors import ProtocolError
from talkwire.runtime.session import open_session

LINE = read_audio(DATA / "lines/he_turned_sharply.wav")
SPHERE = synthetic_topology(100)
HEADS = ("nova", "nova-dyntet")
BASIS = MEDIA["basis"].message
assert isinstance(BASIS, wire.Basis)


@cache
def head(name: str) -> Avatar:
    return load_avatar(find_avatar(name))


@cache
def moments(name: str) -> list[Moment]:
    session = open_session(head(name))
    session.begin(LINE.sample_rate_hz)
    session.push(LINE.samples)
    session.end()
    return [
        Moment(pose, heard, head(name), LINE.sample_rate_hz, wire.KEY) for pose, heard in session.pull_heard()
    ]


def sent(moment: Moment) -> wire.Coefficients:
    return coefficients_message(moment, topology_id=moment.head.topology.id, server_ns=2**40)


@pytest.mark.parametrize("name", HEADS)
def test_a_head_is_shown_from_coefficients_as_from_vertices(name: str) -> None:
    basis = basis_from(basis_message(head(name)))
    for moment in moments(name)[::5]:
        message = sent(moment)
        shown = vertices_from(message, basis)
        assert np.abs(shown - moment.frame.vertices_vx3).max() < 3e-5  # metres: 0.03 mm
        assert np.abs(face_from(message).head_rotation - moment.pose.face.head_rotation).max() < 2e-5
        assert (
            np.abs(face_from(message).head_translation_m - moment.pose.face.head_translation_m).max() < 1e-5
        )


def test_coefficients_of_another_basis_are_refused() -> None:
    message = sent(moments("nova-dyntet")[0])
    with pytest.raises(
        ProtocolError, match=r"Coefficients\.own is wrong: saw 40 numbers, wanted the basis' 0"
    ):
        vertices_from(message, basis_from(basis_message(head("nova"))))


@pytest.mark.parametrize("name", HEADS)
def test_a_frame_is_small(name: str) -> None:
    part = encode_media(Media("nova", COEFFICIENTS, sent(moments(name)[-1])))
    assert len(part) < 300


def test_the_basis_says_what_the_avatar_records_of_its_error() -> None:
    avatar = head("nova-dyntet")
    message = basis_message(avatar)
    assert message.error_m == pytest.approx(avatar.figures["basis"]["p99_mm"] / 1000)  # type: ignore[attr-defined]
    assert basis_message(head("nova")).error_m == 0
    assert basis_message(avatar) is message, "made once"


def test_coefficients_of_many_at_once_are_each_as_alone() -> None:
    some = [replace(moment) for moment in moments("nova-dyntet")[:4]]
    condense_together(some)
    for moment, alone in zip(some, moments("nova-dyntet"), strict=False):
        assert moment.own_k is not None
        np.testing.assert_array_equal(moment.coefficients, alone.coefficients)


@pytest.mark.parametrize(
    "change",
    [
        {"blocks": ((0, 5, 0, 1),)},
        {"blocks": ((0, 4, 54, 2),)},
        {"blocks": ((1, 4, 0, 1),)},
        {"scales_m": b"\0" * 8},
        {"components": b"\0" * 12},
        {"mean_vx3": b"\0" * 13},
    ],
)
def test_a_basis_that_does_not_fit_together_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ProtocolError, match="Basis"):
        replace(BASIS, **change)  # type: ignore[arg-type]


def test_a_client_that_multiplies_shows_the_same_head() -> None:
    server = Server(lambda: SyntheticSession(SPHERE), port=0)
    with serving(server) as where, Client(where, timeout_s=10) as client:
        client.open("nova")
        client.listen("nova", "basis")
        player, planes, until_s = Player(SilentSink()), set(), time.monotonic() + 10
        line = client.begin("nova", 16_000)
        client.push("nova", line, np.full(8_000, 0.1, np.float32))
        client.end("nova", line)
        picture = None
        while (picture is None or picture.idle or not picture.weights.any()) and time.monotonic() < until_s:
            media = client.poll(0.01)
            planes |= {item.plane for item in media}
            player.receive(media, time.monotonic_ns())
            picture = player.present(time.monotonic_ns())
    assert picture is not None and not picture.idle
    assert {"basis", "frame/basis"} <= planes and "frame/q16" not in planes
    wanted = SyntheticHead(SPHERE).posed([picture.weights[None]])[0]
    np.testing.assert_allclose(picture.vertices_vx3, wanted, atol=3e-5)


def test_without_the_basis_nothing_is_shown() -> None:
    player, head_ = Player(SilentSink()), SyntheticHead(SPHERE)
    session = SyntheticSession(SPHERE)
    session.begin(16_000)
    session.push(np.zeros(8_000, np.float32))
    for pose, heard in session.pull_heard():
        frame = coefficients_message(
            Moment(pose, heard, head_, 16_000, wire.IDLE), topology_id=SPHERE.id, server_ns=0
        )
        player.receive(
            [Media("nova", "mesh", mesh_message(SPHERE, 60)), Media("nova", COEFFICIENTS, frame)], 0
        )
    assert player.present(0) is None
    player.receive([Media("nova", "basis", basis_message(head_))], 0)
    assert player.present(0) is not None
