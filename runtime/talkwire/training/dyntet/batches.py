"""What the trainer looks at: windows of a capture's frames, with the expressions that led up to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import torch
from torch.nn import functional

from talkwire.training.capture import BACKGROUND, HEAD, IGNORED, Capture
from talkwire.training.dyntet.camera import Camera, Window, poses
from talkwire.training.heads import points
from talkwire.training.pictures import spread

PLATE_FRAMES: Final = 40
MOUTH, EYES, FACE = points.LIPS_OUTER, points.LEFT_EYE + points.RIGHT_EYE, points.FACE_OVAL
GROWN: Final = {"mouth": 1.5, "eyes": 1.25, "face": 1.25}  # a window's side over that of what it shows
KINDS: Final = {"whole": 0.30, "face": 0.15, "mouth": 0.25, "eyes": 0.15, "anywhere": 0.15}


@dataclass(frozen=True)
class Batch:
    """B windows of S x S pixels into N frames.

    codes_nx52xw: of each frame.  frame_b: [B] rows of them.  pose_bx4x4, projection_bx4x4 as `scene` takes
    them. wanted_bxsxsx3: sRGB in [0, 1].  head_bxsxsx1, known_bxsxsx1: shares of each pixel that are head,
    that are not to be ignored.  behind_bxsxsx3: the scene without the head.  region_b: a window of mouth or
    eyes.
    """

    codes_nx52xw: torch.Tensor
    frame_b: torch.Tensor
    pose_bx4x4: torch.Tensor
    projection_bx4x4: torch.Tensor
    wanted_bxsxsx3: torch.Tensor
    head_bxsxsx1: torch.Tensor
    known_bxsxsx1: torch.Tensor
    behind_bxsxsx3: torch.Tensor
    region_b: torch.Tensor


class Footage:
    """A capture, ready to be looked at through windows. frames_k: the frames that may be used."""

    def __init__(self, capture: Capture, frames_k: np.ndarray, window: int) -> None:
        self.capture, self.frames_k, self.window = capture, frames_k, window
        self.camera = Camera(capture.card.focal_px, capture.size_hw)
        self.pose_nx4x4 = poses(capture.rotations_nx4, capture.translations_nx3_m)
        self._latest = _window_rows(capture.shots_n, window)

    def codes(self, frame_b: np.ndarray) -> torch.Tensor:
        """[B, 52, W] the expressions of W frames up to each, of the same shot."""
        windows = self.capture.codes_nx52[self._latest[frame_b]]
        return torch.from_numpy(np.ascontiguousarray(windows.transpose(0, 2, 1)))

    @cached_property
    def plate_hxwx3(self) -> np.ndarray:
        """[H, W, 3] uint8, the still background; where the head always is, the nearest that was seen."""
        return background_plate(self.capture, self.frames_k)

    def batch(self, frames_n: np.ndarray, windows: list[list[tuple[str, Window]]], side_px: int) -> Batch:
        """Some windows of each frame, drawn side_px wide."""
        chosen = [(row, kind, window) for row, some in enumerate(windows) for kind, window in some]
        looks = [self._look(int(frames_n[row]), window, side_px) for row, _, window in chosen]
        wanted, head, known, behind = (torch.stack(layer) for layer in zip(*looks, strict=True))
        rows = [row for row, _, _ in chosen]
        return Batch(
            self.codes(frames_n),
            torch.tensor(rows),
            self.pose_nx4x4[frames_n[rows]],
            torch.stack([self.camera.projection(window) for _, _, window in chosen]),
            wanted,
            head,
            known,
            behind,
            torch.tensor([kind in ("mouth", "eyes") for _, kind, _ in chosen]),
        )

    def draw_windows(
        self, frames_n: np.ndarray, count: int, rng: np.random.Generator, side_px: int
    ) -> list[list[tuple[str, Window]]]:
        """Windows for each frame: the whole, the face, the mouth, the eyes, or anywhere on the head."""
        kinds = rng.choice(list(KINDS), size=(len(frames_n), count), p=list(KINDS.values()))
        return [
            [(str(kind), self.window_of(int(n), str(kind), rng, side_px)) for kind in some]
            for n, some in zip(frames_n, kinds, strict=True)
        ]

    def window_of(self, frame: int, kind: str, rng: np.random.Generator, side_px: int) -> Window:
        """Around what the kind says, as the landmarks of the frame have it; the whole where there are
        none.
        """
        landmarks = self.capture.landmarks_nx478x2[frame]
        whole = self.camera.whole()
        least = min(float(side_px), whole[2])  # never enlarge: there is nothing more to see
        if kind == "whole" or not np.isfinite(landmarks[list(FACE)]).all():
            return whole
        if kind == "anywhere":
            low, high = landmarks[list(FACE)].min(axis=0), landmarks[list(FACE)].max(axis=0)
            reach = (high - low).max()
            centre = (low + high) / 2 + rng.uniform(-0.9, 0.9, 2) * reach * [0.8, 1.0]
            return _square(centre, least * rng.uniform(1.0, 1.5))
        rim = landmarks[list({"mouth": MOUTH, "eyes": EYES, "face": FACE}[kind])]
        side = np.ptp(rim, axis=0).max() * GROWN[kind] * rng.uniform(0.9, 1.15)
        centre = (rim.min(axis=0) + rim.max(axis=0)) / 2 + rng.uniform(-0.08, 0.08, 2) * side
        return _square(centre, max(side, least))

    def _look(self, frame: int, window: Window, side_px: int) -> tuple[torch.Tensor, ...]:
        labels = cropped(self.capture.labels_nxhxw[frame][..., None], window, IGNORED)
        layers = np.concatenate(
            [
                cropped(self.capture.frames_nxhxwx3[frame], window, 0),
                (labels == HEAD) * np.uint8(255),
                (labels != IGNORED) * np.uint8(255),
                cropped(self.plate_hxwx3, window, 0),
            ],
            axis=2,
        )
        whole = torch.from_numpy(layers).permute(2, 0, 1)[None].float() / 255
        seen = functional.interpolate(whole, (side_px, side_px), mode="bilinear", antialias=True)[0]
        seen = seen.permute(1, 2, 0)
        return seen[..., :3], seen[..., 3:4], seen[..., 4:5], seen[..., 5:8]


def background_plate(capture: Capture, frames_k: np.ndarray) -> np.ndarray:
    """[H, W, 3] uint8: median over frames of what is background there; holes take the nearest colour."""
    chosen = frames_k[np.linspace(0, len(frames_k) - 1, min(PLATE_FRAMES, len(frames_k))).astype(int)]
    pictures = np.stack([capture.frames_nxhxwx3[n] for n in chosen]).astype(np.float32)
    labels = np.stack([capture.labels_nxhxw[n] for n in chosen])
    pictures[labels != BACKGROUND] = np.nan
    seen = np.isfinite(pictures[..., 0]).any(axis=0)
    plate = np.full(pictures.shape[1:], 128.0, np.float32)
    if seen.any():
        plate[seen] = np.nanmedian(pictures[:, seen], axis=0)
        plate = spread(plate, np.asarray(seen))
    return np.rint(plate).astype(np.uint8)


def _window_rows(shots_n: np.ndarray, window: int) -> np.ndarray:
    """[N, W] the frames up to each one; before a shot's first frame, that one again."""
    first = np.maximum.accumulate(
        np.where(np.diff(shots_n, prepend=shots_n[:1] - 1) != 0, np.arange(len(shots_n)), 0)
    )
    rows = np.arange(len(shots_n))[:, None] + np.arange(1 - window, 1)
    return np.asarray(np.maximum(rows, first[:, None]))


def _square(centre: np.ndarray, side: float) -> Window:
    return round(float(centre[0]) - side / 2), round(float(centre[1]) - side / 2), round(side)


def cropped(picture_hxwxc: np.ndarray, window: Window, outside: int) -> np.ndarray:
    """[S, S, C] of a picture [H, W, C]; a constant where the window leaves it."""
    left, top, side = window
    height, width = picture_hxwxc.shape[:2]
    out = np.full((side, side, picture_hxwxc.shape[2]), outside, picture_hxwxc.dtype)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
    if x0 < x1 and y0 < y1:
        out[y0 - top : y1 - top, x0 - left : x1 - left] = picture_hxwxc[y0:y1, x0:x1]
    return out
