"""What happens in the traces: who sends what when, how long it is watched, and how many pictures a second."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from bridge.sender import Sender, steady
from talkwire.bridge import wire

Scene = Callable[[], tuple[list[Sender], float, float]]  # who sends, seconds, asked so often a second


def plain_line() -> tuple[list[Sender], float, float]:
    """Idling, a line with patches of the texture, and idling again."""
    sender = Sender()
    sender.mesh()
    sender.idle(1, 0.0, 0.6)
    sender.line(2, 0.5, 1.2, patches=True)
    sender.idle(3, 1.7, 0.6)
    return [sender], 2.3, 60


def two_lines() -> tuple[list[Sender], float, float]:
    """A line, a moment of idling, a line, and one that follows it at once, without idling between them."""
    sender = Sender()
    sender.mesh()
    sender.line(1, 0.1, 0.6)
    sender.idle(2, 0.7, 0.4)
    sender.line(3, 1.1, 0.5)
    sender.idle(4, 1.6, 0.05)
    sender.line(5, 1.61, 0.5)
    sender.idle(6, 2.11, 0.4)
    return [sender], 2.6, 40


def interruption() -> tuple[list[Sender], float, float]:
    """A line is cut by a newer generation while another waits; what is still under way of them is ignored."""
    before, after = Sender(), Sender(generation=1)
    before.mesh()
    before.line(1, 0.1, 3.0, cut_s=0.9)
    before.event("started", 2, 0.75)
    before.audio(2, 0.0, 0.05, 0.86)
    after.event("interrupted", 1, 0.8, pts_s=0.7)
    after.idle(1, 0.81, 0.6)
    after.line(2, 1.3, 0.4)
    return [before, after], 2.0, 60


def jitter() -> tuple[list[Sender], float, float]:
    """A microphone's line over a network with 35 ms of jitter, and one frame that is 160 ms late."""

    def delay_s(sent_s: float) -> float:
        return 0.005 + 0.035 * (math.sin(sent_s * 977) / 2 + 0.5) + (0.16 if 1.72 < sent_s < 1.75 else 0)

    sender = Sender(media=lambda sent_s: delay_s(sent_s + 7), motion=delay_s)
    sender.mesh()
    sender.idle(1, 0.0, 0.5, frame_hz=30)
    sender.line(2, 0.4, 1.7, lead_s=0.0, frame_hz=30)
    sender.idle(3, 2.1, 0.4, frame_hz=30)
    return [sender], 2.5, 60


def underrun() -> tuple[list[Sender], float, float]:
    """Everything stands still for 0.7 s: the picture holds, then the face rests; then the line goes on."""

    def stall_s(sent_s: float) -> float:
        return steady(sent_s) + (1.3 - sent_s if 0.6 <= sent_s < 1.3 else 0.0)

    sender = Sender(media=stall_s, motion=stall_s)
    sender.mesh()
    sender.line(1, 0.1, 1.6, lead_s=0.1)
    return [sender], 2.8, 60


def frames_missing() -> tuple[list[Sender], float, float]:
    """Sound goes on while frames are lost for half a second: the face rests, and comes back."""
    sender = Sender()
    sender.mesh()
    sender.line(1, 0.1, 1.6, lost=lambda plane, at_s: plane == "frame/q16" and 0.5 <= at_s < 1.1)
    return [sender], 2.0, 60


def no_frames() -> tuple[list[Sender], float, float]:
    """Who reads no frames hears a line all the same; the first is noticed to have none after a second."""
    sender = Sender()
    sender.mesh()
    sender.idle(1, 0.0, 0.1)
    sender.line(2, 0.3, 1.8, lost=lambda plane, at_s: plane != "audio")
    return [sender], 3.4, 30


def lost_sound() -> tuple[list[Sender], float, float]:
    """A gap of 0.12 s is noticed in time: silence. One of 0.5 s is not, and the line goes on after it."""

    def lost(plane: str, at_s: float) -> bool:
        return plane == "audio" and any(low < at_s + 0.001 < high for low, high in ((0.4, 0.52), (0.9, 1.4)))

    sender = Sender()
    sender.mesh()
    sender.line(1, 0.1, 1.8, lost=lost, chunk_s=0.02)
    return [sender], 2.3, 60


def lost_long() -> tuple[list[Sender], float, float]:
    """Sound and frames jump by 12 s, more than is filled with silence: the line goes on from there."""
    sender = Sender()
    sender.mesh()
    sender.line(1, 0.1, 1.4, jump_s=(0.7, 12.0))
    return [sender], 2.0, 40


def join() -> tuple[list[Sender], float, float]:
    """Who joins in mid-line: the retained frame is sent again, then all follows."""
    sender = Sender(since_s=2.0)
    sender.mesh(2.0)
    sender.frame(1, 43, 2.15, 2.0, wire.REPEAT)
    sender.line(1, 0.0, 2.8)
    return [sender], 3.2, 60


def join_before_frames() -> tuple[list[Sender], float, float]:
    """Who joins in mid-line has sound without its frames at first: nothing is shown, then a face at rest."""
    sender = Sender(since_s=2.0)
    sender.mesh(2.0)
    sender.line(1, 0.0, 3.2, lost=lambda plane, at_s: plane != "audio" and at_s < 2.9)
    return [sender], 3.5, 60


def drift() -> tuple[list[Sender], float, float]:
    """A minute of a sender whose clock is 200 parts in a million quicker; sped from when the target falls."""
    late_s = 0.28  # of the first sound alone
    sender = Sender(
        plane="frame/arkit", ppm=200, media=lambda sent_s: steady(sent_s) + late_s * (0.2 < sent_s < 0.3)
    )
    sender.line(1, 0.1, 60.0, lead_s=0.25, chunk_s=0.4, frame_hz=2.5)
    return [sender], 61.8, 1


def basis() -> tuple[list[Sender], float, float]:
    """Frames that are coefficients of a basis, and idling in them."""
    sender = Sender(plane="frame/basis")
    sender.mesh()
    sender.idle(1, 0.0, 0.4)
    sender.line(2, 0.3, 0.8)
    sender.idle(3, 1.1, 0.4)
    return [sender], 1.5, 60


def arkit() -> tuple[list[Sender], float, float]:
    """Weights and the head's pose alone: no mesh is needed, and there are no vertices."""
    sender = Sender(plane="frame/arkit")
    sender.idle(1, 0.0, 0.4)
    sender.line(2, 0.3, 0.8)
    sender.idle(3, 1.1, 0.4)
    return [sender], 1.5, 60


def later_picture() -> tuple[list[Sender], float, float]:
    """An A/V offset of +150 ms: a moment is shown so much later than its sound, up to the line's end."""
    sender = Sender()
    sender.mesh()
    sender.line(1, 0.1, 0.9)
    sender.idle(2, 1.0, 0.5)
    return [sender], 1.6, 60


def sooner_picture() -> tuple[list[Sender], float, float]:
    """An A/V offset of -80 ms: more is gathered, and a moment is shown before its sound."""
    sender = Sender()
    sender.mesh()
    sender.line(1, 0.1, 0.9)
    sender.idle(2, 1.0, 0.5)
    return [sender], 1.6, 60


def too_old() -> tuple[list[Sender], float, float]:
    """Messages of an older generation, some of a line with a higher number, change nothing."""
    sender, old = Sender(generation=5), Sender(generation=4)
    sender.mesh()
    sender.line(1, 0.1, 0.8)
    old.line(7, 0.2, 0.5)
    old.event("interrupted", 1, 0.5)
    old.event("closed", 0, 0.6)
    return [sender, old], 1.2, 60


def closed() -> tuple[list[Sender], float, float]:
    """The NPC is gone in mid-line: its face goes to rest at once; what comes after that begins anew."""
    sender = Sender()
    sender.mesh()
    sender.line(1, 0.1, 2.0, cut_s=0.7)
    sender.event("closed", 0, 0.7)
    sender.frame(1, 30, 1.5, 0.75)
    sender.line(2, 1.3, 0.3)
    return [sender], 2.0, 60


def held_in_a_fade() -> tuple[list[Sender], float, float]:
    """A line whose frames are lost begins while idling fades into other idling: what is on the screen in the
    middle of that fade holds, then rests, vertices too.
    """
    sender = Sender(plane="frame/basis")
    sender.mesh()
    sender.idle(1, 0.0, 0.6)
    sender.idle(2, 0.41, 0.3)
    sender.line(3, 0.45, 0.8, lost=lambda plane, at_s: plane != "audio")
    sender.idle(4, 0.46, 1.2)  # it tells that the line has no frames
    return [sender], 1.7, 60


SCENES: Final[tuple[Scene, ...]] = (
    plain_line,
    two_lines,
    interruption,
    jitter,
    underrun,
    frames_missing,
    no_frames,
    lost_sound,
    lost_long,
    join,
    join_before_frames,
    drift,
    basis,
    arkit,
    later_picture,
    sooner_picture,
    too_old,
    closed,
    held_in_a_fade,
)
OFFSETS_MS: Final[dict[str, float]] = {"later_picture": 150.0, "sooner_picture": -80.0}
