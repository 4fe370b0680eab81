"""What may be read of a moment: each plane's message, made for those who read it and for nobody else.

Level of detail is the reader's choice of plane: a near face reads vertices, a far one the 52 weights, one
out of sight nothing, and what nobody reads is not computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from talkwire.bridge import media, wire
from talkwire.bridge.basis import basis_message, coefficients_message, visemes_message, weights_message
from talkwire.bridge.codec import Box
from talkwire.bridge.message import Message
from talkwire.bridge.moment import Head, Moment, Needs
from talkwire.bridge.pack import frame_message, texture_message
from talkwire.bridge.texture import PICTURES, bc1_texture_message, patch_message


@dataclass(frozen=True, slots=True)
class Sending:
    """How a moment is to be sent. every: one frame in so many is, just now."""

    topology_id: str
    box: Box
    server_ns: int
    every: int = 1


@dataclass(frozen=True, slots=True)
class Plane:
    """One plane. make: None where this moment has nothing for it."""

    name: str
    needs: Needs
    make: Callable[[Moment, Sending], Message | None]


def _vertices(codec: str, *, normals: bool = False) -> Callable[[Moment, Sending], wire.Frame]:
    return lambda moment, how: frame_message(
        moment,
        topology_id=how.topology_id,
        codec=codec,
        box=how.box,
        server_ns=how.server_ns,
        every=how.every,
        normals=normals,
    )


def _short(
    make: Callable[..., Message],
) -> Callable[[Moment, Sending], Message]:
    return lambda moment, how: make(
        moment, topology_id=how.topology_id, server_ns=how.server_ns, every=how.every
    )


def _patches(format: str) -> Callable[[Moment, Sending], wire.Patch | None]:
    return lambda moment, how: patch_message(
        moment, topology_id=how.topology_id, server_ns=how.server_ns, format=format
    )


PLANES: Final = (
    *(Plane(name, Needs.vertices, _vertices(codec)) for codec, name in media.FRAME_PLANES.items()),
    Plane(media.NORMALS, Needs.vertices, _vertices("q16", normals=True)),
    Plane(media.COEFFICIENTS, Needs.coefficients, _short(coefficients_message)),
    Plane(media.ARKIT, Needs.pose, _short(weights_message)),
    Plane(media.VISEMES, Needs.pose, _short(visemes_message)),
    *(Plane(media.PATCHES[format], Needs.texture, _patches(format)) for format in PICTURES),
)

MOTION: Final = frozenset(
    plane.name for plane in PLANES
)  # on the motion socket; the rest are on the media socket

# What a reader may have of a face, by codec.
FRAMES: Final[Mapping[str, str]] = {
    **media.FRAME_PLANES,
    "q16n": media.NORMALS,
    "basis": media.COEFFICIENTS,
    "arkit": media.ARKIT,
}

# What never changes while an avatar speaks, made once and retained for late joiners. On the media socket.
STATICS: Final[Mapping[str, Callable[[Head, wire.Mesh], Message]]] = {
    "mesh": lambda _, mesh: mesh,
    "texture": lambda head, _: texture_message(head.topology),
    media.TEXTURE_BC1: lambda head, _: bc1_texture_message(head),
    media.BASIS: lambda head, _: basis_message(head),
}
