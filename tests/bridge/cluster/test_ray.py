"""Workers as actors of a real Ray on this machine, killed and stopped by the system."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from bridge.cluster.conftest import VERTICES, fronting, gather
from bridge.conftest import PATIENCE_S, wait
from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.cluster.crew import RayCrew, workers_of
from talkwire.bridge.cluster.front import Front
from talkwire.bridge.cluster.worker import Company, Contract
from talkwire.bridge.media import Media
from talkwire.bridge.trial.ledger import Ledger
from talkwire.bridge.trial.spheres import spheres
from talkwire.runtime.cluster import Cluster, here, joined
from talkwire.runtime.errors import LinkError
from talkwire.runtime.types import Float32

RATE = 16_000
VOICE: Float32 = (0.3 * np.sin(np.arange(2 * RATE) / 8)).astype(np.float32)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    if not os.environ.get("CI"):
        pytest.importorskip("ray")
    with joined("local", cores=4) as cluster:
        yield cluster


@pytest.fixture
def front(cluster: Cluster) -> Iterator[Front]:
    front = Front(port=0, first_generation=1000)
    front.employ(RayCrew(cluster, 2, spheres, [VERTICES], Contract(front.key, here(), 64)))
    with fronting(front):
        yield front


def pid_of(front: Front, session: str) -> int:
    worker = front.ensemble.kept[session].worker
    assert worker is not None
    return front.ensemble.workers[worker].place.pid


def speaking(client: Client, *sessions: str) -> dict[str, int]:
    lines = {}
    for name in sessions:
        lines[name] = client.begin(name, RATE)
        for i in range(0, len(VOICE), 1600):
            client.push(name, lines[name], VOICE[i : i + 1600])
        client.end(name, lines[name])
    return lines


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_npcs_of_a_worker_that_is_killed_or_hangs_are_back(front: Front, how: signal.Signals) -> None:
    sessions, ledgers = "abcd", {}
    first, *_, last = sessions
    heard: dict[str, list[Media]] = {name: [] for name in sessions}
    newest: dict[str, int] = {}
    back: set[str] = set()

    def take(media: Media) -> None:
        heard[media.session].append(media)
        ledgers[media.session].take(media)
        if isinstance(media.message, wire.Frame):
            newest[media.session] = media.message.generation

    with Client(front.endpoint, timeout_s=PATIENCE_S) as client:
        wait(client, lambda: front.standing.ready_workers == 2)
        for name in sessions:
            ledgers[name] = Ledger()
            client.open(name)
            client.listen(name, "q16")
        lines = speaking(client, *sessions)
        early: list[Media] = []
        gather(
            client, early, lambda: client.progress.get((last, lines[last]), NONE).played_samples > RATE // 2
        )
        for media in early:
            take(media)
        pid = pid_of(front, first)
        struck = {name for name in sessions if pid_of(front, name) == pid}
        assert len(struck) == 2
        before = dict(newest)
        os.kill(pid, how)
        killed_s = time.monotonic()
        while not all(client.state(name, line) == "done" for name, line in lines.items()):
            assert time.monotonic() - killed_s < 3 * PATIENCE_S
            for media in client.poll(0.01):
                take(media)
                if newest.get(media.session, 0) > before[media.session]:
                    back.add(media.session)
        assert back == struck
        for name in sessions:
            assert (client.progress[name, lines[name]].played_samples) == len(VOICE)
        for name in set(sessions) - struck:
            sound = b"".join(m.message.samples for m in heard[name] if isinstance(m.message, wire.Audio))
            np.testing.assert_allclose(np.frombuffer(sound, "<i2") / 32768, VOICE, atol=1 / 32768)
            assert ledgers[name].lost_samples == 0 and ledgers[name].odd_events == 0
        wait(client, lambda: front.standing.ready_workers == 2)


NONE = wire.Progress("a", 0, "queued", 0, 0, 0)


def refusing(slot: int) -> Company:
    raise LinkError("there is no sphere", seen="none", wanted="one", cure="make one")


def dying(slot: int) -> Company:
    os._exit(1)


@pytest.mark.parametrize(
    ("company", "sentence"), [(refusing, "there is no sphere"), (dying, "end while they start")]
)
def test_workers_that_cannot_start_are_one_sentence(
    cluster: Cluster, company: Callable[..., Company], sentence: str
) -> None:
    import ray.cloudpickle

    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers do not know the tests
    front = Front(port=0)
    front.employ(RayCrew(cluster, 1, company, [], Contract(front.key, here(), 64)))
    with pytest.raises(LinkError, match=sentence):
        front.run(threading.Event())


def test_another_version_is_refused(cluster: Cluster) -> None:
    front = Front(port=0)
    front.employ(RayCrew(cluster, 1, spheres, [VERTICES], Contract(front.key, here(), 64, "0.0.1")))
    with pytest.raises(LinkError, match="another version of talkwire"):
        front.run(threading.Event())


def test_as_many_workers_as_there_is_room_for(cluster: Cluster) -> None:
    assert (workers_of(cluster, 0), workers_of(cluster, 2)) == (3, 2)
    with pytest.raises(
        LinkError, match="no room for so many workers: saw --workers 5, wanted at most 4, one for each core"
    ):
        workers_of(cluster, 5)
