"""`talkwire livelink` as a process, received by another program's decoder."""

import socket
from collections.abc import Iterator

import pytest
from pylivelinkface import FaceBlendShape, PyLiveLinkFace

from cli.conftest import PATIENCE_S, Start, finish
from support import LINE


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(PATIENCE_S)
        yield receiver


def test_a_line_moves_the_jaw_there(start: Start, serving: str, receiver: socket.socket) -> None:
    to = f"127.0.0.1:{receiver.getsockname()[1]}"
    words = ("--server", serving, "--to", to, "--subject", "Nova_1", "--seconds", 5, "--fps", 30, "--mute")
    sender = start("livelink", *words)
    there, face = PyLiveLinkFace.decode(receiver.recv(2048))
    assert there and (face.name, face.fps) == ("Nova_1", 30)
    speaker = start("say", LINE, "--server", serving)
    jaws, frames = [], [face._frames]
    while not jaws or max(jaws) < 0.1:
        _, face = PyLiveLinkFace.decode(receiver.recv(2048))
        jaws.append(face.get_blendshape(FaceBlendShape.JawOpen))
        frames.append(face._frames)
    assert frames == sorted(frames) or frames[-1] < frames[0]  # or it was midnight
    assert finish(speaker)[0] == 0
    code, out, err = finish(sender)
    assert (code, err) == (0, "")
    assert f"nova to {to} as Nova_1, 30 frames/s" in out and out.endswith(" datagrams sent\n")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--fps", 25), 2, "25 frames a second are none of 24, 30, 60"),
        (("--to", "host:port"), 2, "is no place to send to"),
        (("--to", "127.0.0.1:70000"), 2, "is no place to send to"),
        (("--to", "no.such.host.invalid"), 7, "nothing can be sent to no.such.host.invalid:11111"),
        (("--subject", "Nóva"), 6, "this subject cannot be sent"),
        (("--npc", "no such name"), 6, "session is wrong"),
    ],
)
def test_what_cannot_be_is_said(
    start: Start, serving: str, words: tuple[object, ...], code: int, sentence: str
) -> None:
    got, _, err = finish(start("livelink", "--server", serving, "--mute", "--seconds", 3, *words))
    assert got == code and sentence in " ".join(err.replace("│", " ").split()) and "Traceback" not in err


def test_no_server_is_exit_7(start: Start) -> None:
    code, _, err = finish(start("livelink", "--server", "tcp://127.0.0.1:9", "--mute"))
    assert code == 7 and "talkwire serve" in err
