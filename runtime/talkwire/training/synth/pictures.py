"""From a moment of motion to what a camera would see of it: a picture, its labels, its landmarks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from scipy.ndimage import gaussian_filter, zoom

from talkwire.runtime.mesh import rotation_matrix
from talkwire.runtime.render import Camera, Light, Renderer
from talkwire.runtime.types import Face, Float32
from talkwire.training.capture import BACKGROUND, HEAD, IGNORED, UInt8, project
from talkwire.training.synth.marks import marks
from talkwire.training.synth.motion import Motion
from talkwire.training.synth.person import Person

FOV_DEG: Final = 20.0
FILLED: Final = 0.75  # of the picture's height, by head and hair facing the camera
BESIDE: Final = ("cloth",)  # parts that are not head
COOL: Final = np.array([-0.07, 0.0, 0.06])  # a background is not of skin's colour
CELLS: Final = 9  # of light and dark along a side of the background


@dataclass(frozen=True, slots=True)
class Lens:
    """A camera at the origin that looks along -Z. focal_px; size_px: of the square picture.

    at_m: [3] where the middle of the head's motion is.
    """

    focal_px: float
    size_px: int
    at_m: Float32

    @classmethod
    def framing(cls, person: Person, size_px: int) -> Self:
        """A portrait: the whole head with its hair, and room to move."""
        topology = person.avatar.topology
        head = [part for part in topology.parts if part.name not in BESIDE]
        rows = np.concatenate(
            [np.arange(p.first_triangle, p.first_triangle + p.triangle_count) for p in head]
        )
        seen = topology.neutral_vx3[np.unique(topology.triangles_tx3[rows])]
        low, high = seen.min(axis=0), seen.max(axis=0)
        focal = 0.5 / np.tan(np.radians(FOV_DEG / 2))
        ahead = focal * (high[1] - low[1]) / FILLED
        return cls(
            float(focal * size_px), size_px, np.array([0, -(low[1] + high[1]) / 2, -ahead], np.float32)
        )

    def camera(self) -> Camera:
        """The same for the renderer."""
        return Camera((0.0, 0.0, 0.0), (0.0, 0.0, -1.0), FOV_DEG)


@dataclass(frozen=True)
class Shot:
    """picture_hxwx3: uint8 sRGB.  labels_hxw: as in Capture.  landmarks_478x2: pixels."""

    picture_hxwx3: UInt8
    labels_hxw: UInt8
    landmarks_478x2: Float32


def shoot(person: Person, motion: Motion, lens: Lens, light: Light, behind_hxwx3: UInt8) -> Iterator[Shot]:
    """Each moment of a motion before a still picture. Raises MissingDependency without OpenGL."""
    topology, size = person.avatar.topology, lens.size_px
    groups = [{part.name for part in topology.parts} - set(BESIDE), BESIDE]
    with Renderer(topology, width=size, height=size, camera=lens.camera(), light=light) as renderer:
        for weights, rotation, shift in zip(
            motion.codes_nx52, motion.rotations_nx4, motion.translations_nx3_m, strict=True
        ):
            vertices = person.avatar.vertices(weights[None])
            face = Face(weights, rotation, shift + lens.at_m)
            layer, shares = renderer.draw_layers(vertices, face, groups)
            in_camera = marks(vertices) @ rotation_matrix(rotation).T + face.head_translation_m
            yield Shot(
                lay_over(layer, behind_hxwx3),
                label(shares[..., 0], shares[..., 1]),
                project(in_camera, lens.focal_px, (size, size)),
            )


def lay_over(layer_hxwx4: UInt8, behind_hxwx3: UInt8) -> UInt8:
    """[H, W, 3]: a layer whose colours are multiplied by its coverage, before a picture."""
    through = (255 - layer_hxwx4[..., 3:].astype(np.uint16)) * behind_hxwx3
    laid = layer_hxwx4[..., :3] + (through + 127) // 255
    return np.asarray(np.minimum(laid, 255), np.uint8)


def label(head_hxw: UInt8, beside_hxw: UInt8) -> UInt8:
    """[H, W]: HEAD where that is most of the pixel; IGNORED where anything of the rest is in it."""
    ignored = np.where((beside_hxw > 0) & (head_hxw < 128), IGNORED, BACKGROUND)
    return np.asarray(np.where(head_hxw >= 128, HEAD, ignored), np.uint8)


def background(size_px: int, seed: int) -> UInt8:
    """[S, S, 3] a still room: soft light and dark, some colour, a little grain."""
    rng = np.random.default_rng([seed, 3])
    cells = size_px / CELLS
    coarse = gaussian_filter(rng.normal(size=(CELLS, CELLS, 3)), (1.0, 1.0, 1.5), mode="nearest")
    soft = zoom(coarse, (cells, cells, 1), order=3, mode="nearest", grid_mode=True)[:size_px, :size_px]
    grain = gaussian_filter(rng.normal(size=(size_px, size_px, 1)), (0.8, 0.8, 0)) * 0.012
    level = rng.uniform(0.35, 0.65) + COOL + rng.normal(0, 0.03, 3) + 0.16 * soft / np.abs(soft).max() + grain
    return np.asarray(np.rint(level.clip(0, 1) * 255), np.uint8)
