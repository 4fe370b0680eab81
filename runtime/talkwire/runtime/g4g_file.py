"""What is in the file of a `g4g` avatar beside card and mesh, and whether it fits together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.avatar_file import Arrays, Container
from talkwire.runtime.avatar_mesh import (
    MESH_MEMBER,
    MESH_TENSORS,
    mesh_misfits,
    not_finite,
    refuse_misfits,
    texture_of,
)
from talkwire.runtime.errors import AvatarError
from talkwire.runtime.g4g_geometry import FPS, HEARD, SIDE_STEP, WINDOW, crop_size
from talkwire.runtime.texture_file import texture_size
from talkwire.runtime.types import Float32

FRAMES, TRACKS, MAPS, GRAPH = "frames.jpegs", "tracks.npz", "maps.npz", "frame.onnx"
MOST_FRAMES: Final = 7500  # five minutes
SIDES: Final = (SIDE_STEP, 256)  # of the mask
LARGEST_PX: Final = 2048  # of a frame's side
_TRACKS: Final = {"ends": ("<u4", 1), "centres": ("<f4", 2), "drawings": ("|u1", 3)}
_MAPS: Final = {"quarter": ("<f2", 4), "half": ("<f2", 4)}

UInt8 = npt.NDArray[np.uint8]
Float16 = npt.NDArray[np.float16]
Members = dict[str, bytes | Mapping[str, npt.NDArray[Any]]]


@dataclass(frozen=True)
class G4gData:
    """A filmed person, and the network that draws the mouth anew.

    frames: N JPEGs of one size, FPS a second, shown forward and backward.  size_hw: theirs.  side, radius_px,
    centres_nx2: where the mouth is, (x, y), see g4g_geometry.  drawings_nxhxw: of each face, without its
    mouth, as large as the crop.  maps_quarter, maps_half: [1, C, h, w] float16 of the person, the same for
    all frames.  heard: the names of ARKit's weights that the network hears.
    graph: crop [N, 3, H, W] and drawing [N, 1, H, W] from 0 to 1, heard [N, WINDOW, len(heard)], maps_quarter
    and maps_half to rgb [N, 3, H, W].
    """

    frames: tuple[bytes, ...] = field(repr=False)
    size_hw: tuple[int, int]
    side: int
    radius_px: float
    centres_nx2: Float32 = field(repr=False)
    drawings_nxhxw: UInt8 = field(repr=False)
    maps_quarter: Float16 = field(repr=False)
    maps_half: Float16 = field(repr=False)
    graph: bytes = field(repr=False)
    heard: tuple[str, ...] = field(default=HEARD, repr=False)


def members_of(data: G4gData) -> Members:
    """What goes into the file. All frames are one member, since a container has few."""
    return {
        FRAMES: b"".join(data.frames),
        TRACKS: {
            "ends": np.cumsum([len(frame) for frame in data.frames]).astype("<u4"),
            "centres": data.centres_nx2.astype("<f4"),
            "drawings": data.drawings_nxhxw,
        },
        MAPS: {"quarter": data.maps_quarter.astype("<f2"), "half": data.maps_half.astype("<f2")},
        GRAPH: data.graph,
    }


def card_of(data: G4gData) -> dict[str, Any]:
    """What the card says of them."""
    return {
        "fps": FPS,
        "window": WINDOW,
        "size_hw": list(data.size_hw),
        "side": data.side,
        "radius_px": data.radius_px,
        "heard": list(data.heard),
    }


def read_data(container: Container) -> tuple[Arrays, G4gData]:
    """The mesh's arrays and the rest. Raises AvatarError when they do not fit each other."""
    card = container.card
    mesh = container.arrays(MESH_MEMBER, MESH_TENSORS)
    tracks, maps = container.arrays(TRACKS, _TRACKS), container.arrays(MAPS, _MAPS)
    there = len(container.member(FRAMES))
    refuse_misfits(
        container,
        mesh_misfits(mesh) + (_card_misfits(card) or _misfits(card, tracks, maps, there)),
        f"a card with {FPS} frames a second, and a centre, a drawing and a picture for each frame",
    )
    size = card["size_hw"][1], card["size_hw"][0]
    frames = _frames(container.member(FRAMES), tracks["ends"])
    refuse_misfits(
        container,
        _picture_misfits([texture_of(container), *frames], size),
        f"the texture and frames all of {size[0]} x {size[1]} pixels",
    )
    data = G4gData(
        frames=frames,
        size_hw=(size[1], size[0]),
        side=card["side"],
        radius_px=float(card["radius_px"]),
        centres_nx2=tracks["centres"],
        drawings_nxhxw=tracks["drawings"],
        maps_quarter=maps["quarter"],
        maps_half=maps["half"],
        graph=container.member(GRAPH),
        heard=tuple(card["heard"]),
    )
    return mesh, data


def _frames(pictures: bytes, ends: npt.NDArray[np.uint32]) -> tuple[bytes, ...]:
    starts = [0, *ends.tolist()]
    return tuple(pictures[start:end] for start, end in pairwise(starts))


def _card_misfits(card: Mapping[str, Any]) -> list[str]:
    fps, window, heard, side, radius = (card.get(n) for n in ("fps", "window", "heard", "side", "radius_px"))
    wrong = [f"{fps!r} frames a second"] if fps != FPS else []
    wrong += [f"a window of {window!r}"] if window != WINDOW else []
    size = card.get("size_hw")
    if not (isinstance(size, list) and len(size) == 2 and all(_whole(px, 16, LARGEST_PX) for px in size)):
        wrong.append(f"frames of {size!r} pixels")
    if not (_whole(side, *SIDES) and card["side"] % SIDE_STEP == 0):
        wrong.append(f"a mask of {side!r} pixels")
    if isinstance(radius, bool) or not isinstance(radius, int | float) or not 2 <= radius <= LARGEST_PX:
        wrong.append(f"a radius of {radius!r} pixels")
    if not (isinstance(heard, list) and heard and _known(heard) and len(set(heard)) == len(heard)):
        wrong.append("heard names that are not ARKit's")
    return wrong


def _known(names: list[Any]) -> bool:
    return all(isinstance(name, str) and name in ARKIT_NAMES for name in names)


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _misfits(card: Mapping[str, Any], tracks: Arrays, maps: Arrays, there: int) -> list[str]:
    """Of a card that is sound: what is wrong with the arrays. there: bytes of all frames."""
    ends, centres, drawings = tracks["ends"], tracks["centres"], tracks["drawings"]
    n, (height, width), crop = len(ends), card["size_hw"], crop_size(card["side"])
    if not 1 <= n <= MOST_FRAMES:
        return [f"{n} frames"]
    shapes = {"centres": (centres, (n, 2)), "drawings": (drawings, (n, *crop))}
    wrong = [f"{name} {list(a.shape)}" for name, (a, shape) in shapes.items() if a.shape != shape]
    for name, values in maps.items():
        if (
            values.shape[0] != 1
            or not values.size
            or any(a > b for a, b in zip(values.shape[2:], crop, strict=True))
        ):
            wrong.append(f"{name} maps {list(values.shape)}")
    wrong += not_finite(tracks, "centres") + not_finite(maps, "quarter", "half")
    if wrong:
        return wrong
    lengths = np.diff(ends.astype(np.int64), prepend=0)
    wrong += ["frames without a byte"] if (lengths <= 0).any() else []
    wrong += [f"{there} bytes of frames for {ends[-1]}"] if ends[-1] != there else []
    outside = ((centres < 0) | (centres > (width, height))).any(axis=1)
    return wrong + ([f"the mouth outside of frame {int(outside.argmax())}"] if outside.any() else [])


def _picture_misfits(pictures: list[bytes], size: tuple[int, int]) -> list[str]:
    """By their headers: nothing is decoded."""
    for number, picture in enumerate(pictures):
        name = f"frame {number - 1}" if number else "the texture"
        if not picture.startswith(b"\xff\xd8\xff"):
            return [f"{name} that is no JPEG"]
        try:
            found = texture_size(picture)
        except AvatarError as error:
            return [f"{name} that cannot be read ({error.seen})"]
        if found != size:
            return [f"{name} of {found[0]} x {found[1]} pixels"]
    return []
