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
from talkwire.training.tracking.poses import matrices, quaternions, spread
from talkwire.training.tracking.rest import resting_weights
from talkwire.training.tracking.weights import (
    SPANS,
    code_tolerances,
    landmark_weights,
    offset_tolerances_m,
    seen_shares,
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
DISTANCE_LOG_DEVIATION: Final = 0.08  # of the camera: landmarks hardly show it, see `fit_head`
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
    model = _Model(head, seen, usable_n, size_hw, person.distance_m if person else distance_m)
    keys, frames = model.pick(KEY_FRAMES), np.flatnonzero(usable_n)
    with _one_thread():
        if person is None:
            who = model.solve(
                keys, model.start(keys), KEY_STEPS, who=True, progress=lambda s: progress(0.4 * s)
            )
        else:
            who = model.known(person)
        state = model.solve(
            frames,
            model.start(frames, who),
            FRAME_STEPS,
            who=False,
            shots_n=shots_n,
            progress=lambda s: progress(0.4 + 0.6 * s),
        )
    return model.result(frames, state, person.rest_52 if person else None)


@contextmanager
def _one_thread() -> Iterator[None]:
    """The arrays are small: threads that wait for each other cost tens of times what they save."""
    kept = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(kept)


class _Model:
    def __init__(
        self,
        head: MorphableHead,
        seen: Sightings,
        usable_n: npt.NDArray[np.bool_],
        size_hw: tuple[int, int],
        distance_m: float,
    ) -> None:
        self.name, self.distance_m = head.name, distance_m
        self.usable_n, self.size_hw, self.seen = usable_n, size_hw, seen
        self.weights = torch.from_numpy(landmark_weights())
        mean = torch.from_numpy(head.landmarks(head.mean_vx3))
        # turns are about the face, not the neck: a nod would be mostly a shift, the search a narrow valley
        self.pivot = (self.weights @ mean) / self.weights.sum()
        self.mean = mean - self.pivot
        self.modes = torch.from_numpy(head.landmarks(head.modes_ixvx3))
        self.shapes = torch.from_numpy(head.landmarks(head.shapes_kxvx3))
        centre = np.array([size_hw[1] / 2, size_hw[0] / 2], np.float32)
        at = (seen.landmarks_nx478x2[:, : len(self.mean)] - centre) * np.array([1, -1], np.float32)
        self.at = torch.from_numpy(at)  # pixels from the centre, y up
        self.codes = torch.from_numpy(np.nan_to_num(seen.blendshapes_nx52))
        self.face_px = float(np.nanmedian(np.ptp(at[usable_n, :, 1], axis=1)))
        self.trust = torch.from_numpy(seen_shares(head, seen.turns_nx3x3)) * self.weights
        self.trust /= self.trust.sum(dim=1, keepdim=True)
        self.tolerances = torch.from_numpy(code_tolerances())
        self.offset_tolerances = torch.from_numpy(offset_tolerances_m())
        self.span_from, self.span_to = (list(side) for side in zip(*SPANS, strict=True))

    def pick(self, count: int) -> npt.NDArray[np.int64]:
        """Usable frames that differ most in pose and expression: each the farthest from those before it."""
        frames = np.flatnonzero(self.usable_n)
        shape = self.at[frames].numpy()
        shape = (shape - shape.mean(axis=1, keepdims=True)).reshape(len(frames), -1)
        distance = np.linalg.norm(shape - np.median(shape, axis=0), axis=1)
        picked = [int(np.argmin(distance))]
        distance = np.full(len(frames), np.inf)
        while len(picked) < min(count, len(frames)):
            distance = np.minimum(distance, np.linalg.norm(shape - shape[picked[-1]], axis=1))
            picked.append(int(np.argmax(distance)))
        chosen: npt.NDArray[np.int64] = frames[np.sort(picked)]
        return chosen

    def known(self, person: Person) -> dict[str, Tensor]:
        """A person as the search holds it."""
        return {
            "identity": torch.from_numpy(person.identity_i),
            "offsets": torch.from_numpy(person.offsets_lx3_m),
            "focal": torch.zeros(1),
        }

    def start(
        self, frames: npt.NDArray[np.int64], person: dict[str, Tensor] | None = None
    ) -> dict[str, Tensor]:
        """Where the search begins: MediaPipe's turn and codes, the shift and size that go with them."""
        rotations = quaternions(self.seen.turns_nx3x3[frames])
        state = {
            "codes": self.codes[frames].clone(),
            "turn": torch.from_numpy(rotations),
            "identity": torch.zeros(len(self.modes)),
            "offsets": torch.zeros_like(self.mean),
            "focal": torch.zeros(1),
        }
        if person is not None:
            state |= {name: person[name] for name in ("identity", "offsets", "focal")}
        flat = torch.einsum("nij,lj->nli", matrices(state["turn"]), self.mean)[..., :2]
        at, weight = self.at[frames], self.weights[None, :, None] / self.weights.sum()
        flat_mean, at_mean = (flat * weight).sum(1, keepdim=True), (at * weight).sum(1, keepdim=True)
        flat, at = flat - flat_mean, at - at_mean
        metres_per_px = (weight * flat**2).sum((1, 2)) / (weight * flat * at).sum((1, 2))
        state["size"] = (metres_per_px * self.face_px).log()
        state["shift"] = (at_mean - flat_mean / metres_per_px[:, None, None])[:, 0] / self.face_px
        return state

    def solve(
        self,
        frames: npt.NDArray[np.int64],
        state: dict[str, Tensor],
        steps: int,
        *,
        who: bool,
        shots_n: npt.NDArray[np.int64] | None = None,
        progress: Callable[[float], None],
    ) -> dict[str, Tensor]:
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

    def points(self, state: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """[n, L, 3] metres in camera space, and [n, L, 2] pixels from the centre."""
        who = self.mean + torch.einsum("i,ilc->lc", state["identity"], self.modes) + state["offsets"]
        posed = who + torch.einsum("nk,klc->nlc", state["codes"], self.shapes)
        turned = torch.einsum("nij,nlj->nli", matrices(state["turn"]), posed)
        camera = turned + self.place(state)[:, None]
        return camera, self.focal_px(state) * camera[..., :2] / -camera[..., 2:]

    def focal_px(self, state: dict[str, Tensor]) -> Tensor:
        """[1]."""
        metres_per_px = state["size"].mean().exp() / self.face_px
        return self.camera_m(state) / metres_per_px

    def camera_m(self, state: dict[str, Tensor]) -> Tensor:
        """[1] metres from camera to head, in the mean."""
        return self.distance_m * (DISTANCE_LOG_DEVIATION * state["focal"]).exp()

    def place(self, state: dict[str, Tensor]) -> Tensor:
        """[n, 3] metres, the pivot: size is that of a pixel there, so focal length leaves it alone."""
        metres_per_px = state["size"].exp()[:, None] / self.face_px
        ahead = self.focal_px(state).expand(len(state["size"]), 1)
        return metres_per_px * torch.cat([state["shift"] * self.face_px, -ahead], dim=1)

    def _loss(
        self,
        frames: npt.NDArray[np.int64],
        state: dict[str, Tensor],
        who: bool,
        joined: tuple[Tensor, Tensor] | None,
    ) -> Tensor:
        _, seen_at = self.points(state)
        miss = (seen_at - self.at[frames]) / self.face_px
        points = (_robust(miss / NOISE) * self.trust[frames]).sum(dim=1)
        spans = _robust((miss[:, self.span_from] - miss[:, self.span_to]) / SPAN_NOISE).mean(dim=1)
        correction = (state["codes"] - self.codes[frames]) / self.tolerances
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
    def result(self, frames: npt.NDArray[np.int64], state: dict[str, Tensor], rest_52: Float32 | None) -> Fit:
        """All frames; those without a face take what their neighbours in time have. rest_52: where known."""
        miss = ((self.points(state)[1] - self.at[frames]).norm(dim=-1) * self.trust[frames]).sum(dim=1)
        turn = state["turn"] / state["turn"].norm(dim=1, keepdim=True)
        place = self.place(state) - matrices(turn) @ self.pivot
        count = len(self.usable_n)
        residuals = np.full(count, np.nan, np.float32)
        residuals[frames] = miss.numpy()
        rotations = spread(turn.numpy(), frames, count)
        codes = spread(state["codes"].numpy(), frames, count)
        rest = resting_weights(codes, self.usable_n) if rest_52 is None else rest_52
        identity, offsets = state["identity"].numpy(), state["offsets"].numpy()
        return Fit(
            focal_px=float(self.focal_px(state)),
            person=Person(self.name, identity, offsets, rest, float(self.camera_m(state))),
            codes_nx52=codes,
            rotations_nx4=rotations / np.linalg.norm(rotations, axis=1, keepdims=True),
            translations_nx3_m=spread(place.numpy(), frames, count),
            residuals_n=residuals,
            face_px=self.face_px,
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
