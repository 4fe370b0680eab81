"""Work on other processes and machines by Ray: the only importer of ray.

with joined("local", cores=2) as cluster:
    paper = cluster.share(large)
    ticket = cluster.start(function, paper, 7)
    ready, waiting = cluster.wait([ticket], timeout_s=1)
    answer = cluster.result(ready[0])
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from talkwire.runtime.errors import LinkError, missing

LOCAL: Final = "local"
REACH_S: Final = 5.0
CLIENT_PORT: Final = 10001


class WorkerLost(Exception):
    """The process or the machine that had a piece of work went away, and so did the next one."""


class Actor:
    """An object in a process of its own somewhere, which lasts until it is killed or lost."""

    def __init__(self, ray: Any, made: Any) -> None:
        self._ray, self._made = ray, made

    def call(self, method: str, *arguments: object) -> Any:
        """A ticket for what it returns."""
        return getattr(self._made, method).remote(*arguments)

    def kill(self) -> None:
        """End its process."""
        with suppress(Exception):
            self._ray.kill(self._made)


class Cluster:
    """A joined cluster: functions of installed modules go out, results come back, in any order."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray

    @property
    def cores(self) -> int:
        """Of all machines that are there now."""
        return int(self._ray.cluster_resources().get("CPU", 1))

    @property
    def gpus(self) -> int:
        """Cards of all machines that are there now."""
        return int(self._ray.cluster_resources().get("GPU", 0))

    def actor(self, kind: Callable[[], object]) -> Actor:
        """An object of this class, made on one core somewhere, and with one card where the cluster has some.
        It is not made again when its process is lost.
        """
        options = {"num_cpus": 1, "num_gpus": min(1, self.gpus), "max_restarts": 0}
        remote = self._ray.remote(**options, scheduling_strategy="SPREAD")(kind)
        return Actor(self._ray, remote.remote())

    def share(self, value: object) -> Any:
        """A ticket for a value that many pieces of work need; it travels to each machine once."""
        return self._ray.put(value)

    def start(self, function: Callable[..., object], *arguments: object) -> Any:
        """A ticket for function(*arguments) on one core somewhere. It is done again, once, when its worker is
        lost; what it raises itself is not tried again.
        """
        remote = self._ray.remote(num_cpus=1, max_retries=1)(function)
        return remote.remote(*arguments)

    def wait(self, tickets: Sequence[Any], timeout_s: float) -> tuple[list[Any], list[Any]]:
        """(finished, unfinished) after one is finished or the time is over.

        Raises LinkError when the cluster has gone.
        """
        with _translated():
            ready, waiting = self._ray.wait(list(tickets), num_returns=1, timeout=timeout_s)
        return ready, waiting

    def result(self, ticket: Any) -> Any:
        """What the function returned. Raises WorkerLost, LinkError, or what the function raised."""
        with _translated():
            return self._ray.get(ticket)

    def cancel(self, ticket: Any) -> None:
        """Give up a piece of work, also one that is being done."""
        with suppress(Exception):
            self._ray.cancel(ticket, force=True)


def here() -> str:
    """The address of this machine, as the others of a cluster reach it."""
    from ray.util import get_node_ip_address

    address: Any = get_node_ip_address
    return str(address())


@contextmanager
def joined(address: str, *, cores: int | None = None) -> Iterator[Cluster]:
    """A cluster to work on until the block ends.

    address: "local" starts one on this machine, of `cores` (default: all); "auto" is the one that runs on
    this machine; HOST:PORT a head node's, ray://HOST:PORT its client server's.
    Raises MissingDependency without ray, LinkError when there is no such cluster.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would call its makers
    os.environ.setdefault("RAY_task_oom_retries", "1")  # not for ever
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # says at length that it may change
    try:
        import ray
    except ImportError:
        raise missing("ray", extra="cluster", need="work on a cluster") from None
    _reach(address)
    own: dict[str, Any] = {"num_cpus": cores, "include_dashboard": False} if address == LOCAL else {}
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL, **own)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        raise _unreached(address, str(error).splitlines()[0]) from None
    try:
        yield Cluster(ray)
    finally:
        ray.shutdown()


def _reach(address: str) -> None:
    """Whether anybody listens there: Ray itself asks for two minutes, and complains on the terminal."""
    if address in (LOCAL, "auto"):
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address.startswith("ray://") and not host:
        host, port = port, str(CLIENT_PORT)
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACH_S).close()
    except ValueError:
        raise _unreached(address, "no host and port") from None
    except OSError as error:
        raise _unreached(address, (error.strerror or str(error)).lower()) from None


@contextmanager
def _translated() -> Iterator[None]:
    import ray.exceptions as said

    try:
        yield
    except (
        said.WorkerCrashedError,
        said.OutOfMemoryError,
        said.NodeDiedError,
        said.ObjectLostError,
        said.RayActorError,
    ) as error:
        raise WorkerLost(str(error).splitlines()[0]) from None
    except said.RayTaskError as error:
        raise error.cause if isinstance(error.cause, BaseException) else error from None
    except (said.RayError, ConnectionError) as error:
        raise _unreached("the cluster", str(error).splitlines()[0]) from None


def _unreached(address: str, why: str) -> LinkError:
    return LinkError(
        f"there is no Ray cluster at {address}",
        seen=why,
        wanted="local, auto, HOST:PORT of its head or ray://HOST:PORT",
        cure="start one: ray start --head",
    )
