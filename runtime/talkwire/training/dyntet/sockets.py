"""Lids lie on eyeballs. Nothing else keeps them outside: where the actor's iris has another colour than the
eyeball's, a picture is explained as well by skin that has sunk into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch.nn import functional

from talkwire.training.dyntet.attached import Attached, eyeballs
from talkwire.training.dyntet.mesh import HeadMesh

AROUND_M: Final = 0.008  # what lies farther from an eyeball never comes to touch it
CLEAR_M: Final = 3e-4


@dataclass(frozen=True)
class Sockets:
    """K vertices around the eyes. rows_k: of the mesh.  centre_kx3, reach_k: metres, how near they may come
    to which point.
    """

    rows_k: torch.Tensor
    centre_kx3: torch.Tensor
    reach_k: torch.Tensor

    def inside(self, vertices_bxvx3: torch.Tensor) -> torch.Tensor:
        """[B, K] metres that they are too near."""
        distance = (vertices_bxvx3[:, self.rows_k] - self.centre_kx3).norm(dim=-1)
        return functional.relu(self.reach_k - distance)


def find_sockets(mesh: HeadMesh, attached: Attached) -> Sockets:
    """On the mesh as it was frozen; rims that are folded inward lie behind the lids' edges, out of sight."""
    rest = mesh.rest_vx3.cpu()
    rows, centres, reaches = [], [], []
    for centre_3, radius_m in eyeballs(attached):
        centre = torch.from_numpy(centre_3).float()
        near = ((rest - centre).norm(dim=1) < radius_m + AROUND_M) & (rest[:, 2] > centre[2])
        found = torch.nonzero(near & ~mesh.folded_v.cpu())[:, 0]
        rows.append(found)
        centres.append(centre.expand(len(found), 3))
        reaches.append(torch.full((len(found),), radius_m + CLEAR_M))
    return Sockets(torch.cat(rows), torch.cat(centres), torch.cat(reaches))
