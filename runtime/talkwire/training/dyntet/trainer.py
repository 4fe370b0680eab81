"""Steps of training a head: each gives its losses by name, the loop in `train` adds them up.

prior  field and offsets learn the morphable head's, as a start
free   the field's own sealed surface against the video: outlines, hair (the paper's stage)
mesh   topology frozen, mouth and eyes open, inner parts in place, vertices free to settle
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch

from talkwire.training.devices import moved
from talkwire.training.dyntet import losses
from talkwire.training.dyntet.attached import Attached
from talkwire.training.dyntet.batches import Batch, Footage
from talkwire.training.dyntet.grid import TetGrid
from talkwire.training.dyntet.mesh import HeadMesh, make_mesh
from talkwire.training.dyntet.model import FreeSurface, HeadModel, Place, field_values, find_surface
from talkwire.training.dyntet.prior import HeadPrior
from talkwire.training.dyntet.recipe import Recipe
from talkwire.training.dyntet.rehearsal import Lessons, random_windows
from talkwire.training.dyntet.scene import Inner, Picture, Views, draw
from talkwire.training.dyntet.sockets import Sockets, find_sockets
from talkwire.training.dyntet.teaching import Teacher, make_teacher
from talkwire.training.raster.seam import Edges, Rasterizer, edges_of

Tensor = torch.Tensor
Terms = dict[str, Tensor]

TAUGHT_POINTS: Final = 3000
TAUGHT_WINDOWS: Final = 16
TAUGHT_FIELD: Final = 8000
WHOLE_BAND_EVERY: Final = 20  # steps between looks at the whole grid; between them only near the surface
BAND_M: Final = 0.012
BESIDE: Final = 0.04  # of each side of the grid's box


@dataclass
class Trainer:
    """Everything a step needs. `share` is how much of all steps is done."""

    model: HeadModel
    recipe: Recipe
    footage: Footage
    prior: HeadPrior
    grid: TetGrid
    lessons: Lessons
    attached: Attached
    rasterizer: Rasterizer
    rng: np.random.Generator
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def __post_init__(self) -> None:
        self.inner = Inner(self.attached)
        self.field_g = np.full(len(self.grid.lattice_gx3), 1.0)
        self._near = np.flatnonzero(np.abs(self.lessons.field_g.numpy()) < losses.TRUNCATED_M)
        self._steps = 0
        self._mesh_edges: Edges | None = None
        self._neighbours: Tensor | None = None
        self._teacher: Teacher | None = None
        self._sockets: Sockets | None = None

    @property
    def teacher(self) -> Teacher:
        """Of the mesh, which there has to be."""
        assert self._teacher is not None
        return self._teacher

    @property
    def steps(self) -> Mapping[str, Callable[[float], Terms]]:
        """The step of each stage; each takes the share of the warm-up and main steps done."""
        return {"prior": self.prior_step, "free": self.free_step, "mesh": self.mesh_step}

    def prior_step(self, share: float) -> Terms:
        """The morphable head and nothing else."""
        return self._offset_lesson(1.0)

    def free_step(self, share: float) -> Terms:
        """Sealed, as in the paper; nothing is asked of pixels inside the mouth but their colour."""
        free = self._surface()
        batch = self._look()
        shape = self.model.free_shape(batch.codes_nx52xw, free)
        picture = draw(self.model, shape.rows(batch.frame_b), views_of(batch), self.rasterizer)
        terms = self._image_terms(picture, batch)
        ends = free.surface.ends_vx2.numpy()
        values = self._signed(ends.reshape(-1))
        terms["sign"] = losses.sign_loss(values.reshape(-1, 2)) * _sign_fall(share)
        terms["depth"] = losses.depth_loss(shape.vertices_bxvx3, self.lessons.front_m)
        terms |= self._membrane()
        if self._taught(share):
            terms |= self._field_lesson()
        return terms | self._offset_lesson(self._lesson_weight)

    def freeze(self) -> None:
        """From the field to a mesh."""
        self.field_g[:] = field_values(self.model, self.grid, np.arange(len(self.field_g)))
        self.install(make_mesh(self.grid, self.field_g, self.prior))

    def install(self, mesh: HeadMesh) -> None:
        """Give the model a mesh, new or from a checkpoint, and find what belongs to it."""
        canonical = self.prior.space.to_lattice(mesh.rest_vx3.numpy())
        self.model.freeze(
            moved(mesh, self.device), torch.from_numpy(canonical.astype(np.float32)).to(self.device)
        )
        self.model.to(self.device)
        self._teacher = make_teacher(
            self.prior, mesh, self.device, closing=not self.footage.capture.card.exact
        )
        self._sockets = moved(find_sockets(mesh, self.attached), self.device)
        triangles = torch.cat([mesh.triangles_fx3, self.inner.triangles_tx3 + len(mesh.rest_vx3)])
        self._mesh_edges = moved(edges_of(triangles), self.device)
        pairs = torch.cat(
            [mesh.triangles_fx3[:, [0, 1]], mesh.triangles_fx3[:, [1, 2]], mesh.triangles_fx3[:, [2, 0]]]
        )
        self._neighbours = torch.unique(pairs.sort(dim=1).values, dim=0).to(self.device)

    def mesh_step(self, share: float) -> Terms:
        """Opened, with eyes, teeth and tongue in place."""
        model, mesh = self.model, self.model.mesh
        assert mesh is not None
        assert model.rest_vx3 is not None
        assert self._neighbours is not None
        assert self._sockets is not None
        batch = self._look()
        place = model.place(model.moves_at_vx3)
        shape = model.shape(batch.codes_nx52xw, place)
        inner = (self.inner, batch.codes_nx52xw[batch.frame_b, :, -1])
        picture = draw(
            model, shape.rows(batch.frame_b), views_of(batch), self.rasterizer, inner, self._mesh_edges
        )
        terms = self._image_terms(picture, batch)
        terms["smooth"] = losses.smooth_loss(model.rest_vx3 - mesh.rest_vx3, self._neighbours)
        terms["depth"] = losses.depth_loss(shape.vertices_bxvx3, self.lessons.front_m)
        terms["eyeballs"] = losses.eyeball_loss(self._sockets.inside(shape.vertices_bxvx3))
        return terms | self._mesh_lesson(self._lesson_weight, place)

    def _look(self) -> Batch:
        recipe = self.recipe
        frames = self.rng.choice(self.footage.frames_k, recipe.frames)
        windows = self.footage.draw_windows(frames, recipe.windows, self.rng, recipe.side_px)
        return moved(self.footage.batch(frames, windows, self.recipe.side_px), self.device)

    def _image_terms(self, picture: Picture, batch: Batch) -> Terms:
        inside = _grown(batch.head_bxsxsx1) * batch.known_bxsxsx1
        wanted, image = batch.wanted_bxsxsx3, picture.image_bxhxwx3
        near = batch.region_b
        region = (
            losses.image_loss(image[near], wanted[near], inside[near]) if near.any() else image.new_zeros(())
        )
        return {
            "image": losses.image_loss(image, wanted, inside),
            "silhouette": losses.silhouette_loss(
                picture.alpha_bxhxwx1, batch.head_bxsxsx1, batch.known_bxsxsx1
            ),
            "perceptual": losses.perceptual_loss(image, wanted, inside),
            "region": region,
            "gloss": picture.shine_px1.mean() if len(picture.shine_px1) else image.new_zeros(()),
            "white_light": self.model.light.whiteness(),
        }

    def _taught(self, share: float) -> bool:
        return self.recipe.ablation.warm_up and share < self.recipe.warm_up

    @property
    def _lesson_weight(self) -> float:
        """Of the morphable head's displacements, rehearsed to the end; none at all without a warm-up."""
        return float(self.recipe.ablation.warm_up)

    def _field_lesson(self) -> Terms:
        """The morphable head's own field, near its surface."""
        rows = self.rng.choice(self._near, TAUGHT_FIELD)
        return {
            "prior_field": losses.prior_field_loss(
                self._signed(rows), self.lessons.field_g[rows].to(self.device)
            )
        }

    def _membrane(self) -> Terms:
        """What the field adds, against what it adds BESIDE away."""
        rows = self.rng.choice(self._near, TAUGHT_FIELD)
        at = torch.from_numpy(self.grid.lattice_gx3[rows]).to(self.device)
        way = torch.from_numpy(self.rng.normal(0, BESIDE, at.shape).astype(np.float32)).to(self.device)
        return {"membrane": losses.membrane_loss(self.model.field(at)[0], self.model.field(at + way)[0])}

    def _signed(self, rows: np.ndarray) -> Tensor:
        lattice = torch.from_numpy(self.grid.lattice_gx3[rows]).to(self.device)
        return self.model.signed(torch.from_numpy(rows).to(self.device), lattice)[0]

    def _offset_lesson(self, weight: float) -> Terms:
        """The morphable head's displacements at its own vertices, under rehearsed expressions."""
        lessons = self.lessons
        rows = torch.from_numpy(self.rng.choice(len(lessons.on_qx3), TAUGHT_POINTS))
        codes = self._rehearsal()
        points = lessons.on_qx3[rows].to(self.device)
        place = self.model.place(points)
        offset = self.model.offsets(place, self.model.encoder(codes))
        wanted = self._wanted(codes, lessons.shapes_52xqx3[:, rows].to(self.device))
        return {
            "prior_offset": weight * losses.prior_offset_loss(offset, wanted, torch.ones_like(place.score_p)),
            "elastic": losses.elastic_loss(place.score_p, lessons.stretch_q[rows].to(self.device)),
        }

    def _mesh_lesson(self, weight: float, place: Place) -> Terms:
        """The same at the mesh's own vertices, each bound to the nearest place of the morphable head."""
        model, codes = self.model, self._rehearsal()
        assert model.rest_vx3 is not None
        offset = model.offsets(place, model.encoder(codes))
        rows = torch.from_numpy(self.rng.choice(len(model.rest_vx3), TAUGHT_POINTS)).to(self.device)
        return self.teacher.terms(model.rest_vx3, codes, offset, rows, weight)

    def _rehearsal(self) -> Tensor:
        seen = self.footage.capture.codes_nx52[self.footage.frames_k]
        return random_windows(TAUGHT_WINDOWS, self.recipe.widths.window, self.rng, seen).to(self.device)

    def _wanted(self, codes_bx52xw: Tensor, shapes_52xpx3: Tensor) -> Tensor:
        moved_by = codes_bx52xw[:, :, -1] - self.lessons.canonical_52.to(self.device)
        wanted: Tensor = torch.tensordot(moved_by, shapes_52xpx3, dims=1)
        return wanted

    def _surface(self) -> FreeSurface:
        whole = self._steps % WHOLE_BAND_EVERY == 0
        self._steps += 1
        band = np.arange(len(self.field_g)) if whole else np.flatnonzero(np.abs(self.field_g) < BAND_M)
        return moved(find_surface(self.model, self.grid, self.field_g, band), self.device)


def views_of(batch: Batch) -> Views:
    """What `scene.draw` needs of a batch."""
    return Views(batch.pose_bx4x4, batch.projection_bx4x4, batch.behind_bxsxsx3)


def _grown(mask: Tensor, pixels: int = 3) -> Tensor:
    """A soft mask, dilated: the outline's own pixels count too."""
    return torch.nn.functional.max_pool2d(mask.permute(0, 3, 1, 2), 2 * pixels + 1, 1, pixels).permute(
        0, 2, 3, 1
    )


def _sign_fall(share: float) -> float:
    """From 1 to SIGN_END / 0.2 over the first quarter."""
    end = losses.SIGN_END / losses.WEIGHTS["sign"]
    return 1 + (end - 1) * min(1.0, share / 0.25)
