"""Who is shown: nova, or somebody of her family with a skin, hair and eyes of their own."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.blendshape import BlendshapeAvatar
from talkwire.runtime.types import Float32
from talkwire.training.heads.nova import load_nova_head
from talkwire.training.nova.atlas import CLOTH, EYES, HAIR, LASH, MOUTH_LINING, SIZE_PX, TEETH, TONGUE, Box
from talkwire.training.nova.eyes import BACK_DEG, IRIS_DEG

SPREAD: Final = 0.7  # of identity, in standard deviations of each mode: at 1, one head in ten is a caricature
# linear light over nova's own: from dark to fair skin; black, brown, red and fair hair; then colours of eyes
SKINS: Final = (
    (0.20, 0.15, 0.13),
    (0.42, 0.34, 0.30),
    (0.72, 0.66, 0.60),
    (1.0, 1.0, 1.0),
    (1.08, 1.12, 1.14),
)
HAIRS: Final = ((0.30, 0.35, 0.45), (1.0, 1.0, 1.0), (2.2, 1.4, 1.0), (3.6, 3.8, 3.4), (2.2, 2.6, 3.2))
EYES_LINEAR: Final = (
    (0.075, 0.034, 0.012),
    (0.055, 0.105, 0.145),
    (0.060, 0.085, 0.045),
    (0.105, 0.110, 0.100),
)

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Person:
    """identity_i: [I] of nova's family, zeros for nova.  avatar: that head, with all 52 shapes."""

    identity_i: Float32
    avatar: BlendshapeAvatar
    name: str


def make_person(seed: int | None) -> Person:
    """Somebody; None is nova herself. Two of one seed agree."""
    nova = load_avatar(find_avatar("nova"))
    assert isinstance(nova, BlendshapeAvatar)
    family = load_nova_head()
    count = len(family.modes_ixvx3)
    if seed is None:
        return Person(np.zeros(count, np.float32), nova, "nova")
    rng = np.random.default_rng([seed, 1])
    identity = (SPREAD * rng.normal(size=count).clip(-2.5, 2.5)).astype(np.float32)
    topology = replace(
        nova.topology, neutral_vx3=family.neutral(identity), texture=_recoloured(nova.topology.texture, rng)
    )
    avatar = BlendshapeAvatar(nova.card, topology, nova.names, nova.deltas_kxvx3)
    return Person(identity, avatar, f"head {seed} of nova's family")


def _recoloured(texture: bytes, rng: np.random.Generator) -> bytes:
    """The texture as PNG in another person's colours."""
    with Image.open(io.BytesIO(texture)) as image:
        linear = _to_linear(np.asarray(image.convert("RGB"), np.float64) / 255)
    skin = np.ones((SIZE_PX, SIZE_PX), bool)
    for box in (EYES, HAIR, TEETH, TONGUE, CLOTH, LASH, MOUTH_LINING):
        skin[_inside(box)] = False
    linear[skin] *= _between(SKINS, rng)
    linear[_inside(HAIR)] *= HAIRS[rng.integers(len(HAIRS))]
    linear[_inside(CLOTH)] *= rng.uniform(0.5, 4.0, 3)
    linear[_inside(EYES)] = _iris(
        linear[_inside(EYES)], np.array(EYES_LINEAR[rng.integers(len(EYES_LINEAR))])
    )
    encoded = io.BytesIO()
    pixels = np.rint(_to_srgb(linear.clip(0, 1)) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()


def _iris(eye: Float64, colour: Float64) -> Float64:
    """An eyeball's picture with another iris: its own light and dark, of another colour."""
    v, u = (np.indices(eye.shape[:2]) + 0.5) / np.array(eye.shape[:2])[:, None, None] * 2 - 1
    radius = np.hypot(u, v) * BACK_DEG / IRIS_DEG
    share = np.clip((1.0 - radius) / 0.08, 0, 1)[..., None]
    bright = eye.mean(axis=-1, keepdims=True)
    typical = np.median(bright[(radius > 0.5) & (radius < 0.8)])
    return np.asarray(eye + share * (bright / typical * colour - eye))


def _between(colours: tuple[tuple[float, ...], ...], rng: np.random.Generator) -> Float64:
    at = rng.uniform(0, len(colours) - 1)
    k = min(int(at), len(colours) - 2)
    low, high = np.array(colours[k]), np.array(colours[k + 1])
    return np.asarray(low + (at - k) * (high - low))


def _inside(box: Box) -> tuple[slice, slice]:
    """The rows and columns of a box of the atlas, with the margin that is painted around it."""
    top = SIZE_PX - box.y - box.height
    return slice(max(top - 3, 0), top + box.height + 3), slice(max(box.x - 3, 0), box.x + box.width + 3)


def _to_linear(srgb: Float64) -> Float64:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _to_srgb(linear: Float64) -> Float64:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
