"""A server's figures for Prometheus, and whether it lives, over HTTP. The only importer of prometheus_client.

| path | answers |
|---|---|
| /metrics | the figures, in Prometheus' text format |
| /health | 200 while the server turns, 503 when it has not for HANGS_S |
| /ready | 200 while it turns, has room for another NPC and is not told to stop, else 503 |

Beside its own figures there are those of the process (memory, CPU time, open files, start), on Linux.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from typing import Any, Final, Protocol, cast
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, ProcessCollector, make_wsgi_app
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.serving.draining import Drain
from talkwire.bridge.serving.porter import Standing
from talkwire.bridge.serving.tally import Histogram, Tally
from talkwire.runtime.errors import LinkError

HANGS_S: Final = 2.0
REQUEST_S: Final = 5.0  # that one may take to be said
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Gauges:
    """Figures by the value of a label, or one alone by none. counts: they only rise."""

    name: str
    text: str
    values: Mapping[str, float]
    label: str = ""
    counts: bool = False


class Observed(Protocol):
    """What is asked of a server, from another thread than its own. See Server."""

    tally: Tally
    draining: Drain

    @property
    def governor(self) -> Standing:
        """How busy it is."""
        ...

    @property
    def most_npcs(self) -> int:
        """That there may be."""
        ...

    @property
    def peers(self) -> int:
        """Connections that were heard of lately."""
        ...

    @property
    def npcs_of_avatars(self) -> Counter[str]:
        """NPCs by avatar."""
        ...

    @property
    def waiting_s(self) -> float:
        """Sound yet to be spoken."""
        ...

    @property
    def further(self) -> Iterable[Gauges]:
        """What it has beyond all this."""
        ...

    def turns_within(self, seconds: float) -> bool:
        """Whether it lives."""
        ...

    def has_room_within(self, seconds: float) -> bool:
        """Whether it could take another NPC."""
        ...


# name, what it says, and the figure
GAUGES: Final[tuple[tuple[str, str, Callable[[Observed], float]], ...]] = (
    ("talkwire_npcs_most", "NPCs that there may be", lambda s: s.most_npcs),
    ("talkwire_peers", "connections that were heard of lately", lambda s: s.peers),
    (
        "talkwire_load_ratio",
        "share of the last quarter of a second that the NPCs took",
        lambda s: s.governor.load,
    ),
    ("talkwire_saved_steps", "steps of quality that are saved", lambda s: s.governor.level),
    ("talkwire_queue_seconds", "sound that NPCs have yet to speak, together", lambda s: s.waiting_s),
    ("talkwire_draining", "1 once it was told to stop", lambda s: s.draining.asked),
)
COUNTERS: Final[tuple[tuple[str, str, Callable[[Observed], float]], ...]] = (
    ("talkwire_turns", "turns of the server's loop", lambda s: s.tally.turns),
    ("talkwire_worked_seconds", "time spent in them", lambda s: s.tally.worked_ns / NS_PER_S),
    ("talkwire_requests", "messages from peers", lambda s: s.tally.requests),
    ("talkwire_refused", "messages that were answered with an Error", lambda s: s.tally.refused),
    ("talkwire_opened_npcs", "NPCs that were opened", lambda s: s.tally.opened_npcs),
    ("talkwire_failed_npcs", "NPCs that failed and were closed", lambda s: s.tally.failed_npcs),
    ("talkwire_lines", "lines that began to be spoken", lambda s: s.tally.lines),
    ("talkwire_interruptions", "lines that were cut", lambda s: s.tally.interruptions),
    ("talkwire_spoken_seconds", "sound spoken", lambda s: s.tally.spoken_s),
    ("talkwire_frames", "frames of lines that were made", lambda s: s.tally.frames),
    ("talkwire_late_frames", "those that left after their moment", lambda s: s.tally.late_frames),
    ("talkwire_skipped_frames", "those left out to save work", lambda s: s.tally.skipped_frames),
    ("talkwire_motion_messages", "frames and patches published", lambda s: s.tally.motion_messages),
    ("talkwire_motion_bytes", "their bytes, once for all readers", lambda s: s.tally.motion_bytes),
    (
        "talkwire_media_messages",
        "meshes, textures, sound, events sent",
        lambda s: s.tally.media_messages,
    ),
    ("talkwire_media_bytes", "their bytes, once for all readers", lambda s: s.tally.media_bytes),
)


@contextmanager
def observed(server: Observed, host: str, port: int, about: dict[str, str]) -> Iterator[str]:
    """Serve the figures of this server while it runs; gives the address. about: labels of `talkwire_info`.

    Raises LinkError when the port is taken.
    """
    try:
        app = application(server, about)
        http = make_server(host, port, app, server_class=_Threaded, handler_class=_Silent)
    except OSError as error:
        raise LinkError(
            "figures cannot be served there",
            seen=f"{error.strerror}: {host}:{port}",
            wanted="a free port",
            cure="choose another --metrics",
        ) from None
    thread = threading.Thread(target=http.serve_forever, name="talkwire-metrics", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{http.server_port}/metrics"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def application(server: Observed, about: dict[str, str]) -> Application:
    """The WSGI application."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(server, about))
    ProcessCollector(registry=registry)
    metrics = cast(Application, make_wsgi_app(registry))
    checks = {"/health": server.turns_within, "/ready": server.has_room_within}

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return metrics(environ, start)
        if path not in checks:
            start("404 Not Found", [_PLAIN])
            return [b"/metrics, /health, /ready\n"]
        good = checks[path](HANGS_S)
        start("200 OK" if good else "503 Service Unavailable", [_PLAIN])
        return [b"yes\n" if good else b"no\n"]

    return answer


class _Figures:
    def __init__(self, server: Observed, about: dict[str, str]) -> None:
        self._server, self._about = server, about

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("talkwire", "version and engine", value=self._about)
        npcs = GaugeMetricFamily("talkwire_npcs", "NPCs that are there, by avatar", labels=["avatar"])
        for avatar, count in self._server.npcs_of_avatars.items():
            npcs.add_metric([avatar or self._about.get("avatar", "")], count)
        yield npcs
        for name, text, value in GAUGES:
            yield GaugeMetricFamily(name, text, value=value(self._server))
        for name, text, value in COUNTERS:
            yield CounterMetricFamily(name, text, value=value(self._server))
        for figures in self._server.further:
            yield from _family(figures)
        yield _histogram(
            "talkwire_first_frame_seconds",
            "from a line's first sound, or its turn, to its first frame",
            self._server.tally.first_frame_s,
        )


def _family(figures: Gauges) -> Iterator[Metric]:
    kind = CounterMetricFamily if figures.counts else GaugeMetricFamily
    name, labels = figures.name.removesuffix("_total"), [figures.label] if figures.label else []
    family = kind(name, figures.text, labels=labels)
    for value, figure in figures.values.items():
        family.add_metric([value] if labels else [], figure)
    yield family


def _histogram(name: str, text: str, histogram: Histogram) -> Metric:
    counts = list(itertools.accumulate(histogram.counts))
    bounds = (*map(str, histogram.bounds), "+Inf")
    return HistogramMetricFamily(name, text, list(zip(bounds, counts, strict=True)), histogram.sum)


class _Threaded(ThreadingMixIn, WSGIServer):
    """Who connects and says nothing holds nobody else up."""

    daemon_threads = True


class _Silent(WSGIRequestHandler):
    timeout = REQUEST_S

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a scrape every few seconds is no news."""


_PLAIN: Final = ("Content-Type", "text/plain; charset=utf-8")
