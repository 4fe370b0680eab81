"""What each codec makes of a real line: bytes of a frame, its error, and the time both sides take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np

from talkwire.bridge import media, normals, wire
from talkwire.bridge.basis import basis_from, basis_message, vertices_from
from talkwire.bridge.codec import Box, decode_vertices
from talkwire.bridge.media import Media, decode_media, encode_media
from talkwire.bridge.moment import Moment, Needs
from talkwire.bridge.planes import PLANES, Plane, Sending
from talkwire.bridge.texture import patches_from
from talkwire.bridge.trial.figures import percentiles
from talkwire.runtime.audio import Audio
from talkwire.runtime.avatar import Avatar
from talkwire.runtime.mesh import vertex_normals
from talkwire.runtime.session import open_session
from talkwire.runtime.types import Basis, Float32

EVERY: Final = 2  # of the line's frames, one is measured
FPS: Final = 60


def codecs(head: Avatar, speech: Audio) -> dict[str, dict[str, Any]]:
    """By plane: bytes of a frame with its topic and stamp, ms to encode and to decode, and the largest error:
    mm of a vertex, degrees of a normal, levels (of 255, root mean square) of a picture."""
    moments = list(_moments(head, speech))
    basis, box = basis_from(basis_message(head)), Box.around(head.topology.neutral_vx3)
    return {plane.name: _measured(plane, moments, basis, box) for plane in PLANES if _has(plane, moments[0])}


def _moments(head: Avatar, speech: Audio) -> Iterator[Moment]:
    session = open_session(head, fps=FPS)
    session.begin(speech.sample_rate_hz)
    session.push(speech.samples)
    session.end()
    for pose, heard in session.pull_heard()[::EVERY]:
        moment = Moment(pose, heard, head, speech.sample_rate_hz, wire.KEY)
        # computed now: the networks are not what is measured
        _ = moment.frame, moment.coefficients, moment.patches
        yield moment


def _has(plane: Plane, moment: Moment) -> bool:
    return plane.needs is not Needs.texture or bool(moment.patches)


def _measured(plane: Plane, moments: Sequence[Moment], basis: Basis, box: Box) -> dict[str, Any]:
    sizes, errors, encode_ms, decode_ms = [], [], [], []
    how = Sending(moments[0].head.topology.id, box, 0)
    for moment in moments:
        began = time.perf_counter()
        message = plane.make(moment, how)
        assert message is not None
        part = encode_media(Media("npc", plane.name, message))
        between = time.perf_counter()
        decoded = _DECODERS[plane.needs](decode_media(part), basis, box)
        ended = time.perf_counter()
        sizes.append(len(part))
        errors.append(_ERRORS[plane.name](moment, decoded, message) if plane.name in _ERRORS else None)
        encode_ms.append((between - began) * 1e3)
        decode_ms.append((ended - between) * 1e3)
    rate_hz = FPS / EVERY if plane.needs is Needs.texture else FPS
    found: dict[str, Any] = {
        "bytes_mean": round(float(np.mean(sizes))),
        "bytes_most": max(sizes),
        "kbit_s": round(float(np.mean(sizes)) * 8 * rate_hz / 1e3),
        "encode_ms": percentiles(encode_ms),
        "decode_ms": percentiles(decode_ms),
    }
    known = [error for error in errors if error is not None]
    return found | ({"error": {k: round(max(e[k] for e in known), 5) for k in known[0]}} if known else {})


def _vertices(item: Media, basis: Basis, box: Box) -> Float32 | None:
    message: Any = item.message
    if isinstance(message, wire.Frame):
        return decode_vertices(message.codec, message.vertices, box)
    return vertices_from(message, basis) if len(message.own) == 2 * basis.own else None


def _pictures(item: Media, basis: Basis, box: Box) -> list[Float32]:
    message: Any = item.message
    return [patch.rgb_hxwx3.astype(np.float32) for patch in patches_from(message)]


_DECODERS: Final[dict[Needs, Callable[[Media, Basis, Box], Any]]] = {
    Needs.vertices: _vertices,
    Needs.coefficients: _vertices,
    Needs.pose: lambda item, basis, box: None,
    Needs.texture: _pictures,
}


def _vertex_error(moment: Moment, decoded: Any, message: Any) -> dict[str, float]:
    return {"mm": float(np.abs(decoded - moment.frame.vertices_vx3).max() * 1e3)}


def _normal_error(moment: Moment, decoded: Any, message: Any) -> dict[str, float]:
    topology = moment.head.topology
    true = vertex_normals(moment.frame.vertices_vx3, topology.triangles_tx3, topology.weld_v)
    cosine = (true * normals.decode(message.normals)).sum(axis=1).clip(-1, 1)
    degrees = float(np.degrees(np.arccos(cosine)).max())
    return {**_vertex_error(moment, decoded, message), "degrees": degrees}


def _picture_error(moment: Moment, decoded: Any, message: Any) -> dict[str, float]:
    went = [patch.rgb_hxwx3 for patch in moment.patches]
    square = np.concatenate([((a - b) ** 2).ravel() for a, b in zip(decoded, went, strict=True)])
    return {"levels": float(np.sqrt(square.mean()))}


_ERRORS: Final[dict[str, Callable[[Moment, Any, Any], dict[str, float]]]] = {
    **dict.fromkeys(media.FRAME_PLANES.values(), _vertex_error),
    media.NORMALS: _normal_error,
    media.COEFFICIENTS: _vertex_error,
    **dict.fromkeys(media.PATCHES.values(), _picture_error),
}
