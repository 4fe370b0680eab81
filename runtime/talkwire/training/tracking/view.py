"""What a camera sees of a morphable head's landmarks, from numbers that a fit may change: its state.

    codes [n, 52], turn [n, 4] xyzw, size [n], shift [n, 2]      a frame each
    identity [I], offsets [L, 3] metres, focal [1]               the person and the lens

Size is that of a pixel at the face, its logarithm in face heights; shift is in face heights. So what
landmarks show well does not hang on what they hardly show, the distance.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import torch

from talkwire.training.heads.morphable import MorphableHead
from talkwire.training.tracking.landmarks import Sightings
from talkwire.training.tracking.person import Person
from talkwire.training.tracking.poses import matrices, quaternions
from talkwire.training.tracking.weights import landmark_weights, seen_shares

Tensor = torch.Tensor
State = dict[str, Tensor]

DISTANCE_LOG_DEVIATION: Final = 0.08  # of the camera: landmarks hardly show it, see `fit.fit_head`


class View:
    """Of one video. Landmarks are counted from the pivot, pixels from the picture's centre, y up."""

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

    def known(self, person: Person) -> State:
        """A person as the search holds it."""
        return {
            "identity": torch.from_numpy(person.identity_i),
            "offsets": torch.from_numpy(person.offsets_lx3_m),
            "focal": torch.zeros(1),
        }

    def start(self, frames: npt.NDArray[np.int64], person: State | None = None) -> State:
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

    def points(self, state: State) -> tuple[Tensor, Tensor]:
        """[n, L, 3] metres in camera space, and [n, L, 2] pixels from the centre."""
        who = self.mean + torch.einsum("i,ilc->lc", state["identity"], self.modes) + state["offsets"]
        posed = who + torch.einsum("nk,klc->nlc", state["codes"], self.shapes)
        turned = torch.einsum("nij,nlj->nli", matrices(state["turn"]), posed)
        camera = turned + self.place(state)[:, None]
        return camera, self.focal_px(state) * camera[..., :2] / -camera[..., 2:]

    def focal_px(self, state: State) -> Tensor:
        """[1]."""
        metres_per_px = state["size"].mean().exp() / self.face_px
        return self.camera_m(state) / metres_per_px

    def camera_m(self, state: State) -> Tensor:
        """[1] metres from camera to head, in the mean."""
        return self.distance_m * (DISTANCE_LOG_DEVIATION * state["focal"]).exp()

    def place(self, state: State) -> Tensor:
        """[n, 3] metres, the pivot: size is that of a pixel there, so focal length leaves it alone."""
        metres_per_px = state["size"].exp()[:, None] / self.face_px
        ahead = self.focal_px(state).expand(len(state["size"]), 1)
        return metres_per_px * torch.cat([state["shift"] * self.face_px, -ahead], dim=1)
