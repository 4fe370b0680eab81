"""Morph targets of both kinds, for both kinds of avatar: their sum is what the avatar is."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from dyntet_support import small_dyntet
from support import small_avatar
from talkwire.exporters.gltf.rig import rig_of, turns_of
from talkwire.exporters.gltf.shapes import SWING, shapes_of
from talkwire.exporters.options import HeadPose, Morphs
from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.avatar import BlendshapeAvatar


def shown(shapes, clip) -> np.ndarray:
    """[N, V, 3] of a sum, slowly."""
    curve = shapes.curve(clip).astype(float)
    return clip.topology.neutral_vx3 + np.einsum("nk,kvc->nvc", curve, shapes.deltas_kxvx3.astype(float))


def baked(clip) -> np.ndarray:
    return np.array([clip.vertices(i) for i in range(clip.frame_count)])


@pytest.mark.parametrize("morphs", Morphs)
def test_a_blendshape_avatar_is_the_sum_of_its_targets(make_clip, morphs: Morphs) -> None:
    clip = make_clip(frames=70)
    shapes = shapes_of(clip.avatar, morphs)
    assert shapes.whole
    assert np.abs(shown(shapes, clip) - baked(clip)).max() < 1e-6
    first = {Morphs.arkit: ARKIT_NAMES[0], Morphs.basis: "basis_00"}
    assert shapes.names[0] == first[morphs]


def test_the_basis_of_a_learned_head_is_the_sum_of_its_targets(make_clip) -> None:
    clip = make_clip(frames=70, avatar=small_dyntet())
    shapes = shapes_of(clip.avatar, Morphs.basis)
    assert not shapes.whole
    others = [f"basis_{i:02}" for i in range(3, 3 + 52)]
    assert shapes.names == ["basis_00", "basis_01", "basis_02", "basis_low", *others]
    assert np.abs(shown(shapes, clip) - baked(clip)).max() < 1e-6
    calm = replace(clip, weights_nx52=clip.weights_nx52 / 2)  # as many shapes as here are never at their full
    curve = shapes.curve(calm)
    assert curve.min() >= 0
    assert curve.max() <= 1
    assert curve[:, :3].min() < 0.5 < curve[:, :3].max()
    assert (curve[:, 3] == 1).all()
    alone = [np.eye(52, dtype=np.float32)[k : k + 1] for k in range(52)]
    reach = clip.avatar.coefficients(alone) - clip.avatar.coefficients([np.zeros((1, 52), np.float32)])
    moved = np.linalg.norm(
        clip.avatar.data.components_kxvx3 * np.linalg.norm(reach, axis=0)[:, None, None], axis=2
    )
    of_targets = np.linalg.norm(shapes.deltas_kxvx3[:3], axis=2) / (2 * SWING)
    assert np.allclose(of_targets.max(axis=1), moved.max(axis=1), rtol=1e-4)


def test_normals_of_swinging_targets_sum_up_to_those_of_the_neutral_face() -> None:
    avatar = small_dyntet()
    shapes = shapes_of(avatar, Morphs.basis)
    turns = turns_of(avatar.topology, shapes, 0)
    assert np.abs(0.5 * turns[:3].sum(axis=0) + turns[3]).max() < 1e-6
    assert np.abs(turns[:3]).max() > 0


def test_arkits_targets_of_a_learned_head_are_its_stand_ins(make_clip) -> None:
    clip = make_clip(frames=5, avatar=small_dyntet())
    shapes = shapes_of(clip.avatar, Morphs.arkit)
    assert tuple(shapes.names) == ARKIT_NAMES
    assert shapes.deltas_kxvx3 is clip.avatar.data.shapes_52xnx3
    assert np.array_equal(shapes.curve(clip), clip.weights_nx52)
    assert not shapes.whole


def test_targets_that_move_nothing_are_no_part_of_a_basis(make_clip) -> None:
    full = small_avatar()
    some = BlendshapeAvatar(full.card, full.topology, ARKIT_NAMES[5:9], full.deltas_kxvx3[:4])
    shapes = shapes_of(some, Morphs.basis)
    assert shapes.names == ["basis_00", "basis_01", "basis_02", "basis_03"]
    clip = make_clip(avatar=some, frames=4)
    assert np.array_equal(shapes.curve(clip), clip.weights_nx52[:, 5:9])


def test_what_is_an_avatars_is_made_once_and_goes_with_it() -> None:
    avatar = small_avatar()
    rig = rig_of(avatar, Morphs.arkit, HeadPose.node)
    assert rig_of(avatar, Morphs.arkit, HeadPose.node) is rig
    assert rig_of(avatar, Morphs.basis, HeadPose.node) is not rig
    assert rig_of(small_avatar(), Morphs.arkit, HeadPose.node) is not rig
    avatar.topology = replace(avatar.topology)
    assert rig_of(avatar, Morphs.arkit, HeadPose.node) is not rig
    gone = weakref.ref(rig_of(avatar, Morphs.basis, HeadPose.baked))
    del avatar
    gc.collect()
    assert gone() is None
