"""What a morphable head teaches a frozen mesh: how its vertices move, and where its lips and lids meet."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from talkwire.training.devices import moved
from talkwire.training.dyntet import losses
from talkwire.training.dyntet.closing import NO_PAIRS, Pairs, find_pairs, misses
from talkwire.training.dyntet.mesh import HeadMesh
from talkwire.training.dyntet.prior import HeadPrior

Tensor = torch.Tensor


@dataclass(frozen=True)
class Teacher:
    """shapes_52xvx3: metres that the mesh's V vertices move by at weight 1.  closeness_v: how near each is
    to the morphable head, 1 on it.  pairs: of its rims.  canonical_52: weights of the canonical pose.
    """

    shapes_52xvx3: Tensor
    closeness_v: Tensor
    pairs: Pairs
    canonical_52: Tensor

    def wanted(self, codes_bx52xw: Tensor, rows_m: Tensor | None = None) -> Tensor:
        """[B, M, 3] metres that the morphable head moves vertices by, all of them or those of some rows."""
        shapes = self.shapes_52xvx3 if rows_m is None else self.shapes_52xvx3[:, rows_m]
        by: Tensor = torch.tensordot(codes_bx52xw[:, :, -1] - self.canonical_52, shapes, dims=1)
        return by

    def terms(
        self, rest_vx3: Tensor, codes_bx52xw: Tensor, offset_bxvx3: Tensor, rows_m: Tensor, weight: float
    ) -> dict[str, Tensor]:
        """Losses of some rehearsed expressions. weight: of both."""
        moved_by = offset_bxvx3[:, rows_m], self.wanted(codes_bx52xw, rows_m)
        return {
            "prior_offset": weight * losses.prior_offset_loss(*moved_by, self.closeness_v[rows_m]),
            "closing": weight * losses.closing_loss(self._misses(rest_vx3, codes_bx52xw, offset_bxvx3)),
        }

    def _misses(self, rest_vx3: Tensor, codes: Tensor, offset: Tensor) -> Tensor:
        above, below = self.pairs.above_k, self.pairs.below_k
        found = rest_vx3[above] - rest_vx3[below] + offset[:, above] - offset[:, below]
        wanted = self.pairs.apart_kx3 + self.wanted(codes, above) - self.wanted(codes, below)
        return misses(found, wanted) * self.pairs.count_k[:, None]


def make_teacher(prior: HeadPrior, mesh: HeadMesh, device: torch.device, *, closing: bool) -> Teacher:
    """mesh: as it was frozen.  closing: whether rims are brought together; where the morphable head is the
    truth itself, they have their places already.
    """
    binding = prior.bind(mesh.rest_vx3[mesh.rides_v].cpu().numpy())
    shapes = prior.shape_displacements(binding)
    teacher = Teacher(
        torch.from_numpy(shapes),
        torch.from_numpy(binding.closeness_p),
        find_pairs(mesh, binding, shapes, prior.canonical_52) if closing else NO_PAIRS,
        torch.from_numpy(prior.canonical_52),
    )
    return moved(teacher, device)
