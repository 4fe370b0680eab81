"""A front and real servers behind it: what clients see of them, which is one server."""

import threading
import time
from collections.abc import Callable
from typing import cast

import msgpack
import numpy as np
import pytest

from bridge.cluster.conftest import VERTICES, ThreadCrew, fronting, gather
from bridge.conftest import PATIENCE_S, answer, until, wait
from talkwire.bridge import wire
from talkwire.bridge.access.curve import ClientKeys, keypair
from talkwire.bridge.client import Client
from talkwire.bridge.cluster.front import Front
from talkwire.bridge.limits import MESSAGE_BURST
from talkwire.bridge.media import PLANES, Media
from talkwire.bridge.message import decode, encode
from talkwire.bridge.serving.metrics import application
from talkwire.bridge.sockets import ClientSockets
from talkwire.bridge.synthetic import synthetic_topology
from talkwire.runtime.errors import AccessDenied, AvatarError, LinkError, ProtocolError, StyleError
from talkwire.runtime.style import Style
from talkwire.runtime.types import Float32

RATE = 16_000
VOICE: Float32 = (0.3 * np.sin(np.arange(RATE // 2) / 8)).astype(np.float32)  # half a second
Connect = Callable[[], Client]


def event(kind: str, session: str = "nova") -> Callable[[Media], bool]:
    return lambda m: isinstance(m.message, wire.Event) and (m.session, m.message.kind) == (session, kind)


def say(client: Client, session: str = "nova", voice: Float32 = VOICE, *, end: bool = True) -> int:
    line = client.begin(session, RATE)
    for i in range(0, len(voice), 1600):
        client.push(session, line, voice[i : i + 1600])
    if end:
        client.end(session, line)
    return line


def sound(seen: list[Media], session: str = "nova", generation: int | None = None) -> Float32:
    parts = [
        m.message.samples
        for m in seen
        if m.session == session
        and isinstance(m.message, wire.Audio)
        and generation in (None, m.message.generation)
    ]
    return np.frombuffer(b"".join(parts), "<i2").astype(np.float32) / 32768


def crew_of(front: Front) -> ThreadCrew:
    return cast(ThreadCrew, front._crew)


def kill(front: Front, session: str = "nova") -> int:
    """Whoever has this NPC, without a word; its slot."""
    slot = front.ensemble.kept[session].worker
    assert slot is not None
    crew_of(front).workers[slot].end()
    return slot


def place(front: Front) -> dict[str, int | None]:
    return {name: kept.worker for name, kept in front.ensemble.kept.items()}


def test_every_plane_comes_through(front: Front, connect: Connect) -> None:
    client = connect()
    opened = client.open("nova")
    assert opened.topology_id == synthetic_topology(VERTICES).id
    client.listen("nova", "q16")
    for plane in PLANES:
        client.subscribe("nova", plane)
    line, seen = say(client), list[Media]()
    gather(client, seen, lambda: {m.plane for m in seen} == set(PLANES) and any(map(event("ended"), seen)))
    wait(client, lambda: client.state("nova", line) == "done")
    np.testing.assert_allclose(sound(seen), VOICE, atol=1 / 32768)
    assert client.progress["nova", line].played_samples == len(VOICE)
    assert front.tally.lines == 1 and front.tally.frames > 0


def test_npcs_are_spread_and_stay(front: Front, connect: Connect) -> None:
    client, other = connect(), connect()
    for name in ("a", "b", "c", "d"):
        client.open(name)
    before = place(front)
    assert sorted(worker or 0 for worker in before.values()) == [0, 0, 1, 1]
    other.open("a")
    assert place(front) == before


def test_a_late_joiner_gets_mesh_texture_and_a_frame(front: Front, connect: Connect) -> None:
    first, late = connect(), connect()
    first.open("nova")
    first.listen("nova", "q16")
    until(first, lambda m: m.plane == "frame/q16")
    wait(first, lambda: not first._missing)
    late.listen("nova", "q16")
    planes = {m.plane for m in until(late, lambda m: m.plane == "texture")}
    planes |= {m.plane for m in until(late, lambda m: m.plane == "frame/q16")}
    assert {"mesh", "texture", "frame/q16"} <= planes


def test_what_nobody_reads_is_not_computed(front: Front, connect: Connect) -> None:
    reader, client = connect(), connect()
    reader.subscribe("nova", "frame/arkit")  # before the NPC is there
    client.open("nova")
    until(reader, lambda m: m.plane == "frame/arkit")
    slot = front.ensemble.kept["nova"].worker
    servers = {slot: worker._server for slot, worker in crew_of(front).workers.items()}
    studio = servers[slot].studios["nova"]
    assert [plane.name for plane in studio._read] == ["frame/arkit"]
    reader.unsubscribe("nova", "frame/arkit")
    wait(client, lambda: not studio._read)
    assert all(not server._readers[True] for server in servers.values())


def test_an_interruption_reaches_speaker_and_watcher(front: Front, connect: Connect) -> None:
    client, watcher = connect(), connect()
    client.open("nova")
    for one in (client, watcher):
        one.listen("nova", "q16")
    line = say(client)
    (*_, started) = until(client, event("started"))
    assert isinstance(started.message, wire.Event)
    assert client.interrupt("nova") == started.message.generation + 1
    wait(client, lambda: client.state("nova", line) == "interrupted")
    until(watcher, event("interrupted"))
    client.push("nova", line, VOICE)  # was under way: ignored
    client.end("nova", line)
    client.open("nova")


def test_errors_are_the_clients_own(front: Front, connect: Connect) -> None:
    client = connect()
    client.open("nova")
    with pytest.raises(StyleError, match="no such emotion"):
        client.set_style("nova", Style(emotions={"hunger": 1.0}))
    with pytest.raises(ProtocolError, match="no such session open"):
        client.interrupt("nobody")
    client.push("nova", 77, VOICE[:100])
    with pytest.raises(ProtocolError, match="a line that is not open"):
        wait(client, lambda: False)
    with pytest.raises(AvatarError, match="no such avatar"):
        client.open("nova", "stranger")
    client.interrupt("nova")  # it is still open


def test_npcs_of_a_lost_worker_go_on_and_the_others_notice_nothing(front: Front, connect: Connect) -> None:
    client = connect()
    for name in ("a", "b", "c", "d"):
        client.open(name)
        client.listen(name, "q16")
        client.set_style(name, Style(strength=0.5))
    lines = {name: say(client, name, np.tile(VOICE, 2)) for name in "abcd"}
    seen: list[Media] = []
    gather(client, seen, lambda: client.progress.get(("a", lines["a"]), _NONE).played_samples > RATE // 4)
    before, slot = place(front), kill(front, "a")
    gather(client, seen, lambda: all(client.state(name, line) == "done" for name, line in lines.items()))
    gather(client, seen, lambda: all(any(map(event("ended", name), seen)) for name in lines))
    for name, line in lines.items():
        news = client.progress[name, line]
        assert news.received_samples == news.played_samples == 2 * len(VOICE)
        generations = sorted(
            {m.message.generation for m in seen if m.session == name and isinstance(m.message, wire.Audio)}
        )
        if before[name] != slot:
            assert len(generations) == 1, "it was not touched"
            np.testing.assert_allclose(sound(seen, name), np.tile(VOICE, 2), atol=1 / 32768)
            continue
        first, second = generations
        rest = sound(seen, name, second)
        assert 0 < len(rest) < 2 * len(VOICE) and first < second
        np.testing.assert_allclose(rest, np.tile(VOICE, 2)[-len(rest) :], atol=1 / 32768)
    assert client.greetings == 1, "clients are told nothing"
    assert crew_of(front).replaced == [slot] and front.standing.deaths == 1 and front.ensemble.moved == 2
    assert front.ensemble.kept["a"].style is not None


_NONE = wire.Progress("a", 0, "queued", 0, 0, 0)


def test_a_worker_that_hangs_is_lost(front: Front, connect: Connect) -> None:
    client = connect()
    client.open("nova")
    client.listen("nova", "q16")
    until(client, lambda m: m.plane == "frame/q16")
    slot, go_on = front.ensemble.kept["nova"].worker, threading.Event()
    assert slot is not None
    crew_of(front).workers[slot]._server._move_together = lambda sessions: go_on.wait()
    until(client, lambda m: m.plane == "frame/q16" and crew_of(front).replaced == [slot])
    go_on.set()
    assert front.ensemble.kept["nova"].worker != slot


def test_npcs_wait_for_a_worker_and_so_does_what_is_said_and_asked_meanwhile() -> None:
    front = Front(port=0, first_generation=1000)
    front.employ(crew := ThreadCrew(front.key, 1))
    with fronting(front, workers=1), Client(front.endpoint, timeout_s=PATIENCE_S) as client:
        client.open("nova")
        client.listen("nova", "q16")
        first = say(client, end=False)
        until(client, event("started"))
        crew.replaces = False
        kill(front)
        wait(client, lambda: crew.replaced == [0])
        with pytest.raises(ProtocolError, match="no worker yet"):
            client.open("other")
        client.end("nova", first)
        second = say(client)
        crew.start(0)
        wait(client, lambda: client.state("nova", second) == "done")
        assert client.state("nova", first) == "done"
        crew.replaces = False
        kill(front)
        wait(client, lambda: crew.replaced == [0, 0])
        third = say(client)
        timer = threading.Timer(0.2, crew.start, [0])  # while it waits for the answer
        timer.start()
        generation = client.interrupt("nova")
        timer.join()
        wait(client, lambda: client.state("nova", third) == "interrupted")
        fourth = say(client)
        seen = until(client, event("ended"))
        wait(client, lambda: client.state("nova", fourth) == "done")
        np.testing.assert_allclose(sound(seen, "nova", generation)[-len(VOICE) :], VOICE, atol=1 / 32768)


def test_a_front_without_workers_says_so() -> None:
    front = Front(port=0)
    stop = threading.Event()
    thread = threading.Thread(target=front.run, args=(stop,), daemon=True)
    thread.start()
    with Client(front.endpoint, timeout_s=PATIENCE_S) as client:
        with pytest.raises(ProtocolError, match="no worker yet: saw 0 sessions on 0 workers"):
            client.open("nova")
        with pytest.raises(ProtocolError, match="no worker yet"):
            client.load_avatar("nova")
        assert not front.standing.has_room_within(2.0) and front.standing.turns_within(2.0)
    stop.set()
    thread.join()


def test_a_crew_that_fails_ends_the_front() -> None:
    class Failing(ThreadCrew):
        def news(self) -> list:  # type: ignore[type-arg]
            raise LinkError("there is no Ray cluster", seen="none", wanted="one", cure="start one")

    front = Front(port=0)
    front.employ(Failing(front.key, 0))
    with pytest.raises(LinkError, match="no Ray cluster"):
        front.run(threading.Event())


def test_each_worker_takes_so_many(connect: Connect) -> None:
    front = Front(port=0, npcs_per_worker=1)
    front.employ(ThreadCrew(front.key, 2, most_npcs=1))
    with fronting(front), Client(front.endpoint, timeout_s=PATIENCE_S) as client:
        client.open("a")
        client.open("b")
        with pytest.raises(ProtocolError, match="no room for another NPC: saw 2 sessions on 2 workers"):
            client.open("c")
        kill(front, "a")
        wait(client, lambda: front.ensemble.moved == 1)
        assert sorted(worker or 0 for worker in place(front).values()) == [0, 1]


def test_harm_ends_at_the_front(front: Front, connect: Connect) -> None:
    good = connect()
    good.open("nova")
    good.listen("nova", "q16")
    until(good, lambda m: m.plane == "frame/q16")
    servers = [worker._server for worker in crew_of(front).workers.values()]
    taken = [server.tally.requests for server in servers]
    with ClientSockets(front.endpoint) as bad:
        for data in (
            b"",
            b"\xff" * 1000,
            b"\x91" * 100_000,
            msgpack.packb([3, 1, "nova"]),
            msgpack.packb([6, 1]),
        ):
            bad.send(data)
            assert isinstance(decode(answer(bad), expect=wire.REPLIES), wire.Error)
        bad.connect_media(front._sockets.media_port, front._sockets.motion_port)
        for number in range(3000):
            bad.subscribe(b"tw1/%d/" % number, motion=bool(number % 2))
        ping = encode(wire.Ping(1, 0))
        before = front.tally.requests
        sent = sum(bad.send(ping) for _ in range(2 * MESSAGE_BURST))
        wait(good, lambda: front.tally.requests >= before + sent)
        until(good, lambda m: m.plane == "frame/q16")
        assert sum(server.tally.requests for server in servers) - sum(taken) < 200, "pings of the good one"
        assert sum(len(readers) for server in servers for readers in server._readers.values()) < 10
    good.interrupt("nova")


def test_who_may_is_said_by_the_front() -> None:
    public, secret = keypair()

    class Keys:
        secret = keypair()[1]

        def name_of(self, key: str) -> str | None:
            return "friend" if key in (public, other) else None

    other, others_secret = keypair()
    from talkwire.bridge.access.curve import public_of

    front = Front(port=0, keys=Keys(), token="a secret that is long enough")
    front.employ(ThreadCrew(front.key, 1))
    server = public_of(Keys.secret)
    token = "a secret that is long enough"
    with fronting(front, workers=1):
        with (
            Client(
                front.endpoint, timeout_s=PATIENCE_S, keys=ClientKeys(secret, server), token=token
            ) as friend,
            Client(
                front.endpoint, timeout_s=PATIENCE_S, keys=ClientKeys(others_secret, server), token=token
            ) as rival,
        ):
            friend.open("nova")
            friend.listen("nova", "q16")
            until(friend, lambda m: m.plane == "frame/q16")
            with pytest.raises(AccessDenied, match="belongs to another client"):
                rival.open("nova")
            rival.listen("nova", "q16")
            for _ in range(30):
                until(friend, lambda m: m.plane == "frame/q16")
            assert rival.poll(0.1) == []
        with pytest.raises(AccessDenied, match="wants a token"):
            Client(front.endpoint, timeout_s=PATIENCE_S, keys=ClientKeys(secret, server))
        (worker,) = crew_of(front).workers.values()
        stranger = ClientKeys(keypair()[1], worker._sockets.key)
        with ClientSockets(worker._sockets.endpoint, stranger) as sockets:
            sockets.send(encode(wire.Hello(1, 1, 2, "past the front", ())))
            assert not sockets.poll(0.5) and isinstance(sockets.refusal(), AccessDenied)


def test_a_client_that_goes_silent_lets_its_npc_end(front: Front, connect: Connect) -> None:
    client, watcher = connect(), connect()
    client.open("nova")
    watcher.listen("nova", "q16")
    say(client, end=False)
    until(watcher, event("started"))
    peer = next(iter(front.ensemble.kept["nova"].holders))
    front.ensemble.peers.known[peer].last_ns -= 60_000_000_000
    until(watcher, event("ended"))
    assert front.ensemble.kept["nova"].holders == set()
    worker = crew_of(front).workers[front.ensemble.kept["nova"].worker or 0]
    assert not worker._server._peers.holding("nova")


def test_stopping_finishes_what_is_said_and_tells_everybody() -> None:
    front = Front(port=0)
    front.employ(ThreadCrew(front.key, 2))
    with fronting(front), Client(front.endpoint, timeout_s=PATIENCE_S) as client:
        client.open("nova")
        client.listen("nova", "q16")
        line = say(client)
        until(client, event("started"))
        front.drain(PATIENCE_S)
        with pytest.raises(ProtocolError, match="stopping and takes no new NPC"):
            client.open("other")
        seen = until(client, event("closed"))
        assert any(map(event("ended"), seen)) and client.state("nova", line) == "done"
        assert isinstance(seen[-1].message, wire.Event) and seen[-1].message.reason == "the server stops"


def test_figures_of_the_front_and_of_each_worker(front: Front, connect: Connect) -> None:
    client = connect()
    client.open("nova")
    line = say(client)
    wait(client, lambda: client.state("nova", line) == "done")
    time.sleep(0.3)  # for the next report
    said: list[bytes] = []
    asked = {"PATH_INFO": "/metrics", "QUERY_STRING": "", "REQUEST_METHOD": "GET"}
    app = application(front.standing, {"version": "1", "avatar": "x", "engine": "none"})
    said += app(asked, lambda *_: None)
    text = b"".join(said).decode()
    for figure in (
        "talkwire_npcs_most 128.0",
        "talkwire_workers 2.0",
        "talkwire_worker_deaths_total 0.0",
        'talkwire_worker_npcs{worker="0"} 1.0',
        'talkwire_worker_npcs{worker="1"} 0.0',
        "talkwire_lines_total 1.0",
        "talkwire_first_frame_seconds_count 1.0",
    ):
        assert figure in text, figure
    assert front.tally.spoken_s == pytest.approx(len(VOICE) / RATE)
    assert 0 <= client.load <= 1
