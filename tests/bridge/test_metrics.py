"""A server's figures over HTTP, read by the client library's own parser."""

import contextlib
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bridge.conftest import PATIENCE_S, TOPOLOGY, Clock, until
from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.moment import Moment
from talkwire.bridge.serving.metrics import HANGS_S, observed
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.serving.tally import Histogram, Tally
from talkwire.bridge.synthetic import SyntheticSession
from talkwire.runtime.errors import LinkError, ProtocolError
from talkwire.runtime.types import Face, Pose

MS = 1_000_000
ABOUT = {"version": "1", "engine": "a sphere"}


@pytest.fixture
def server(clock: Clock) -> Server:
    return Server(lambda: SyntheticSession(TOPOLOGY), port=0, most_npcs=1, clock_ns=clock)


@pytest.fixture
def address(server: Server) -> Iterator[str]:
    with serving(server), observed(server, "127.0.0.1", 0, ABOUT) as url:
        yield url


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def figures(address: str) -> dict[str, float]:
    status, text = get(address)
    assert status == 200
    return {s.name: s.value for family in text_string_to_metric_families(text) for s in family.samples}


def test_what_happens_is_counted(server: Server, address: str) -> None:
    before = figures(address)
    with Client(server.endpoint, timeout_s=PATIENCE_S) as client:
        client.open("nova")
        client.listen("nova")
        until(client, lambda media: media.plane == "frame/q16")
        with pytest.raises(ProtocolError):
            client.open("one-too-many")
        after = figures(address)
    assert ("talkwire_npcs" in before, after["talkwire_npcs"]) == (False, 1)
    assert after["talkwire_peers"] == 1 and after["talkwire_refused_total"] == 1
    assert after["talkwire_requests_total"] > before["talkwire_requests_total"]
    assert after["talkwire_motion_bytes_total"] > 600 and after["talkwire_media_messages_total"] >= 2
    assert 0 <= after["talkwire_load_ratio"] <= 1 and after["talkwire_saved_steps"] == 0
    assert after["talkwire_worked_seconds_total"] > 0
    assert 'engine="a sphere"' in get(address)[1]


def test_it_lives_is_ready_while_there_is_room_and_is_missed_when_it_hangs(
    server: Server, address: str, clock: Clock
) -> None:
    root = address.removesuffix("/metrics")
    with Client(server.endpoint, timeout_s=PATIENCE_S) as client:
        assert (get(f"{root}/health")[0], get(f"{root}/ready")[0]) == (200, 200)
        client.open("nova")
        assert (get(f"{root}/health")[0], get(f"{root}/ready")) == (200, (503, "no\n"))
    assert get(f"{root}/nothing") == (404, "/metrics, /health, /ready\n")


def test_a_loop_that_does_not_turn_is_not_healthy(server: Server, clock: Clock) -> None:
    with contextlib.closing(server), observed(server, "127.0.0.1", 0, ABOUT) as address:
        server.tally.turn(clock(), clock())
        assert get(address.replace("metrics", "health"))[0] == 200
        clock.ahead_ns += round(2 * HANGS_S * 1e9)
        assert get(address.replace("metrics", "health"))[0] == 503


def test_a_port_that_is_taken_is_one_sentence(server: Server, address: str) -> None:
    port = int(address.split(":")[2].split("/")[0])
    taken = observed(server, "127.0.0.1", port, ABOUT)
    with pytest.raises(LinkError, match=rf"figures cannot be served there: saw .*:{port}.*--metrics"), taken:
        pass


def test_who_connects_and_says_nothing_holds_nobody_up(server: Server, address: str) -> None:
    port = int(address.split(":")[2].split("/")[0])
    with contextlib.ExitStack() as stack:
        stack.enter_context(Client(server.endpoint, timeout_s=PATIENCE_S))  # answered: it turns
        for said in (b"", b"GET /hea", b"GET /metrics HTTP/1.1\r\nHost: x"):
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            silent.sendall(said)
        assert get(address.replace("/metrics", "/health")) == (200, "yes\n")


def test_what_is_said_is_counted(server: Server, address: str) -> None:
    with Client(server.endpoint, timeout_s=PATIENCE_S) as client:
        client.open("nova")
        client.listen("nova")
        for cut in (False, True):
            line = client.begin("nova", 16_000)
            for _ in range(4):
                client.push("nova", line, np.full(4_000, 0.25, np.float32))
            client.end("nova", line)
            until(client, lambda m: isinstance(m.message, wire.Frame) and not m.message.flags & wire.IDLE)
            if cut:
                client.interrupt("nova")
            until(client, lambda m: isinstance(m.message, wire.Event) and m.message.kind != "started")
        after = figures(address)
    assert (after["talkwire_lines_total"], after["talkwire_interruptions_total"]) == (2, 1)
    assert 1 < after["talkwire_spoken_seconds_total"] < 2
    assert 60 < after["talkwire_frames_total"] <= 120
    assert after["talkwire_skipped_frames_total"] == 0 and after["talkwire_opened_npcs_total"] == 1
    assert after["talkwire_queue_seconds"] == after["talkwire_draining"] == 0
    assert after["talkwire_first_frame_seconds_count"] == 2
    assert 0 < after["talkwire_first_frame_seconds_sum"] < 2 * PATIENCE_S
    assert after["talkwire_npcs_most"] == 1 and after["process_start_time_seconds"] > 0


def moment(seq: int, *, utterance: int = 1, rate_hz: int = 16_000, fps: int = 50) -> Moment:
    face = Face(np.zeros(52, np.float32), np.array([0, 0, 0, 1], np.float32), np.zeros(3, np.float32))
    pose = Pose(utterance, 0, seq, seq * rate_hz // fps, face)
    return Moment(pose, np.zeros((1, 52), np.float32), SyntheticSession(TOPOLOGY).avatar, rate_hz, wire.KEY)


def event(kind: str, *, utterance: int = 1, pts: int = 0, heard_ms: int = 0) -> wire.Event:
    return wire.Event(kind, utterance, 0, pts, 16_000, 0, heard_ms * MS, "")


def test_a_stall_is_one_late_frame() -> None:
    tally = Tally()
    tally.made("nova", event("started", heard_ms=100), 150 * MS)
    leaving_ms = (170, 170, 180, 290, 290, 300)  # every 20 ms one is due, from 170 on; the fourth came late
    for seq, ms in enumerate(leaving_ms):
        tally.made("nova", moment(seq), ms * MS, every=2)
    assert (tally.frames, tally.late_frames, tally.skipped_frames) == (6, 1, 3)
    assert tally.first_frame_s.counts[3] == 1 and tally.first_frame_s.sum == pytest.approx(0.07)


def test_a_line_after_another_is_not_late_because_it_is_early() -> None:
    tally = Tally()
    tally.made("nova", event("started"), 0)
    tally.made("nova", moment(0), 0)
    tally.made("nova", event("ended", pts=16_000), 800 * MS)
    tally.made("nova", event("started", utterance=2), 810 * MS)
    for seq in range(10):  # it is heard from 1000 ms on
        tally.made("nova", moment(seq, utterance=2), (810 + seq * 20) * MS)
    tally.made("nova", moment(99), 900 * MS)  # of a line that is over: not counted
    assert (tally.frames, tally.late_frames, tally.lines) == (11, 0, 2)
    tally.gone("nova")
    tally.gone("nobody")


def test_a_histogram_counts_up_to_each_bound() -> None:
    histogram = Histogram((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7.0):
        histogram.add(value)
    assert (histogram.counts, histogram.sum) == ([2, 1, 1], pytest.approx(7.65))
