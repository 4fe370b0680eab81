"""`talkwire serve` told to stop: what is being said is heard to its end; told twice, it ends at once."""

import json
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from cli.conftest import PATIENCE_S, Start, finish, ready
from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.media import Media
from talkwire.runtime.types import Float32

RATE_HZ = 16_000
FINISHING = "finishing what is being said (Ctrl-C ends at once)\n"
LINE: Float32 = (0.2 * np.sin(np.arange(2 * RATE_HZ) / 20)).astype(np.float32)


def speaking(client: Client, *, end: bool = True) -> list[Media]:
    """What came until a line of 2 s is under way."""
    client.open("nova")
    client.listen("nova")
    line = client.begin("nova", RATE_HZ)
    client.push("nova", line, LINE[:RATE_HZ])
    client.push("nova", line, LINE[RATE_HZ:])
    if end:
        client.end("nova", line)
    return hear(client, [], "started")


def hear(client: Client, seen: list[Media], kind: str) -> list[Media]:
    deadline = time.monotonic() + PATIENCE_S
    while not any(isinstance(m.message, wire.Event) and m.message.kind == kind for m in seen):
        assert time.monotonic() < deadline, f"no event {kind}"
        seen.extend(client.poll(0.01))
    return seen


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_line_is_heard_to_its_end(start: Start, small_file: Path, number: signal.Signals) -> None:
    words = ("--log-format", "json", "--log-level", "info")
    process = start("serve", "--avatar", small_file, "--port", 0, *words)
    with Client(ready(process), timeout_s=10) as client:
        seen = speaking(client)
        process.send_signal(number)
        hear(client, seen, "closed")
    code, out, err = finish(process)
    assert (code, out) == (0, f"{FINISHING}stopped\n")
    assert sum(len(m.message.samples) // 2 for m in seen if isinstance(m.message, wire.Audio)) == len(LINE)
    told = [json.loads(line) for line in err.splitlines()]
    assert [line["event"] for line in told] == [
        *("server_started", "peer_greeted", "session_opened", "line_started", "server_stopping"),
        *("line_ended", "server_drained", "session_closed", "server_stopped"),
    ]
    assert told[6]["cut"] is False and told[4]["seconds"] == 30


def test_its_time_is_bounded(start: Start, small_file: Path) -> None:
    process = start("serve", "--avatar", small_file, "--port", 0, "--drain-s", 0.5)
    with Client(ready(process), timeout_s=10) as client:
        seen = speaking(client, end=False)  # and never ends
        process.send_signal(signal.SIGTERM)
        hear(client, seen, "closed")
    assert finish(process) == (0, f"{FINISHING}stopped\n", "")


@pytest.mark.parametrize("numbers", [(signal.SIGTERM, signal.SIGINT), (signal.SIGINT, signal.SIGINT)])
def test_told_twice_it_ends_at_once(
    start: Start, small_file: Path, numbers: tuple[signal.Signals, signal.Signals]
) -> None:
    words = ("--drain-s", 3600, "--log-format", "text", "--log-level", "info")
    process = start("serve", "--avatar", small_file, "--port", 0, *words)
    with Client(ready(process), timeout_s=10) as client:
        seen = speaking(client, end=False)
        process.send_signal(numbers[0])
        assert process.stderr is not None
        while b"server_stopping" not in process.stderr.readline():
            pass
        process.send_signal(numbers[1])
        hear(client, seen, "closed")
    code, out, err = finish(process)
    assert (code, out) == (0, f"{FINISHING}stopped\n") and "server_drained" not in err
