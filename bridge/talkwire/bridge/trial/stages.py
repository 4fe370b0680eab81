"""What the stages of live NPCs cost, tick by tick, on one thread: the work of a server without its waiting.

A tick is 1 / fps of speech for each NPC. All hear the same line, each from another place in it, and each
began a little later than the one before, as those of a server do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from talkwire.bridge.codec import Box, decode_vertices
from talkwire.bridge.media import FRAME_PLANES, Media, decode_media, encode_media
from talkwire.bridge.moment import Moment
from talkwire.bridge.pack import frame_message
from talkwire.runtime.audio import Audio
from talkwire.runtime.avatar import Avatar, DyntetAvatar
from talkwire.runtime.engine import Engine
from talkwire.runtime.minds import open_voices
from talkwire.runtime.session import Session, hear_together, open_session, think_together
from talkwire.runtime.types import Float32

CODEC: Final = "q16"
RATE_HZ: Final = 48_000  # as messages say; it costs the same whatever it is
WARM_UP_TICKS: Final = 30
STAGGER_S: Final = 0.1  # between the first to begin and the last: steps and frames meet again after that
PERCENTILES: Final = (50, 95, 99)
HEAR, MOVE, LIVE = "hear", "motion network", "gestures, life, style"
GEOMETRY, BASIS, NETWORK = "geometry", "basis coefficients", "geometry by the network"
TEXTURE, PACK, DECODE = "texture patches", "codec and wire", "client decode"
SERVED: Final = {
    "mesh": (HEAR, MOVE, LIVE, GEOMETRY, PACK),
    "mesh by the network": (HEAR, MOVE, LIVE, NETWORK, PACK),
    "basis": (HEAR, MOVE, LIVE, BASIS),
}
"""What a server does for a reader of vertices, and for one who has the basis and wants its coefficients."""
OUTSIDE: Final = {"mesh": (HEAR, LIVE, PACK), "basis": (HEAR, LIVE)}
"""What of it is no network and no mesh."""


def ticks(
    avatar: Avatar, speech: Audio, npcs: int, count: int, *, fps: int = 60, motion: Engine | None = None
) -> dict[str, dict[str, float]]:
    """Of `count` ticks of so many NPCs: milliseconds of each stage, all NPCs together, and of what is served
    (`SERVED`), as p50, p95 and p99. motion: what runs the live network.
    """
    clock = _Clock()
    box, voices = Box.around(avatar.topology.neutral_vx3), open_voices(motion)
    sessions = [open_session(avatar, fps=fps, seed=seed, voices=voices) for seed in range(npcs)]
    for number, session in enumerate(sessions):
        session.begin(speech.sample_rate_hz)
        session.push(speech.samples[: round(number / npcs * STAGGER_S * speech.sample_rate_hz)])
    heard = [
        _tick(clock, avatar, box, sessions, slices)
        for slices in _slices(speech, npcs, WARM_UP_TICKS + count, fps)
    ]
    if isinstance(avatar, DyntetAvatar):  # apart, so as not to push the rest out of the caches
        for name, work in _other_ways(avatar).items():
            for windows in heard:
                with clock(name):
                    work(windows)
    elif avatar.moves_within:  # a picture of each; there are 25 a second, and not as many as ticks
        for tick, windows in enumerate(heard):
            with clock(TEXTURE):
                avatar.painted(windows, [tick / fps + number for number in range(len(windows))])
    table = {name: percentiles(times[WARM_UP_TICKS:]) for name, times in clock.stages_ms.items()}
    for served, stages in SERVED.items():
        if all(name in clock.stages_ms for name in stages):
            whole = np.sum([clock.stages_ms[name][WARM_UP_TICKS:] for name in stages], axis=0)
            table[f"all for {served}"] = percentiles(whole)
    return table


def frames_per_s(table: Mapping[str, Mapping[str, float]], npcs: int) -> dict[str, int]:
    """Frames of all NPCs in a second of work, by what is served; a tick makes one of each, in the mean."""
    return {
        served: round(1e3 * npcs / table[f"all for {served}"]["p50"])
        for served in SERVED
        if f"all for {served}" in table
    }


def outside_us(table: Mapping[str, Mapping[str, float]], npcs: int) -> dict[str, float]:
    """Microseconds of an NPC's tick outside networks and meshes, median, by what is served."""
    return {
        served: round(1e3 * sum(table[stage]["p50"] for stage in stages) / npcs, 1)
        for served, stages in OUTSIDE.items()
        if f"all for {served}" in table
    }


def sustained(tables: Mapping[int, Mapping[str, Mapping[str, float]]], served: str, fps: int) -> int:
    """The most NPCs of those measured whose tick takes less than 1 / fps in 99 of 100 cases; 0 for none."""
    name = f"all for {served}"
    return max(
        (n for n, table in tables.items() if name in table and table[name]["p99"] < 1e3 / fps), default=0
    )


def _tick(
    clock: _Clock, avatar: Avatar, box: Box, sessions: list[Session], slices: list[Float32]
) -> list[Float32]:
    """The windows that the avatar was given."""
    with clock(HEAR):
        for session, samples in zip(sessions, slices, strict=True):
            session.push(samples)
        hear_together(sessions)
    with clock(MOVE):
        think_together(sessions)
    with clock(LIVE):
        heard = [known for session in sessions for known in session.pull_heard()]
    windows = [window for _, window in heard]
    with clock(GEOMETRY):
        posed = avatar.posed(windows)
    with clock(PACK):
        parts = [
            _packed(Moment(pose, window, avatar, RATE_HZ, 0, vertices), box)
            for (pose, window), vertices in zip(heard, posed, strict=True)
        ]
    with clock(DECODE):
        for part in parts:
            message: Any = decode_media(part).message
            decode_vertices(message.codec, message.vertices, box)
    return windows


def _other_ways(avatar: DyntetAvatar) -> dict[str, Callable[[list[Float32]], object]]:
    """To show what was heard."""

    def network(windows: list[Float32]) -> None:
        mode, avatar.mode = avatar.mode, "network"
        avatar.posed(windows)
        avatar.mode = mode

    def texture(windows: list[Float32]) -> None:
        for window in windows:
            avatar.texture_patches(window)

    return {BASIS: avatar.coefficients, NETWORK: network, TEXTURE: texture}


def _slices(speech: Audio, npcs: int, count: int, fps: int) -> Iterator[list[Float32]]:
    length, total = speech.sample_rate_hz // fps, len(speech.samples)
    starts = [total * number // npcs for number in range(npcs)]
    for tick in range(count):
        at = np.arange(tick * length, (tick + 1) * length)
        yield [speech.samples[(at + start) % total] for start in starts]


def _packed(moment: Moment, box: Box) -> bytes:
    topology_id = moment.head.topology.id
    message = frame_message(moment, topology_id=topology_id, codec=CODEC, box=box, server_ns=0)
    return encode_media(Media("npc", FRAME_PLANES[CODEC], message))


def percentiles(times_ms: Any) -> dict[str, float]:
    """p50, p95 and p99 of them."""
    return {f"p{p}": round(float(np.percentile(times_ms, p)), 4) for p in PERCENTILES}


class _Clock:
    """Milliseconds by stage, one number a tick."""

    def __init__(self) -> None:
        self.stages_ms: dict[str, list[float]] = {}
        self._name, self._began_s = "", 0.0

    def __call__(self, name: str) -> _Clock:
        self._name = name
        return self

    def __enter__(self) -> None:
        self._began_s = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        took_ms = (time.perf_counter() - self._began_s) * 1e3
        self.stages_ms.setdefault(self._name, []).append(took_ms)


def cold_start_s(run: Callable[[], object], times: int = 3) -> float:
    """The least time of a few runs, each of which is to begin a process and see its first frame."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        took.append(time.perf_counter() - began)
    return min(took)
