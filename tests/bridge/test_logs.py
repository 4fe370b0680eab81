"""The log: each event once, one JSON object a line, no sound in it, and no more than a disk can take."""

import io
import json
import logging
import threading
from typing import Any

import numpy as np
import pytest

from bridge.conftest import PATIENCE_S, TOPOLOGY, Clock, until
from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.message import encode
from talkwire.bridge.serving import logs
from talkwire.bridge.serving.logs import (
    FIELDS,
    MAX_PER_KEY_S,
    MAX_PER_S,
    Format,
    Level,
    RateLimit,
    logging_to,
    tell,
)
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.sockets import ClientSockets
from talkwire.bridge.synthetic import SyntheticSession
from talkwire.runtime.types import Float32

LINE: Float32 = (0.25 * np.sin(np.arange(8_000) / 10)).astype(np.float32)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def record(event: str = "line_started", created: float = 100.0, **fields: object) -> logging.LogRecord:
    values = {"event": event, "fields": fields, "created": created}
    return logging.makeLogRecord({"name": "talkwire.events", "levelno": logging.INFO, **values})


def test_a_line_leaves_each_event_once_and_no_sound(clock: Clock) -> None:
    out = io.StringIO()
    server = Server(lambda: SyntheticSession(TOPOLOGY), port=0, clock_ns=clock)
    with logging_to(out, Format.json, Level.info), serving(server):
        with Client(server.endpoint, timeout_s=PATIENCE_S, clock_ns=clock) as client:
            client.open("nova")
            client.open("nova")
            client.listen("nova")
            for cut in (False, True):
                line = client.begin("nova", 16_000)
                for _ in range(3 if cut else 1):
                    client.push("nova", line, LINE)
                client.end("nova", line)
                until(client, lambda m: isinstance(m.message, wire.Frame) and not m.message.flags & wire.IDLE)
                if cut:
                    client.interrupt("nova")
                until(client, lambda m: isinstance(m.message, wire.Event) and m.message.kind != "started")
        clock.ahead_ns += 6_000_000_000
        deadline = clock() + 10_000_000_000
        while server.peers and clock() < deadline:
            pass
    told = lines(out)
    assert [line["event"] for line in told] == [
        *("peer_greeted", "session_opened", "line_started", "line_ended", "line_started"),
        *("line_interrupted", "peer_vanished", "session_closed"),
    ]
    assert {line["session"] for line in told if "session" in line} == {"nova"}
    assert len({line["peer"] for line in told if "peer" in line}) == 1
    ended, cut_short = told[3], told[5]
    assert ended["seconds"] == 0.5 and ended["utterance"] == told[2]["utterance"]
    assert 0 <= cut_short["seconds"] < 1.5
    assert told[-1]["reason"] == "the server stops"
    assert all(line["time"].endswith("Z") and line["level"] == "info" for line in told)
    assert all(set(line) <= {"time", "level", "event", *FIELDS} for line in told)
    assert len(out.getvalue()) < 250 * len(told)  # the sound alone would be more


def test_what_may_not_be_in_a_line_is_not() -> None:
    out = io.StringIO()
    with logging_to(out, Format.json, Level.info):
        tell("line_started", session="nova", samples="\x01\x02", utterance=1)
        fields = {"session": b"nova", "reason": [0.25] * 100, "seconds": np.ones(3)}
        logs.log.info("", extra={"event": "line_ended", "fields": fields})
    assert [set(line) for line in lines(out)] == [
        {"time", "level", "event", "session", "utterance"},
        {"time", "level", "event"},
    ]


def test_a_failure_has_its_traceback_in_one_line() -> None:
    out = io.StringIO()
    with logging_to(out, Format.json):
        try:
            raise ValueError("broken")
        except ValueError:
            tell("session_failed", session="nova", failure=True)
        logging.getLogger("talkwire.bridge.moment").warning("odd: %s", "x\ny")
    failed, odd = lines(out)
    assert failed["level"] == "error" and 'raise ValueError("broken")' in failed["traceback"]
    assert (odd["event"], odd["message"], odd["level"]) == ("message", "odd: x\ny", "warning")


def test_text_is_for_people_and_a_peer_cannot_write_lines_of_its_own() -> None:
    out = io.StringIO()
    with logging_to(out, Format.text, Level.info):
        tell("peer_greeted", peer="0a1b", agent="Unreal\n2026 INFO server_stopped \x1b[2J" + "x" * 1000)
        tell("line_ended", session="nova", seconds=1.23456)
    greeted, ended = out.getvalue().splitlines()
    assert greeted.split()[1:4] == ["info", "peer_greeted", "peer=0a1b"]
    assert '"Unreal\\n2026 INFO' in greeted and "\\u001b[2J" in greeted and len(greeted) < 400
    assert ended.endswith("info    line_ended session=nova seconds=1.2346")


def test_quiet_levels_are_not_written() -> None:
    out = io.StringIO()
    with logging_to(out, Format.text):
        tell("line_started", session="nova")
        tell("economy_changed", load=0.95, level=1)
    assert [line.split()[2] for line in out.getvalue().splitlines()] == ["economy_changed"]
    tell("economy_changed", load=0.95, level=1)  # after it, nothing is written there
    assert out.getvalue().count("\n") == 1


def test_one_peer_writes_so_many_lines_a_second_and_the_next_says_how_many_it_did_not() -> None:
    limit = RateLimit()
    passed = [limit.filter(record("request_refused", 100 + i / 1000, peer="0a")) for i in range(500)]
    assert sum(passed) == MAX_PER_KEY_S and all(passed[:MAX_PER_KEY_S])
    other, later = record("request_refused", 100.6, peer="0b"), record("request_refused", 101.0, peer="0a")
    assert limit.filter(other) and limit.filter(later)
    assert other.fields["suppressed"] == 500 - MAX_PER_KEY_S  # type: ignore[attr-defined]
    assert "suppressed" not in later.fields  # type: ignore[attr-defined]


def test_many_peers_write_so_many_lines_a_second() -> None:
    limit = RateLimit()
    assert sum(limit.filter(record(peer=str(i), created=100.5)) for i in range(5000)) == MAX_PER_S
    assert limit.filter(record(created=99.0)), "a clock that is put back does not end the log"


def test_a_hostile_peer_cannot_fill_the_disk(endpoint: str) -> None:
    out = io.StringIO()
    with logging_to(out, Format.json, Level.info), ClientSockets(endpoint) as raw:
        for _ in range(300):
            raw.send(b"\xc1" * 100)
            raw.send(encode(wire.Open(1, "nova")))
        refused = 0
        while refused < 300 and raw.poll(PATIENCE_S):
            refused += sum(1 for _ in raw.replies())
    assert 1 <= len(lines(out)) <= 3 * MAX_PER_KEY_S  # it took no three seconds
    assert {line["event"] for line in lines(out)} == {"request_refused"}


def test_a_reader_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_WAITING", 20)
    out, reads = io.StringIO(), threading.Event()

    class Pipe(io.StringIO):
        def write(self, text: str) -> int:
            assert reads.wait(PATIENCE_S)
            return out.write(text)

    with logging_to(Pipe(), Format.json, Level.info):
        for i in range(100):
            tell("session_opened", session=f"npc{i}")
        assert out.getvalue() == ""
        reads.set()
    assert 20 <= out.getvalue().count("\n") <= 22  # those that waited, and the one being written


def test_a_bug_of_the_server_is_an_error_with_its_traceback(clock: Clock) -> None:
    def fails() -> SyntheticSession:
        raise RuntimeError("no such thing")

    out = io.StringIO()
    server = Server(fails, port=0, clock_ns=clock)
    with (
        logging_to(out, Format.json),
        serving(server),
        Client(server.endpoint, timeout_s=PATIENCE_S) as client,
        pytest.raises(Exception, match="the NPC failed"),
    ):
        client.open("nova")
    (line,) = lines(out)
    assert (line["event"], line["level"]) == ("request_failed", "error")
    assert "no such thing" in line["traceback"]
