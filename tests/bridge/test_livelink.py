"""Live Link Face's datagrams, read by another program's decoder: the values are those that are shown."""

import contextlib
import socket
import struct
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pylivelinkface import FaceBlendShape, PyLiveLinkFace

from bridge.conftest import PATIENCE_S
from talkwire.bridge.client import Client
from talkwire.bridge.datagrams import Datagrams
from talkwire.bridge.livelink import COUNT, Packet, decode, device_of, encode, packet_of, stream
from talkwire.bridge.playing.picture import Picture
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.sinks import SilentSink
from talkwire.bridge.playing.watching import watch
from talkwire.runtime.angles import ANGLE_NAMES
from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.errors import LinkError, ProtocolError


def picture(weights: dict[str, float] | None = None, rotation: tuple[float, ...] = (0, 0, 0, 1)) -> Picture:
    shape = np.zeros(52, np.float32)
    for name, value in (weights or {}).items():
        shape[INDEX[name]] = value
    head = np.array(rotation, np.float32)
    return Picture(1, 0, False, 0.0, 0.0, shape, head, np.zeros(3, np.float32), None)


def judged(data: bytes) -> PyLiveLinkFace:
    there, face = PyLiveLinkFace.decode(data)
    assert there
    return face


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(PATIENCE_S)
        yield receiver


def test_the_names_and_their_order_are_the_judges() -> None:
    names = [*(name[0].upper() + name[1:] for name in ARKIT_NAMES), *ANGLE_NAMES]
    assert names == [shape.name for shape in FaceBlendShape] and len(names) == COUNT == 61


def test_another_program_reads_each_value_where_it_belongs() -> None:
    values = np.random.default_rng(0).random(61).astype(np.float32)
    face = judged(encode(Packet(device_of("nova"), "nova", 1_234_567.25, 30, values)))
    assert (face.name, face.fps, face._denominator) == ("nova", 30, 1)
    assert (face._frames, face._sub_frame) == (1_234_567, 0.25)
    assert face.uuid == f"${device_of('nova')}"  # it takes the length's last byte, 36, for a sign
    assert [face.get_blendshape(shape) for shape in FaceBlendShape] == values.tolist()


def test_what_is_shown_is_what_is_sent() -> None:
    half = np.sqrt(0.5)
    shown = picture({"jawOpen": 0.5, "jawLeft": 0.25, "eyeLookDownLeft": 1.0}, (0, half, 0, half))
    face = judged(encode(packet_of(shown, "nova", 60, 2.0)))
    assert face.get_blendshape(FaceBlendShape.JawOpen) == 0.5
    assert face.get_blendshape(FaceBlendShape.JawLeft) == 0.25
    assert face.get_blendshape(FaceBlendShape.HeadYaw) == pytest.approx(np.pi / 2, abs=1e-3)
    assert face.get_blendshape(FaceBlendShape.HeadPitch) == pytest.approx(0, abs=1e-3)
    assert face.get_blendshape(FaceBlendShape.LeftEyePitch) == pytest.approx(np.radians(35))
    assert face.get_blendshape(FaceBlendShape.RightEyePitch) == 0
    assert face._frames == 120


def test_a_live_npc_by_way_of_the_network(endpoint: str, receiver: socket.socket) -> None:
    """Each datagram is the picture on the screen at its tick."""
    shown: list[Picture] = []
    with (
        Client(endpoint, timeout_s=PATIENCE_S) as client,
        Datagrams(*receiver.getsockname()) as datagrams,
    ):
        client.open("nova")
        client.listen("nova", "arkit", patches=False)
        line = client.begin("nova", 16_000)
        client.push("nova", line, np.full(16_000, 0.2, np.float32))
        client.end("nova", line)

        def pictures() -> Iterator[Picture | None]:
            for picture in watch(client, Player(SilentSink()), seconds=1.5, display_hz=30):
                shown.extend([picture] if picture is not None else shown[-1:])
                yield picture

        sent = list(stream(pictures(), datagrams.send, "Nova", 30, lambda: 3600.0))
    assert len(sent) == len(shown) > 10
    faces = [judged(receiver.recv(2048)) for _ in sent]
    for face, picture in zip(faces, shown, strict=True):
        got = [face.get_blendshape(shape) for shape in list(FaceBlendShape)[:52]]
        assert got == picture.weights.tolist()
        assert (face.name, face._frames) == ("Nova", 3600 * 30)
    jaws = [face.get_blendshape(FaceBlendShape.JawOpen) for face in faces]
    assert max(jaws) == pytest.approx(0.8, abs=0.01) and min(jaws) == 0


def test_where_nothing_is_shown_nothing_is_sent_and_what_was_stays() -> None:
    sent: list[bytes] = []
    first = picture({"jawOpen": 0.5})
    packets = list(stream([None, first, None], sent.append, "nova", 60, lambda: 0.0))
    assert len(packets) == len(sent) == 2 and sent[0] == sent[1]


def test_a_receiver_that_is_not_there_is_no_error(receiver: socket.socket) -> None:
    address = receiver.getsockname()
    receiver.close()
    with Datagrams(*address) as datagrams:
        for _ in range(50):
            datagrams.send(b"face")


@pytest.mark.parametrize("host", ["no.such.host.invalid", "", "a" * 300, "256.1.1.1"])
def test_a_host_that_is_not_known_is_a_sentence(host: str) -> None:
    with (
        pytest.raises(LinkError, match=r"nothing can be sent to .*: saw .*wanted a host that"),
        Datagrams(host, 1) as d,
    ):
        d.send(b"face")


def test_no_way_there_is_a_sentence() -> None:
    with pytest.raises(LinkError, match="nothing can be sent to"), Datagrams("127.0.0.1", 11111) as datagrams:
        datagrams.send(bytes(70_000))  # which is what a network that takes nothing answers


@pytest.mark.parametrize("subject", ["", "n" * 65, "Nóva", "a\nb", "a\0b"])
def test_a_subject_that_unreal_could_not_read_is_refused(subject: str) -> None:
    with pytest.raises(ProtocolError, match="this subject cannot be sent"):
        encode(packet_of(picture(), subject, 60, 0.0))


def test_every_truncation_and_other_bytes_are_refused() -> None:
    data = encode(packet_of(picture({"jawOpen": 0.5}), "nova", 60, 1.0))
    assert len(data) == 1 + 4 + 36 + 4 + 4 + 16 + 1 + 61 * 4
    for cut in range(len(data)):
        with pytest.raises(ProtocolError, match="no face of Live Link"):
            decode(data[:cut])
    for wrong in (data + b"\0", b"\5" + data[1:], data[:1] + struct.pack(">i", -5) + data[5:]):
        with pytest.raises(ProtocolError, match="no face of Live Link"):
            decode(wrong)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        decode(b"\x06" + data)


@given(st.floats(0, 86_400), st.sampled_from([24, 30, 60]))
def test_time_goes_there_and_back(time_s: float, fps: int) -> None:
    data = encode(packet_of(picture(), "nova", fps, time_s))
    assert decode(data).time_frames == pytest.approx(time_s * fps, abs=1e-6)
    assert 0 <= judged(data)._sub_frame < 1
