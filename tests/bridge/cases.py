"""The golden vectors: `python tests/bridge/cases.py --update` writes them, from the messages below.

`vectors/` are read, `vectors/refused/` are not (`.json` says why), and `vectors/1.0/` are the bytes of the
first version, which nobody writes any more and everybody must go on reading.

One message of each kind, small enough that every truncation can be tried. `name.bin` is what is on the
wire, `name.json` what any reader must make of it. Bytes already published never change within a major
version: new cases are added, old ones stay.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from talkwire.bridge import normals as oct_normals
from talkwire.bridge import wire
from talkwire.bridge.codec import Box, encode_vertices
from talkwire.bridge.media import Media, decode_media, encode_media
from talkwire.bridge.message import Message, decode, encode, to_json

FOLDER = Path(__file__).parent / "vectors"
REFUSED, FIRST = FOLDER / "refused", FOLDER / "1.0"

TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]], "<u4")
VERTICES = np.array([[-0.07, 0, 0], [0.07, 0, 0.01], [0.05, 0.11, 0], [-0.05, 0.1, 0.02]], "<f4")
BOX = Box.around(VERTICES)
ID = "0123456789abcdef"
WEIGHTS = (np.arange(52, dtype="<f4") / 51).tobytes()
ROTATION = np.array([0, 0.6, 0, 0.8], "<f4").tobytes()
TRANSLATION = np.array([0.001, -0.002, 0.003], "<f4").tobytes()

JPEG = bytes.fromhex(  # grey, 8 x 8
    "ffd8ffe000104a46494600010100000100010000ffdb004300100b0c0e0c0a100e0d0e1211101318281a181616183123"
    "251d283a333d3c3933383740485c4e404457453738506d51575f626768673e4d71797064785c656763ffc0000b080008"
    "000801011100ffc40014000100000000000000000000000000000000ffc4001410010000000000000000000000000000"
    "0000ffda0008010100003f003fffd9"
)

# two squares: red with two greens between it and green, and all of it grey
BC1 = bytes.fromhex("00f8e0071be4b14eef7bef7b00000000")
NORMALS = np.array([[0, 0, 1], [0, 0, -1], [0.6, 0, -0.8], [-0.48, 0.6, 0.64]], "<f4")

CONTROL: dict[str, Message] = {
    "hello": wire.Hello(1, 1, 2, "an engine 5.6", ("codec:f32", "codec:q16"), 20_000, "open sesame"),
    "welcome": wire.Welcome(
        *(1, 1, 2, "talkwire", ("codec:f32", "codec:q16", "audio:s16"), 5557, 5558, "00c0ffee00c0ffee"),
        ("nova", "nova-dyntet"),
    ),
    "open": wire.Open(2, "npc_2.left-door", "nova-dyntet"),
    "opened": wire.Opened(2, "nova", ID, 60, 0.0825, 30.0, "nova", "frame/q16"),
    "begin": wire.Begin(3, "nova", 7, 44100),
    "chunk_s16": wire.ChunkS16(4, "nova", 7, np.array([0, 1, -1, 32767, -32768], "<i2").tobytes()),
    "chunk_f32": wire.ChunkF32(5, "nova", 7, np.array([0, 0.5, -0.5, 1, -1], "<f4").tobytes()),
    "end": wire.End(6, "nova", 7),
    "interrupt": wire.Interrupt(2**32 - 1, "nova"),
    "interrupted": wire.Interrupted(2**32 - 1, "nova", 3),
    "progress": wire.Progress("nova", 7, "speaking", 2, 48000, 24000),
    "ping": wire.Ping(8, 1_700_000_000_123_456_789),
    "pong": wire.Pong(8, 1_700_000_000_123_456_789, 42, 0.25, 1),
    "close": wire.Close(9, "npc_2.left-door"),
    "closed": wire.Closed(0, "npc_2.left-door"),
    "style": wire.Style(
        10,
        "nova",
        1.25,
        (("joy", 0.5), ("surprise", 0.25)),
        (("gaze", 0.0),),
        ((12.5, -5.0),),
        0.5,
        (("mouthSmile", 0.5, 0.0, 0.0, 0.75),),
        7,
        22_050,
    ),
    "styled": wire.Styled(10, "nova"),
    "load": wire.Load(11, "nova-dyntet"),
    "loaded": wire.Loaded(11, "nova-dyntet", ID),
    "unload": wire.Unload(12, "nova-dyntet"),
    "unloaded": wire.Unloaded(12, "nova-dyntet"),
    "error": wire.Error(4, "protocol", "Begin.sample_rate_hz is wrong", "7", "4000", "résumé → ☺"),
}


def frame(codec: str, vertices: Any, *, flags: int = wire.KEY, every: int = 1) -> wire.Frame:
    used, data = encode_vertices(vertices, codec, BOX)
    moment = (ID, 2, 3, 5, 3675, 44100, flags, 987_654_321)
    return wire.Frame(*moment, WEIGHTS, ROTATION, TRANSLATION, used, 4, data, every)


MEDIA: dict[str, Media] = {
    "mesh": Media(
        "nova",
        "mesh",
        wire.Mesh(
            ID,
            VERTICES.tobytes(),
            TRIANGLES.tobytes(),
            VERTICES[:, :2].tobytes(),
            np.array([0, 1, 2, 0], "<u4").tobytes(),
            BOX.low_m.tobytes(),
            BOX.high_m.tobytes(),
            (("skin", 0, 1, 0.5, 0.5), ("teeth", 1, 1, 0.25, 1.0)),
            60,
            "trainedAlgorithmicMedia",
            "nobody: a made-up face ☺",
        ),
    ),
    "texture": Media("nova", "texture", wire.Texture(ID, "png", b"\x89PNG\r\n\x1a\nnot a whole one")),
    "frame_f32": Media("nova", "frame/f32", frame("f32", VERTICES)),
    "frame_q16": Media("nova", "frame/q16", frame("q16", VERTICES)),
    "frame_q16_last": Media("nova", "frame/q16", frame("q16", VERTICES, flags=wire.KEY | wire.LAST)),
    "frame_q16_saving": Media("nova", "frame/q16", frame("q16", VERTICES, every=2)),
    "frame_delta8": Media("nova", "frame/delta8", frame("delta8", VERTICES + np.float32(0.0123))),
    "frame_q16n": Media(
        "nova",
        "frame/q16n",
        replace(frame("q16", VERTICES), normals=oct_normals.encode(NORMALS)),
    ),
    "frame_beyond_steps": Media("nova", "frame/delta8", frame("delta8", VERTICES + np.float32(0.026))),
    "frame_beyond_box": Media("nova", "frame/q16", frame("q16", VERTICES * 9, flags=wire.KEY | wire.IDLE)),
    "audio": Media("nova", "audio", wire.Audio(2, 3, 735, 44100, 0, 99, b"\x01\x00\xff\xff")),
    "audio_last": Media("nova", "audio", wire.Audio(2, 3, 737, 44100, wire.LAST, 99, b"")),
    "basis": Media(
        "nova",
        "basis",
        wire.Basis(
            ID,
            2,
            0.0001,
            VERTICES.tobytes(),
            ((0, 3, 0, 2), (3, 1, 19, 1)),
            np.array([0.001, 0.002, 0.0005], "<f4").tobytes(),
            np.arange(-9, 12, dtype="<i2").tobytes(),
        ),
    ),
    "coefficients": Media(
        "nova",
        "frame/basis",
        wire.Coefficients(
            *(ID, 2, 3, 5, 3675, 44100, wire.KEY, 987_654_321),
            np.array([0, 19660, 0, 26214], "<i2").tobytes(),
            np.array([0.001, -0.002, 0.003], "<f2").tobytes(),
            (np.arange(52, dtype="<f4") / 51).astype("<f2").tobytes(),
            np.array([0.5, -1.25], "<f2").tobytes(),
            2,
        ),
    ),
    "weights": Media(
        "nova",
        "frame/arkit",
        wire.Coefficients(
            *(ID, 2, 3, 5, 3675, 44100, wire.KEY, 987_654_321),
            np.array([0, 19660, 0, 26214], "<i2").tobytes(),
            np.array([0.001, -0.002, 0.003], "<f2").tobytes(),
            (np.arange(52, dtype="<f4") / 51).astype("<f2").tobytes(),
            b"",
        ),
    ),
    "visemes": Media(
        "nova",
        "viseme",
        wire.Visemes(
            *(ID, 2, 3, 5, 3675, 44100, wire.KEY, 987_654_321),
            (np.arange(15, dtype="<f4") / 105).astype("<f2").tobytes(),
        ),
    ),
    "texture_bc1": Media("nova", "texture/bc1", wire.Texture(ID, "bc1", BC1, 6, 4)),
    "patch_bc1": Media(
        "nova",
        "patch/bc1",
        wire.Patch(ID, 2, 3, 4, 2940, 44100, wire.KEY, 99, ((192, 532, 6, 4, "bc1", BC1),)),
    ),
    "patch_rgb": Media(
        "nova",
        "patch/rgb",
        wire.Patch(
            *(ID, 2, 3, 4, 2940, 44100, wire.KEY, 99),
            ((190, 531, 3, 2, "rgb", bytes(range(18))), (0, 0, 1, 1, "rgb", b"\xff\x80\x00")),
        ),
    ),
    "patch": Media(
        "nova",
        "patch",
        wire.Patch(
            ID,
            2,
            3,
            4,
            2940,
            44100,
            wire.KEY,
            99,
            ((192, 532, 8, 8, "jpeg", JPEG), (0, 0, 8, 8, "jpeg", JPEG)),
        ),
    ),
    "event_started": Media("nova", "event", wire.Event("started", 2, 3, 0, 44100, 99, 88, "")),
    "event_ended": Media("nova", "event", wire.Event("ended", 2, 3, 2**53 - 1, 44100, 99, 88, "")),
    "event_closed": Media("nova", "event", wire.Event("closed", 0, 3, 0, 16000, 99, 0, "the server stops")),
}


def as_bytes(case: Message | Media) -> bytes:
    return encode_media(case) if isinstance(case, Media) else encode(case)


def as_json(case: Message | Media) -> dict[str, Any]:
    if isinstance(case, Media):
        return {"session": case.session, "plane": case.plane, **to_json(case.message)}
    return dict(to_json(case))


def read(name: str, data: bytes) -> Message | Media:
    """Decode a vector: its name says on which socket it travels."""
    kinds = (*wire.REQUESTS, *wire.REPLIES)
    return decode(data, expect=kinds) if name.startswith("control_") else decode_media(data)


def cases() -> dict[str, Message | Media]:
    return {f"control_{k}": v for k, v in CONTROL.items()} | {f"media_{k}": v for k, v in MEDIA.items()}


# A case with one field wrong (its place in the array, what stands there), and why nobody may take it.
DAMAGE: dict[str, tuple[str, int, Any, str]] = {
    "hello_of_another_major": ("control_hello", 2, 2, "another major version"),
    "hello_minor_is_text": ("control_hello", 3, "0", "a wrong type"),
    "open_climbs": ("control_open", 2, "../nova", "no session's name"),
    "begin_rate_0": ("control_begin", 4, 0, "out of range"),
    "begin_line_negative": ("control_begin", 3, -1, "out of range"),
    "begin_line_bool": ("control_begin", 3, True, "a bool is no integer"),
    "chunk_half_a_sample": ("control_chunk_s16", 4, b"\0\0\0", "not whole samples"),
    "chunk_nan": ("control_chunk_f32", 4, np.array([np.nan], "<f4").tobytes(), "not finite"),
    "style_share_2": ("control_style", 4, [["joy", 2.0]], "out of range"),
    "style_look_twice": ("control_style", 6, [[0.0, 0.0], [0.0, 0.0]], "too many rows"),
    "mesh_index": ("media_mesh", 3, np.array([[0, 1, 4]], "<u4").tobytes(), "an index beyond the vertices"),
    "mesh_flat_box": ("media_mesh", 7, BOX.low_m.tobytes(), "a box without volume"),
    "mesh_parts_gap": ("media_mesh", 8, [["skin", 1, 1, 0.5, 0.5]], "parts that leave a triangle out"),
    "texture_gif": ("media_texture", 2, "gif", "an unknown format"),
    "texture_bc1_short": ("media_texture_bc1", 4, 9, "fewer blocks than the size says"),
    "frame_codec": ("media_frame_q16", 12, "zip", "an unknown codec"),
    "frame_count": ("media_frame_q16", 13, 5, "bytes for another number of vertices"),
    "frame_rotation_0": ("media_frame_q16", 10, bytes(16), "no unit quaternion"),
    "frame_weight_2": ("media_frame_f32", 9, np.full(52, 2, "<f4").tobytes(), "a weight beyond 1"),
    "frame_nan": (
        "media_frame_f32",
        14,
        np.full(12, np.nan, "<f4").tobytes(),
        "vertices that are no numbers",
    ),
    "frame_normals_short": ("media_frame_q16n", 16, b"\0\0", "normals for another number of vertices"),
    "basis_beyond": ("media_basis", 5, [[0, 5, 0, 2]], "a block beyond the vertices"),
    "coefficients_inf": ("media_coefficients", 11, np.full(52, np.inf, "<f2").tobytes(), "not finite"),
    "visemes_14": ("media_visemes", 9, bytes(28), "not fifteen"),
    "patch_no_width": ("media_patch", 9, [[0, 0, 0, 8, "jpeg", JPEG]], "a rectangle without area"),
    "patch_bc1_short": (
        "media_patch_bc1",
        9,
        [[192, 532, 6, 8, "bc1", BC1]],
        "fewer blocks than the size says",
    ),
    "patch_rgb_short": (
        "media_patch_rgb",
        9,
        [[190, 531, 3, 2, "rgb", bytes(17)]],
        "fewer bytes than the size says",
    ),
    "patch_png": ("media_patch", 9, [[0, 0, 8, 8, "png", JPEG]], "an unknown format"),
    "mesh_generated": ("media_mesh", 10, "a face!", "no word of IPTC's"),
    "texture_rgb": ("media_texture", 2, "rgb", "a format that patches alone have"),
    "audio_odd": ("media_audio", 7, b"\0", "not whole samples"),
    "event_kind": ("media_event_ended", 1, "paused", "an unknown kind"),
}


def damaged(name: str) -> bytes:
    """A case with its damage."""
    case, at, value, _ = DAMAGE[name]
    data = as_bytes(cases()[case])
    start = data.index(b"\0") + 1 if case.startswith("media_") else 0
    values = msgpack.unpackb(data[start:])
    values[at] = value
    return data[:start] + bytes(msgpack.packb(values))


def socket_of(name: str) -> str:
    """A refused vector's, as `read` has it."""
    return DAMAGE[name][0]


def update() -> None:
    for name, case in cases().items():
        (FOLDER / f"{name}.bin").write_bytes(as_bytes(case))
        _write_json(FOLDER / f"{name}.json", as_json(case))
    for name, (case_name, _, _, why) in DAMAGE.items():
        (REFUSED / f"{name}.bin").write_bytes(damaged(name))
        _write_json(REFUSED / f"{name}.json", {"socket": case_name.partition("_")[0], "why": why})
    print(f"{len(cases())} vectors and {len(DAMAGE)} to refuse written to {FOLDER}")


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit("usage: python tests/bridge/cases.py --update")
    update()
