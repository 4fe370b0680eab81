"""Morph targets of an avatar, and what of a clip moves them.

arkit    the avatar's shapes by ARKit's names, in [0, 1]: what artists and engines know. To a head that is a
         network they are as near as a sum of shapes comes.
basis    the avatar's own basis, `basis_00` and so on: near to the network, but nobody's names.

A basis swings both ways, but weights below 0 or above 1 are cut off by Blender 5.0, which looks for their
range in the first key alone, and where Unity clamps them (PlayerSettings.legacyClampBlendShapeWeights). So a
component's target has the weight 0.5 where it is as at rest, and one more, `basis_low`, of weight 1 in every
animation, takes half of all of them back. With all weights at 0 the face is the neutral one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from talkwire.exporters.clip import Clip
from talkwire.exporters.options import Morphs
from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.avatar import Avatar
from talkwire.runtime.errors import ExportError
from talkwire.runtime.spool import Spool, release
from talkwire.runtime.types import Float32

SWING: Final = (
    1.25  # how far a component may go, 1 being the root of the squares of what each shape does to it
)
BLOCK_FRAMES: Final = 64  # at once: a head of 20,000 vertices takes 15 MB in as many
Curves = Callable[[Clip, slice], Float32]


@dataclass(frozen=True, eq=False)
class Shapes:
    """K morph targets: names, displacements from the neutral head, and their weights in a clip.

    deltas_kxvx3: [K, V, 3] float32 metres.  curves: a clip and a run of its frames to [n, K] weights.  whole:
    whether they are all that the avatar does, so that nothing but the reduction of keys is left out.
    swings: runs of targets that swing; after each comes its low one.
    """

    names: list[str]
    deltas_kxvx3: Float32 = field(repr=False)
    curves: Curves = field(repr=False)
    whole: bool
    swings: tuple[slice, ...] = ()

    @property
    def strength_k(self) -> Float32:
        """[K] of each target: how much of it is about as much as a face shows."""
        strength = np.ones(len(self.names), np.float32)
        for swing in self.swings:
            strength[swing] = 1 / (2 * SWING)
            strength[swing.stop] = 0
        return strength

    def curve(self, clip: Clip) -> Float32:
        """[N, K] weights of a whole clip."""
        spool = Spool((len(self.names),), np.float32)
        for start in range(0, clip.frame_count, BLOCK_FRAMES):
            spool.append(self.curves(clip, slice(start, start + BLOCK_FRAMES)))
            release(clip.weights_nx52)
        return spool.array()

    def residual(self, clip: Clip, run: slice, weights_nxk: Float32) -> Float32:
        """[n, V, 3] metres in head space: what the avatar is beyond these weights of its targets."""
        off = clip.avatar.exact(_heard(clip, run))
        off -= clip.topology.neutral_vx3
        off -= (weights_nxk @ self.deltas_kxvx3.reshape(len(self.names), -1)).reshape(off.shape)
        return off


def shapes_of(avatar: Avatar, morphs: Morphs) -> Shapes:
    """The avatar's targets. Raises ExportError when it has none."""
    return _SHAPES[morphs](avatar)


def _arkit(avatar: Avatar) -> Shapes:
    names = getattr(avatar, "names", ())
    deltas = getattr(avatar, "deltas_kxvx3", None)
    if deltas is None or not len(names):
        raise _none(avatar)
    columns = [INDEX[name] for name in names]
    return Shapes(
        list(names),
        deltas,
        lambda clip, run: clip.weights_nx52[run][:, columns],
        whole=avatar.basis.own == 0,
    )


def _basis(avatar: Avatar) -> Shapes:
    basis = getattr(avatar, "basis", None)
    if basis is None:
        raise _none(avatar)
    own = basis.own
    deltas = np.zeros((own + len(ARKIT_NAMES), *basis.mean_vx3.shape), np.float32)
    for block in basis.blocks:
        count, moved, _ = block.components_kxnx3.shape
        into = deltas[block.first_coefficient :][:count, block.first_vertex :][:, :moved]
        into += block.components_kxnx3
    resting, alone = np.split(avatar.coefficients(list(_at_rest_and_each_alone())), [1])
    reach = np.linalg.norm(alone - resting, axis=0)
    reach[reach == 0] = 1
    by_weights = np.flatnonzero(deltas[own:].any(axis=(1, 2)))
    count = own + len(by_weights)
    digits = max(2, len(str(count - 1)))
    names = [f"basis_{i:0{digits}}" for i in range(count)]

    def curves(clip: Clip, run: slice) -> Float32:
        weights = clip.weights_nx52[run][:, by_weights]
        if not own:
            return weights
        coefficients = clip.avatar.coefficients(_heard(clip, run))
        return np.concatenate([swung((coefficients - resting) / reach), weights], axis=1)

    if not own:
        return Shapes(names, deltas[by_weights], curves, whole=True)
    swinging = swung_targets(deltas[:own] * reach[:, None, None])
    return Shapes(
        [*names[:own], "basis_low", *names[own:]],
        np.concatenate([swinging, deltas[own:][by_weights]]),
        curves,
        whole=False,
        swings=(slice(0, own),),
    )


def swung(components_nxk: Float32) -> Float32:
    """[n, K + 1] weights, the low target's last, of components that swing about 0, 1 being much."""
    low = np.ones((len(components_nxk), 1), np.float32)
    return np.concatenate([components_nxk / np.float32(2 * SWING) + np.float32(0.5), low], axis=1)


def swung_targets(deltas_kxvx3: Float32) -> Float32:
    """[K + 1, V, 3]: the targets that these weights are for."""
    targets = deltas_kxvx3 * np.float32(2 * SWING)
    return np.concatenate([targets, -0.5 * targets.sum(axis=0, keepdims=True)])


_SHAPES: Final = {Morphs.arkit: _arkit, Morphs.basis: _basis}


def _at_rest_and_each_alone() -> Float32:
    """[1 + 52, 1, 52]: windows of a face at rest, and of each of ARKit's shapes at its full."""
    names = len(ARKIT_NAMES)
    return np.concatenate([np.zeros((1, names)), np.eye(names)]).astype(np.float32)[:, None]


def _heard(clip: Clip, run: slice) -> list[Float32]:
    return [clip.heard(i) for i in range(*run.indices(clip.frame_count))]


def _none(avatar: Avatar) -> ExportError:
    return ExportError(
        f"the avatar {avatar.card.name!r} has no shapes that glTF could animate",
        seen=f"kind {avatar.card.kind!r}",
        wanted="an avatar of kind 'blendshape' or 'dyntet'",
        cure="export .mp4, .csv or .npz, or choose another --avatar",
    )
