"""A server's figures over HTTP, read by the client library's own parser."""

import contextlib
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bridge.conftest import PATIENCE_S, TOPOLOGY, Clock, until
from talkwire.bridge.client import Client
from talkwire.bridge.metrics import HANGS_S, observed
from talkwire.bridge.server import Server, serving
from talkwire.bridge.synthetic import SyntheticSession
from talkwire.runtime.errors import LinkError, ProtocolError

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
    assert (before["talkwire_npcs"], after["talkwire_npcs"]) == (0, 1)
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
