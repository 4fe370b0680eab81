"""The server on loopback: what it serves, and all that must not stop it."""

import contextlib
import itertools
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgpack
import numpy as np
import pytest

from bridge.conftest import PATIENCE_S, TOPOLOGY, Clock, answer, tcp, until, wait, zmtp
from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.limits import LINGER_S, MAX_CONTROL_BYTES, MAX_SESSIONS, MESSAGE_BURST, PEER_TIMEOUT_S
from talkwire.bridge.media import Media
from talkwire.bridge.message import decode
from talkwire.bridge.pack import frame_from, topology_from
from talkwire.bridge.serving.governor import LADDER, Economy
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.sockets import ClientSockets
from talkwire.bridge.synthetic import SyntheticSession
from talkwire.runtime.errors import AudioError, EngineError, LinkError, ProtocolError, StyleError
from talkwire.runtime.style import Style
from talkwire.runtime.types import Float32, Pose

RATE = 16_000
VOICE: Float32 = (0.3 * np.sin(np.arange(RATE // 2) / 8)).astype(np.float32)  # half a second
Connect = Callable[[], Client]


def event(kind: str) -> Callable[[Media], bool]:
    return lambda media: isinstance(media.message, wire.Event) and media.message.kind == kind


def say(client: Client, session: str = "nova", *, end: bool = True) -> int:
    line = client.begin(session, RATE)
    for i in range(0, len(VOICE), 1600):
        client.push(session, line, VOICE[i : i + 1600])
    if end:
        client.end(session, line)
    return line


def hello(raw: ClientSockets) -> None:
    raw.send(msgpack.packb([1, 1, 1, 0, "raw", []]))
    assert isinstance(decode(answer(raw), expect=wire.REPLIES), wire.Welcome)


def refusal(raw: ClientSockets, data: bytes) -> wire.Error:
    """Send bytes and return the Error they are answered with."""
    raw.send(data)
    message = decode(answer(raw), expect=wire.REPLIES)
    assert isinstance(message, wire.Error), message
    return message


def test_a_line_arrives_whole_mesh_sound_frames_and_events(connect: Connect) -> None:
    client = connect()
    opened = client.open("nova")
    assert (opened.frame_rate_hz, opened.topology_id) == (60, TOPOLOGY.id)
    client.listen("nova")
    until(client, lambda m: m.plane == "frame/q16")
    line = say(client)
    seen = until(client, event("ended"))
    wait(client, lambda: client.state("nova", line) == "done")
    sound = b"".join(m.message.samples for m in seen if isinstance(m.message, wire.Audio))
    np.testing.assert_allclose(np.frombuffer(sound, "<i2") / 32768, VOICE, atol=1 / 32768)
    done = client.progress["nova", line]
    assert done.received_samples == done.played_samples == len(VOICE)


def test_vertices_arrive_within_the_stated_error(connect: Connect) -> None:
    client = connect()
    client.open("nova")
    client.listen("nova", "f32")
    client.listen("nova", "q16")
    seen = until(client, lambda m: m.plane == "texture")
    mesh = next(m.message for m in seen if isinstance(m.message, wire.Mesh))
    texture = next(m.message for m in seen if isinstance(m.message, wire.Texture))
    topology = topology_from(mesh, texture)
    assert topology.id == TOPOLOGY.id and topology.texture == TOPOLOGY.texture
    assert topology.parts == TOPOLOGY.parts
    say(client)
    exact: dict[tuple[int, int], wire.Frame] = {}
    close: dict[tuple[int, int], wire.Frame] = {}
    for media in until(client, event("ended")) + client.poll(0.2):
        if isinstance(media.message, wire.Frame):
            frames = exact if media.plane == "frame/f32" else close
            frames[media.message.utterance, media.message.seq] = media.message
    both = exact.keys() & close.keys()
    assert len(both) > 20
    for key in both:
        a, b = frame_from(exact[key], mesh.box), frame_from(close[key], mesh.box)
        np.testing.assert_allclose(a.vertices_vx3, b.vertices_vx3, atol=4e-6)
        assert a.pts == b.pts and (a.face.weights == b.face.weights).all()


def test_a_late_joiner_gets_mesh_texture_and_a_frame(connect: Connect, other: Client) -> None:
    wait(other, lambda: not other._missing)  # it has mesh and texture, and reads them no more
    for _ in range(60):  # a second, in which the server hears so
        until(other, lambda m: m.plane == "frame/q16")
    late = connect()
    late.listen("other")
    planes = {m.plane for m in until(late, lambda m: m.plane == "texture")}
    planes |= {m.plane for m in until(late, lambda m: m.plane == "frame/q16")}
    assert {"mesh", "texture", "frame/q16"} <= planes
    again = [m.plane for m in other.poll(0.1)]
    assert "mesh" not in again and "texture" not in again  # who has them is not sent them again


def test_a_line_is_spoken_though_nobody_watches(connect: Connect) -> None:
    client = connect()
    client.open("nova")
    line = say(client)
    wait(client, lambda: client.state("nova", line) == "done")


def test_two_clients_share_an_npc(connect: Connect) -> None:
    speaker, watcher = connect(), connect()
    watcher.open("nova")
    watcher.listen("nova")
    speaker.open("nova")
    say(speaker)
    until(watcher, event("ended"))
    assert not watcher.progress


def test_an_interruption_reaches_speaker_and_watcher(connect: Connect, other: Client) -> None:
    client = connect()
    client.open("nova")
    client.listen("nova")
    line = say(client)
    until(client, event("started"))
    assert client.interrupt("nova") == 1
    assert client.interrupt("nova") == 1  # again is harmless
    until(client, event("interrupted"))
    assert client.state("nova", line) == "interrupted"
    client.push("nova", line, VOICE)  # was under way: ignored
    client.end("nova", line)
    until(client, lambda m: isinstance(m.message, wire.Frame) and m.message.generation == 1)


def test_a_closed_and_reopened_npc_has_a_later_generation(
    connect: Connect, clock: Clock, other: Client
) -> None:
    client = connect()
    client.open("nova")
    client.leave("nova")
    clock.forward(3 * LINGER_S, other)  # the server looks twice a second, and may be a few steps behind
    again = connect()
    again.open("nova")
    assert again.interrupt("nova") >= 1


def test_an_npc_nobody_needs_is_closed(connect: Connect, clock: Clock, other: Client) -> None:
    client = connect()
    client.open("nova")
    client.leave("nova")
    clock.forward(3 * LINGER_S, other)  # the server looks twice a second, and may be a few steps behind
    with pytest.raises(ProtocolError, match=r"no such session open|does not know this connection"):
        client.interrupt("nova")


# --- what must not stop it


def test_another_protocol_version_is_told_so(raw: ClientSockets, other: Client) -> None:
    error = refusal(raw, msgpack.packb([1, 7, 2, 3, "from the future", None, 5.0]))
    assert (error.ref, error.code) == (7, "version")
    assert "2.3" in error.seen and "update" in error.cure


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 1000,
        b"\x91" * 1_000_000,
        b"\x95\x07\x01\xa4nova\x01\xc6\xff\xff\xff\xff",
    ],
    ids=["empty", "zero", "http", "ff", "deep", "msgpack bin of 4 GB"],
)
def test_garbage_on_the_control_socket(raw: ClientSockets, other: Client, data: bytes) -> None:
    assert refusal(raw, data).code == "protocol"


def test_not_greeting_is_told_so(raw: ClientSockets, other: Client) -> None:
    error = refusal(raw, msgpack.packb([3, 1, "nova"]))
    assert (error.ref, error.wanted[:11]) == (1, "Hello first")


def is_dropped(peer: socket.socket) -> bool:
    """Whether the server hangs up."""
    with contextlib.suppress(ConnectionError):
        while peer.recv(4096):
            pass
    return True


@pytest.mark.parametrize("length", [2**32, 2**63 - 1, 2**64 - 1, MAX_CONTROL_BYTES + 1])
def test_a_peer_that_announces_4_gb_is_dropped(endpoint: str, other: Client, length: int) -> None:
    with zmtp(endpoint) as peer:
        peer.sendall(b"\x02" + struct.pack(">Q", length) + b"some")
        assert is_dropped(peer)


def test_garbage_and_4_gb_on_the_media_sockets(endpoint: str, other: Client) -> None:
    for port in (other.welcome.media_port, other.welcome.motion_port):
        with tcp(f"tcp://127.0.0.1:{port}") as peer:
            peer.sendall(b"GET / HTTP/1.1\r\n" + b"\xff\xfe" * 5000)
            assert is_dropped(peer)
        with zmtp(f"tcp://127.0.0.1:{port}", b"SUB") as peer:
            peer.sendall(b"\x02" + struct.pack(">Q", 2**32) + b"\x01tw1/")
            assert is_dropped(peer)
        with zmtp(f"tcp://127.0.0.1:{port}", b"SUB") as peer:
            for junk in (b"", b"\x07junk", b"\x01" + b"x" * 200, b"\x01\xff\xfe", b"\x00never"):
                peer.sendall(bytes([0, len(junk)]) + junk)


def test_port_in_use(endpoint: str, other: Client) -> None:
    port = int(endpoint.rpartition(":")[2])
    with pytest.raises(LinkError, match=rf"the port is taken: saw 127\.0\.0\.1:{port}.*another --port"):
        Server(lambda: SyntheticSession(TOPOLOGY), port=port)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "example.com"])
def test_an_open_door_must_be_named(host: str) -> None:
    with pytest.raises(LinkError, match=f"beyond this machine.*saw --host {host}.*--insecure"):
        Server(lambda: SyntheticSession(TOPOLOGY), host=host, port=0)


def test_an_open_door_that_is_named_opens() -> None:
    with serving(Server(lambda: SyntheticSession(TOPOLOGY), host="0.0.0.0", port=0, insecure=True)) as where:
        port = where.rpartition(":")[2]
        with Client(f"tcp://127.0.0.1:{port}", timeout_s=PATIENCE_S) as client:
            assert client.open("nova").session == "nova"


def test_an_address_that_is_not_ours_is_said() -> None:
    with pytest.raises(LinkError, match=r"cannot listen there: saw 203\.0\.113\.7:0"):
        Server(lambda: SyntheticSession(TOPOLOGY), host="203.0.113.7", port=0, insecure=True)


def test_a_client_that_vanishes_mid_utterance_is_heard_out(
    endpoint: str, connect: Connect, clock: Clock, other: Client
) -> None:
    watcher = connect()
    watcher.open("nova")
    watcher.listen("nova")
    with Client(endpoint, timeout_s=PATIENCE_S, clock_ns=clock) as gone:
        gone.open("nova")
        say(gone, end=False)
        until(watcher, event("started"))
    clock.forward(PEER_TIMEOUT_S + 1, other, watcher)
    ended = until(watcher, event("ended"))[-1].message
    assert isinstance(ended, wire.Event) and ended.pts == len(VOICE)


def test_audio_with_nan_is_refused_and_the_line_goes_on(raw: ClientSockets, other: Client) -> None:
    hello(raw)
    raw.send(msgpack.packb([3, 2, "nova"]))
    assert isinstance(decode(answer(raw), expect=wire.REPLIES), wire.Opened)
    raw.send(msgpack.packb([5, 3, "nova", 1, RATE]))
    nan = np.array([0, np.nan, 1], "<f4").tobytes()
    error = refusal(raw, msgpack.packb([7, 4, "nova", 1, nan]))
    assert (error.ref, error.code) == (4, "protocol") and "ChunkF32.samples" in error.what
    raw.send(msgpack.packb([7, 5, "nova", 1, VOICE.tobytes()]))
    raw.send(msgpack.packb([8, 6, "nova", 1]))
    while True:
        progress = decode(answer(raw), expect=wire.REPLIES)
        assert isinstance(progress, wire.Progress)
        if progress.state == "done":
            break
    assert progress.received_samples == len(VOICE)


@pytest.mark.parametrize("rate", [0, -1, 1, 3_999, 384_001, 2**40])
def test_an_absurd_sample_rate_is_refused(raw: ClientSockets, other: Client, rate: int) -> None:
    hello(raw)
    raw.send(msgpack.packb([3, 2, "nova"]))
    answer(raw)
    error = refusal(raw, msgpack.packb([5, 3, "nova", 1, rate]))
    assert error.ref == 3 and str(rate) in error.seen and "4000 to 384000" in error.wanted


def test_an_unknown_session_is_refused(connect: Connect, other: Client) -> None:
    client = connect()
    with pytest.raises(ProtocolError, match="has no such session open: saw nobody, wanted none is open"):
        client.interrupt("nobody")
    client.open("nova")
    with pytest.raises(ProtocolError, match="saw other, wanted nova"):  # it exists, but not for us
        client.interrupt("other")


def test_ending_twice_is_refused_and_harms_nothing(connect: Connect, other: Client) -> None:
    client = connect()
    client.open("nova")
    line = say(client)
    client.end("nova", line)
    with pytest.raises(ProtocolError, match=f"not open: saw line {line}"):
        wait(client, lambda: False)
    wait(client, lambda: client.state("nova", line) == "done")


def test_a_flood_of_chunks_is_refused_while_others_are_served(connect: Connect, other: Client) -> None:
    client = connect()
    client.open("nova")
    line = client.begin("nova", RATE)
    tiny = np.zeros(1, np.float32)
    with pytest.raises(ProtocolError, match="too many messages; this connection is ignored"):
        for i in range(4 * MESSAGE_BURST):
            client.push("nova", line, tiny)
            if i % 200 == 0:
                client.poll(0)
        wait(client, lambda: False)


def test_more_audio_than_is_held_ends_the_line(connect: Connect, other: Client) -> None:
    client = connect()
    client.open("nova")
    line = client.begin("nova", RATE)
    with pytest.raises(ProtocolError, match="more audio waits than an NPC holds"):
        for _ in range(40):
            client.push("nova", line, np.zeros(RATE, np.float32))
        wait(client, lambda: False)


def test_there_is_room_for_so_many_npcs_and_no_more(connect: Connect) -> None:
    client = connect()
    for i in range(MAX_SESSIONS):
        client.open(f"npc{i}")
    with pytest.raises(ProtocolError, match=f"no room for another NPC: saw {MAX_SESSIONS} sessions"):
        client.open("one-too-many")
    client.open("npc0")


class Failing(SyntheticSession):
    """Fails as it hears a line; idles well."""

    def push(self, samples: Float32) -> None:
        if np.abs(samples).max(initial=0) > 0:
            raise ZeroDivisionError("a bug")
        super().push(samples)


class Broken(SyntheticSession):
    """Gives weights that are not numbers for a line; idles well."""

    def pull_heard(self) -> list[tuple[Pose, Float32]]:
        return [
            (pose, heard * np.float32(np.nan if heard.any() else 1)) for pose, heard in super().pull_heard()
        ]


@pytest.mark.parametrize(("kind", "seen"), [(Failing, "ZeroDivisionError: a bug"), (Broken, "nan")])
def test_an_npc_that_fails_ends_alone(kind: type[SyntheticSession], seen: str) -> None:
    def make(wanted: type[SyntheticSession]) -> SyntheticSession:
        return wanted(TOPOLOGY)

    kinds: Iterator[type[SyntheticSession]] = iter([SyntheticSession, kind, SyntheticSession])
    server = Server(lambda: make(next(kinds)), port=0)
    with (
        serving(server) as where,
        Client(where, timeout_s=PATIENCE_S) as good,
        Client(where) as bad,
        Client(where, timeout_s=PATIENCE_S) as later,  # to whom no word of the failure is under way
    ):
        good.open("good")
        good.listen("good")
        bad.open("bad")
        with pytest.raises((EngineError, ProtocolError), match=seen):
            bad.listen("bad")
            say(bad, "bad")
            wait(bad, lambda: False)
        closed: list[Media] = []
        while not closed:
            with contextlib.suppress(ProtocolError):  # of chunks that were under way when it closed
                closed = until(bad, event("closed"))
        say(good, "good")
        until(good, event("ended"))
        later.open("bad")  # and may be tried again


class Slow(SyntheticSession):
    """Takes longer than there is time for."""

    def push(self, samples: Float32) -> None:
        time.sleep(0.02)
        super().push(samples)


def test_a_server_that_is_too_busy_saves_says_so_and_still_serves() -> None:
    saved: list[Economy] = []
    server = Server(lambda: Slow(TOPOLOGY), port=0, economise=saved.append)
    with serving(server) as where, Client(where, timeout_s=PATIENCE_S) as client:
        client.open("nova")
        client.listen("nova")
        say(client)
        wait(client, lambda: client.level > 0)  # it pings by itself
        assert client.load > 0.9
        media = until(client, lambda m: isinstance(m.message, wire.Frame) and m.message.every > 1)
        assert media
        assert saved[:2] == list(LADDER[1:3])


class Feeling(SyntheticSession):
    """Remembers its styles."""

    def __init__(self) -> None:
        super().__init__(TOPOLOGY)
        self.styles: list[Style] = []

    def set_style(self, style: Style) -> None:
        self.styles.append(style)


def test_a_style_reaches_the_npc_and_an_unknown_emotion_is_refused() -> None:
    session = Feeling()
    with serving(Server(lambda: session, port=0)) as where, Client(where, timeout_s=PATIENCE_S) as client:
        with pytest.raises(ProtocolError, match="no such session open"):
            client.set_style("nova", Style({"joy": 0.5}))
        client.open("nova")
        whole = Style(
            {"joy": 0.5},
            1.5,
            gains={"mouthSmile": 0.5},
            offsets={"mouthSmile": 0.1},
            limits={"mouthSmile": (0.0, 0.75)},
            layers={"gaze": 0.0},
            look_at_deg=(12.5, -5.0),
            follow_voice=0.5,
        )
        client.set_style("nova", whole)
        assert session.styles == [whole]
        newer = Style({"joy": 0.5})
        object.__setattr__(newer, "emotions", {"schadenfreude": 1.0})
        with pytest.raises(StyleError, match="no such emotion: saw schadenfreude"):
            client.set_style("nova", newer)
        say(client)
        client.listen("nova")
        until(client, event("ended"))


def test_a_session_that_cannot_be_made_is_said() -> None:
    def refuse() -> SyntheticSession:
        raise AudioError("no", seen="a", wanted="b", cure="c")

    with serving(Server(refuse, port=0)) as where, Client(where, timeout_s=PATIENCE_S) as client:
        with pytest.raises(AudioError, match="no: saw a, wanted b; c"):
            client.open("nova")
        with pytest.raises(AudioError):
            client.open("nova")


def test_stopping_says_goodbye() -> None:
    server, stop = Server(lambda: SyntheticSession(TOPOLOGY), port=0), threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    try:
        with Client(server.endpoint, timeout_s=PATIENCE_S) as client:
            client.open("nova")
            client.listen("nova")
            until(client, lambda m: m.plane == "frame/q16")
            stop.set()
            closed = until(client, event("closed"))[-1].message
            assert isinstance(closed, wire.Event) and closed.reason == "the server stops"
    finally:
        stop.set()
        thread.join()
    server.close()  # again is harmless


def test_a_client_reads_so_many_npcs_at_once(connect: Connect) -> None:
    """More subscriptions than frames may wait: none is lost, neither at first nor in the end."""
    client = connect()
    names = [f"npc{i}" for i in range(MAX_SESSIONS)]
    for name in names:
        client.listen(name, "f32")
        client.listen(name, "q16")
        client.open(name)
    unseen = {(name, plane) for name in names for plane in ("frame/q16", "frame/f32")}
    while unseen:
        unseen -= {(media.session, media.plane) for media in until(client, is_frame)}


def is_frame(media: Media) -> bool:
    return isinstance(media.message, wire.Frame)


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux for its memory")
def test_a_flood_of_subscriptions_starves_nobody_and_takes_little(other: Client) -> None:
    before = resident_mb()
    with zmtp(f"tcp://127.0.0.1:{other.welcome.media_port}", b"SUB") as flood:
        flood.setblocking(False)
        topics = (b"\x01%d-" % i + b"x" * 90 for i in itertools.count())
        unsent = b""
        for _ in range(60):
            until(other, is_frame)
            with contextlib.suppress(BlockingIOError):
                for topic in itertools.islice(topics, 5_000):
                    unsent += bytes([0, len(topic)]) + topic
                    unsent = unsent[flood.send(unsent) :]
        assert resident_mb() - before < 200
