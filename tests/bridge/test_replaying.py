"""A recording that is played back is the same, bit for bit, to whoever reads it as the recorder did."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge.cases import MEDIA
from bridge.conftest import PATIENCE_S, TOPOLOGY
from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.media import Media, decode_media
from talkwire.bridge.message import decode, encode
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.sinks import SilentSink
from talkwire.bridge.playing.watching import watch
from talkwire.bridge.recording import Recorder, parts, survey
from talkwire.bridge.serving.reel import BETWEEN_ROUNDS_NS, Reel
from talkwire.bridge.serving.replaying import MOTION, Replay
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.sockets import ClientSockets
from talkwire.bridge.synthetic import SyntheticSession
from talkwire.runtime.errors import LinkError, ProtocolError

MS = 1_000_000


def record(client: Client, path: Path, *, seconds: float) -> None:
    """As `talkwire listen --record` does."""
    with Recorder(path) as recorder:
        for _ in watch(client, Player(SilentSink()), seconds=seconds, recorder=recorder):
            pass


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A line, an interruption and silence, as they came from a server."""
    path = tmp_path_factory.mktemp("recording") / "a.twrec"
    server = Server(lambda: SyntheticSession(TOPOLOGY), port=0)
    with serving(server), Client(server.endpoint, timeout_s=PATIENCE_S) as client:
        client.open("nova")
        client.listen("nova")
        line = client.begin("nova", 16_000)
        for _ in range(3):
            client.push("nova", line, np.full(8_000, 0.25, np.float32))
        with Recorder(path) as recorder:
            for tick, _ in enumerate(
                watch(client, Player(SilentSink()), seconds=1.5, recorder=recorder, display_hz=50)
            ):
                if tick == 40:
                    client.interrupt("nova")
    return path


@pytest.fixture
def replayed(recording: Path) -> Iterator[Replay]:
    yield from running(Replay(recording, survey(recording), port=0))


def running(replay: Replay) -> Iterator[Replay]:
    stop = threading.Event()
    thread = threading.Thread(target=replay.run, args=(stop,), daemon=True)
    thread.start()
    yield replay
    stop.set()
    thread.join(PATIENCE_S)


def by_socket(path: Path) -> tuple[list[bytes], list[bytes]]:
    """Parts in order, of media and of motion: between the two there is no order."""
    all_parts = [part for _, part in parts(path)]
    planes = [decode_media(part).plane for part in all_parts]
    media, motion = (
        [part for part, plane in zip(all_parts, planes, strict=True) if (plane in MOTION) is side]
        for side in (False, True)
    )
    return media, motion


def test_a_recorder_sees_the_same_again_bit_for_bit(
    recording: Path, replayed: Replay, tmp_path: Path
) -> None:
    with Client(replayed.endpoint, timeout_s=PATIENCE_S) as client:
        client.open("nova")
        client.listen("nova")
        record(client, tmp_path / "b.twrec", seconds=survey(recording).seconds + 0.5 + 0.4)
    media, motion = by_socket(tmp_path / "b.twrec")
    assert (media, motion) == by_socket(recording)
    kinds = {type(decode_media(part).message) for part in media + motion}
    assert kinds == {wire.Mesh, wire.Texture, wire.Audio, wire.Event, wire.Frame, wire.Patch}


def test_who_reads_later_gets_what_never_changes(replayed: Replay) -> None:
    with (
        Client(replayed.endpoint, timeout_s=PATIENCE_S) as first,
        Client(replayed.endpoint, timeout_s=PATIENCE_S) as second,
    ):
        first.listen("nova")
        while not any(isinstance(m.message, wire.Frame) for m in first.poll(PATIENCE_S)):
            pass
        second.listen("nova")
        seen: set[str] = set()
        while not {"mesh", "texture", "frame/q16"} <= seen:
            seen |= {m.plane for m in second.poll(PATIENCE_S)}


def test_it_answers_as_a_server_does(recording: Path, replayed: Replay) -> None:
    mesh = survey(recording).meshes["nova"]
    with Client(replayed.endpoint, timeout_s=PATIENCE_S) as client:
        assert client.welcome.agent == "talkwire replay" and "codec:q16" in client.welcome.capabilities
        opened = client.open("nova")
        assert (opened.topology_id, opened.frame_rate_hz) == (mesh.topology_id, mesh.frame_rate_hz)
        assert opened.frames == "frame/q16"
        assert client.interrupt("nova") == 0
        with pytest.raises(ProtocolError, match="no such NPC in this recording: saw juno, wanted nova"):
            client.open("juno")
        client.begin("nova", 16_000)
        client.push("nova", 1, np.zeros(10, np.float32))
        with pytest.raises(ProtocolError, match="this is a recording: nobody here can speak"):
            while True:
                client.poll(0.01)
        client.leave("nova")


def test_nonsense_is_refused_and_does_no_harm(replayed: Replay) -> None:
    with ClientSockets(replayed.endpoint) as raw:
        for data in (b"\xc1", b"", encode(wire.Ping(7, 1))):
            raw.send(data)
        answers: list[wire.Error] = []
        while len(answers) < 3:
            assert raw.poll(PATIENCE_S)
            for reply in raw.replies():
                answer = decode(reply, expect=wire.REPLIES)
                assert isinstance(answer, wire.Error)
                answers.append(answer)
    assert answers[2].ref == 7 and "does not know this connection" in answers[2].what
    with Client(replayed.endpoint, timeout_s=PATIENCE_S) as client:
        assert client.open("nova")


def test_it_ends_when_all_was_played_and_says_goodbye(tmp_path: Path) -> None:
    with Recorder(tmp_path / "a.twrec") as recorder:
        for i, name in enumerate(("mesh", "audio", "frame_q16")):
            recorder.write(MEDIA[name], 1000 + i)
    replay = Replay(tmp_path / "a.twrec", survey(tmp_path / "a.twrec"), port=0)
    thread = threading.Thread(target=replay.run, args=(threading.Event(),), daemon=True)
    thread.start()
    with Client(replay.endpoint, timeout_s=PATIENCE_S) as client:
        client.open("nova")
        client.listen("nova")
        seen: list[Media] = []
        while len(seen) < 3:
            seen += client.poll(PATIENCE_S)
    assert {m.plane for m in seen} == {"mesh", "audio", "frame/q16"}
    thread.join(PATIENCE_S)
    assert not thread.is_alive() and replay.sent == 3


def test_a_port_in_use_is_said(recording: Path, replayed: Replay) -> None:
    port = int(replayed.endpoint.rpartition(":")[2])
    with pytest.raises(LinkError, match="the port is taken"):
        Replay(recording, survey(recording), port=port)
    with pytest.raises(LinkError, match="beyond this machine"):
        Replay(recording, survey(recording), host="0.0.0.0", port=0)


def reel(path: Path, **options: object) -> Reel:
    """Of three messages, at 5, 5.1 and 5.3 s of the server that was recorded."""
    with Recorder(path) as recorder:
        for name, ms in (("mesh", 5_000), ("audio", 5_100), ("event_ended", 5_300)):
            recorder.write(MEDIA[name], ms * MS)
    return Reel(lambda: parts(path), survey(path), **options)  # type: ignore[arg-type]


def test_the_distances_are_those_of_the_recording(tmp_path: Path) -> None:
    played = reel(tmp_path / "a.twrec")
    played.begin(1_000 * MS)
    whole = [part for _, part in parts(tmp_path / "a.twrec")]
    assert list(played.due(999 * MS)) == [] and played.next_ns() == 1_000 * MS
    assert list(played.due(1_099 * MS)) == whole[:1] and played.next_ns() == 1_100 * MS
    assert played.clock_ns(1_200 * MS) == 5_200 * MS
    assert list(played.due(9_000 * MS)) == whole[1:] and played.next_ns() is None


def test_twice_as_fast_is_half_as_long(tmp_path: Path) -> None:
    played = reel(tmp_path / "a.twrec", speed=2.0)
    played.begin(0)
    assert len(list(played.due(50 * MS))) == 2 and played.next_ns() == 150 * MS
    assert played.clock_ns(100 * MS) == 5_200 * MS


def test_in_a_loop_each_round_is_a_later_generation(tmp_path: Path) -> None:
    played = reel(tmp_path / "a.twrec", loop=True)
    played.begin(0)
    round_ns = 300 * MS + BETWEEN_ROUNDS_NS
    assert len(list(played.due(300 * MS))) == 3 and played.next_ns() == round_ns
    mesh, audio, event = (decode_media(part).message for part in played.due(round_ns + 300 * MS))
    assert mesh == MEDIA["mesh"].message
    before = MEDIA["audio"].message
    assert isinstance(audio, wire.Audio) and isinstance(before, wire.Audio)
    assert audio.generation == before.generation + 1 and audio.server_ns == before.server_ns + round_ns
    assert audio.samples == before.samples
    assert isinstance(event, wire.Event) and event.heard_ns == 88 + round_ns
    assert played.next_ns() == 2 * round_ns
