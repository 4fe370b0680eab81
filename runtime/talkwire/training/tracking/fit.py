"""A morphable head fitted to the landmarks of a video: one identity and focal length; pose and codes a frame.

First some frames that differ most say who it is and how long the lens; then all frames together say when it
does what. Codes begin as MediaPipe's blendshapes, are held near them, and follow the landmarks where those
show clearly what the face does: the jaw, the lips, the lids, the brows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch

from talkwire.runtime.types import Float32
from talkwire.training.heads.morphable import MorphableHead
from talkwire.training.tracking.landmarks import Sightings
from talkwire.training.tracking.person import Person
from talkwire.training.tracking.poses import matrices, spread
from talkwire.training.tracking.rest import resting_weights
from talkwire.training.tracking.view import State, View
from talkwire.training.tracking.weights import (
    SPANS,
    code_tolerances,
    offset_tolerances_m,
)
from talkwire.training.tracking.window import DISTANCE_M

Tensor = torch.Tensor

KEY_FRAMES: Final = 48
KEY_STEPS, FRAME_STEPS = 500, 250
NOISE: Final = 0.004  # of the face's height: what a landmark is off by
SPAN_NOISE: Final = 0.002  # and a distance between two near ones
INDEPENDENT: Final = 30  # landmarks' errors go together: 468 count as so many
KEY_COUNT: Final = 4  # and those of one landmark in all frames: as so many frames
OUTLIER: Final = 3.0  # in units of noise: from here on the pull stays the same
# how much speed changes in a frame: radians, of the face's height, relative
TURN_JERK, SHIFT_JERK, SIZE_JERK = 0.0025, 0.002, 0.0015
CORRECTION_STEP: Final = 0.25  # of a code's tolerance: how fast what is added to MediaPipe's code may change
HABIT: Final = 0.3  # of a code's tolerance: what is added always is not expression but the person
LEARNING_RATE: Final = 0.02


@dataclass(frozen=True)
class Fit:
    """N frames. codes_nx52: the head's own weights.  rotations_nx4: xyzw.  residuals_n: mean distance of
    landmarks from the head's, in pixels.
    """

    focal_px: float
    person: Person
    codes_nx52: Float32
    rotations_nx4: Float32
    translations_nx3_m: Float32
    residuals_n: Float32
    face_px: float


def fit_head(
    head: MorphableHead,
    seen: Sightings,
    usable_n: npt.NDArray[np.bool_],
    shots_n: npt.NDArray[np.int64],
    size_hw: tuple[int, int],
    distance_m: float = DISTANCE_M,
    person: Person | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Fit:
    """Fit the head to the usable frames; the others are given poses and codes by their neighbours.

    distance_m: from camera to head, as known or assumed. Landmarks alone do not show it: what perspective
    does to a face, another face has, and MediaPipe's landmarks lean to the perspective of the pictures it
    learned from (of two renderings from 0.9 and 0.55 m they prefer 0.5 and 0.47). It is left nearly as given.
    person: who it is, where another video has already shown it; then only poses and codes are sought.
    """
    view = View(head, seen, usable_n, size_hw, person.distance_m if person else distance_m)
    search = _Search(view)
    keys, frames = view.pick(KEY_FRAMES), np.flatnonzero(usable_n)
    with _one_thread():
        if person is None:
            who = search.solve(
                keys, view.start(keys), KEY_STEPS, who=True, progress=lambda s: progress(0.4 * s)
            )
        else:
            who = view.known(person)
        state = search.solve(
            frames,
            view.start(frames, who),
            FRAME_STEPS,
            who=False,
            shots_n=shots_n,
            progress=lambda s: progress(0.4 + 0.6 * s),
        )
    return _result(view, frames, state, person.rest_52 if person else None)


@contextmanager
def _one_thread() -> Iterator[None]:
    """The arrays are small: threads that wait for each other cost tens of times what they save."""
    kept = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(kept)


class _Search:
    """Of the states in which a view shows what was seen."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.tolerances = torch.from_numpy(code_tolerances())
        self.offset_tolerances = torch.from_numpy(offset_tolerances_m())
        self.span_from, self.span_to = (list(side) for side in zip(*SPANS, strict=True))

    def solve(
        self,
        frames: npt.NDArray[np.int64],
        state: State,
        steps: int,
        *,
        who: bool,
        shots_n: npt.NDArray[np.int64] | None = None,
        progress: Callable[[float], None],
    ) -> State:
        """Descend (Adam). who: identity, offsets and focal length move too, and time plays no role."""
        moving = ["codes", "turn", "size", "shift"] + (["identity", "offsets", "focal"] if who else [])
        for name in moving:
            state[name] = state[name].clone().requires_grad_(True)
        rates = {
            "codes": 1.0,
            "turn": 0.3,
            "size": 0.3,
            "shift": 0.3,
            "identity": 3.0,
            "offsets": 0.02,
            "focal": 1.0,
        }
        groups = [{"params": [state[name]], "lr": LEARNING_RATE * rates[name]} for name in moving]
        optimiser = torch.optim.Adam(groups, betas=(0.9, 0.99))
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step / steps))
        joined = None if who else _joined(frames, shots_n)
        for step in range(steps):
            optimiser.zero_grad()
            loss = self._loss(frames, state, who, joined)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            with torch.no_grad():
                state["codes"].clamp_(0, 1)
            progress((step + 1) / steps)
        return {name: value.detach() for name, value in state.items()}

    def _loss(
        self,
        frames: npt.NDArray[np.int64],
        state: State,
        who: bool,
        joined: tuple[Tensor, Tensor] | None,
    ) -> Tensor:
        _, seen_at = self.view.points(state)
        miss = (seen_at - self.view.at[frames]) / self.view.face_px
        points = (_robust(miss / NOISE) * self.view.trust[frames]).sum(dim=1)
        spans = _robust((miss[:, self.span_from] - miss[:, self.span_to]) / SPAN_NOISE).mean(dim=1)
        correction = (state["codes"] - self.view.codes[frames]) / self.tolerances
        each = INDEPENDENT * (points + spans) + 0.5 * correction.square().sum(dim=1)
        habit = 0.5 * (correction.mean(dim=0) / HABIT).square().sum()
        if who:
            people = (
                state["identity"].square().sum() + (state["offsets"] / self.offset_tolerances).square().sum()
            )
            return KEY_COUNT * (each.mean() + habit) + 0.5 * (people + state["focal"].square().sum())
        loss = each.sum() + len(frames) * habit
        if joined is not None:
            pairs, triples = joined
            step = (correction[pairs + 1] - correction[pairs]) / CORRECTION_STEP
            loss = loss + 0.5 * step.square().sum()
            turn = state["turn"] / state["turn"].norm(dim=1, keepdim=True)
            for values, allowed in (
                (2 * turn, TURN_JERK),
                (state["shift"], SHIFT_JERK),
                (state["size"][:, None], SIZE_JERK),
            ):
                bend = values[triples + 1] - 2 * values[triples] + values[triples - 1]
                loss = loss + 0.5 * (bend / allowed).square().sum()
        return loss


@torch.no_grad()
def _result(view: View, frames: npt.NDArray[np.int64], state: State, rest_52: Float32 | None) -> Fit:
    """All frames; those without a face take what their neighbours in time have. rest_52: where known."""
    miss = ((view.points(state)[1] - view.at[frames]).norm(dim=-1) * view.trust[frames]).sum(dim=1)
    turn = state["turn"] / state["turn"].norm(dim=1, keepdim=True)
    place = view.place(state) - matrices(turn) @ view.pivot
    count = len(view.usable_n)
    residuals = np.full(count, np.nan, np.float32)
    residuals[frames] = miss.numpy()
    rotations = spread(turn.numpy(), frames, count)
    codes = spread(state["codes"].numpy(), frames, count)
    rest = resting_weights(codes, view.usable_n) if rest_52 is None else rest_52
    identity, offsets = state["identity"].numpy(), state["offsets"].numpy()
    return Fit(
        focal_px=float(view.focal_px(state)),
        person=Person(view.name, identity, offsets, rest, float(view.camera_m(state))),
        codes_nx52=codes,
        rotations_nx4=rotations / np.linalg.norm(rotations, axis=1, keepdims=True),
        translations_nx3_m=spread(place.numpy(), frames, count),
        residuals_n=residuals,
        face_px=view.face_px,
    )


def _robust(miss: Tensor) -> Tensor:
    """Half the square of the length up to about OUTLIER, then straight (pseudo-Huber)."""
    return OUTLIER**2 * ((1 + miss.square().sum(dim=-1) / OUTLIER**2).sqrt() - 1)


def _rate(share: float) -> float:
    return float(min(1.0, share / 0.05 + 0.1) * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * share))))


def _joined(frames: npt.NDArray[np.int64], shots_n: npt.NDArray[np.int64] | None) -> tuple[Tensor, Tensor]:
    """Rows k that go on at k + 1, and rows k with a neighbour on both sides, in one shot."""
    shots = np.zeros(frames.max() + 1, np.int64) if shots_n is None else shots_n
    on = (np.diff(frames) == 1) & (np.diff(shots[frames]) == 0)
    return torch.from_numpy(np.flatnonzero(on)), torch.from_numpy(np.flatnonzero(on[1:] & on[:-1]) + 1)
