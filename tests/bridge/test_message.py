"""Strictness: types, ranges, lengths, depth, versions, and no memory for what is only announced."""

import re
import tracemalloc
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.cases import CONTROL, MEDIA, VERTICES
from support import ROOT
from talkwire.bridge import limits, wire
from talkwire.bridge.media import Media, decode_media, encode_media, topic
from talkwire.bridge.message import decode, encode, ref_of, with_ref
from talkwire.runtime.errors import ProtocolError, TalkwireError, VersionMismatch

ALL = (*wire.REQUESTS, *wire.REPLIES, *wire.MEDIA)
NAN4 = np.array([np.nan], "<f4").tobytes()

HOSTILE = {
    "bin of 4 GB": b"\x95\x07\x01\xa4nova\x01\xc6\xff\xff\xff\xff" + b"x" * 10,
    "string of 4 GB": b"\x92\x03\xdb\xff\xff\xff\xff",
    "array of 4 G items": b"\xdd\xff\xff\xff\xff\x01",
    "array of 100,000 items": b"\xdd\x00\x01\x86\xa0" + b"\x01" * 100_000,
    "map": b"\x92\x03\x81\x01\x02",
    "extension": b"\x92\x03\xd6\x05\x00\x00\x00\x00",
    "timestamp": b"\x92\x03\xd6\xff\x00\x00\x00\x00",
    "900 levels deep": b"\x92\x03" + b"\x91" * 900 + b"\x01",
    "a million levels deep": b"\x91" * 1_000_000,
    "not UTF-8": b"\x93\x03\x01\xa2\xff\xff",
    "reserved byte": b"\xc1",
    "nothing": b"",
    "no array": b"\x05",
    "empty array": b"\x90",
    "tag as text": b"\x91\xa1x",
    "tag as bool": b"\x91\xc3",
    "unknown tag": b"\x91\x63",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bytes_are_refused_without_taking_memory(data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError):
            decode(data, expect=ALL)
        with pytest.raises(ProtocolError):
            decode_media(topic("nova", "mesh") + data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000
    assert ref_of(data) in (0, 1)


@given(st.binary(max_size=300))
def test_random_bytes_give_an_error_or_a_message_and_nothing_else(data: bytes) -> None:
    for read in (lambda: decode(data, expect=ALL), lambda: decode_media(data)):
        try:
            read()
        except ProtocolError as error:
            assert error.seen is not None and error.cure


@given(st.sampled_from(sorted(MEDIA)), st.integers(0, 10_000), st.integers(0, 255))
def test_a_flipped_byte_gives_an_error_or_a_valid_message(name: str, at: int, value: int) -> None:
    data = bytearray(encode_media(MEDIA[name]))
    data[at % len(data)] = value
    try:
        media = decode_media(bytes(data))
    except ProtocolError:
        return
    assert decode_media(encode_media(media)) == media


F, MESH, TEX = (cast(Any, MEDIA[name].message) for name in ("frame_q16", "mesh", "texture"))
WRONG: list[tuple[Any, str, Any, str]] = [
    (CONTROL["open"], "session", "", "text like"),
    (CONTROL["open"], "session", "../etc", "text like"),
    (CONTROL["open"], "session", "a" * 33, "text like"),
    (CONTROL["open"], "session", "nova\n", "text like"),
    (CONTROL["open"], "session", 5, "text of at most"),
    (CONTROL["open"], "ref", True, "an integer from 0"),
    (CONTROL["open"], "ref", -1, "an integer from 0"),
    (CONTROL["open"], "ref", 1.0, "an integer from 0"),
    (CONTROL["begin"], "sample_rate_hz", 10**9, "an integer from 4000 to 384000"),
    (CONTROL["begin"], "sample_rate_hz", 0, "an integer from 4000 to 384000"),
    (CONTROL["chunk_f32"], "samples", NAN4, "finite floats"),
    (CONTROL["chunk_f32"], "samples", np.array([np.inf], "<f4").tobytes(), "finite floats"),
    (CONTROL["chunk_f32"], "samples", np.array([99], "<f4").tobytes(), "finite floats in"),
    (CONTROL["chunk_f32"], "samples", b"", "1 to 384000 rows"),
    (CONTROL["chunk_s16"], "samples", b"odd", "rows of 2 bytes"),
    (CONTROL["chunk_s16"], "samples", bytes(2 * 384_001), "1 to 384000 rows"),
    (CONTROL["hello"], "agent", "x" * 513, "at most 512"),
    (CONTROL["hello"], "capabilities", ("x",) * 65, "at most 64"),
    (CONTROL["hello"], "capabilities", ("UPPER",), "text like"),
    (CONTROL["hello"], "capabilities", "codec", "an array"),
    (CONTROL["opened"], "look_ahead_s", float("nan"), "a float from 0"),
    (CONTROL["opened"], "look_ahead_s", 1, "a float from 0"),
    (CONTROL["progress"], "state", "eating", "queued or speaking"),
    (F, "weights", NAN4 * 52, "finite floats in"),
    (F, "weights", np.full(52, 1.5, "<f4").tobytes(), "finite floats in"),
    (F, "weights", bytes(4 * 51), "1 rows of 208 bytes"),
    (F, "head_rotation", bytes(16), "a unit quaternion"),
    (F, "head_rotation", NAN4 * 4, "finite"),
    (F, "head_translation_m", NAN4 * 3, "finite"),
    (F, "vertices", bytes(18), "24 (q16)"),
    (F, "vertex_count", 5, "30 (q16)"),
    (F, "codec", "zip", "f32 or q16"),
    (F, "topology_id", "XYZ", "text like"),
    (F, "pts", 2**53, "an integer from 0"),
    (MEDIA["frame_f32"].message, "vertices", NAN4 * 12, "finite floats"),
    (MESH, "triangles_tx3", np.array([0, 1, 4] * 2, "<u4").tobytes(), "indices below 4"),
    (MESH, "weld_v", np.array([0, 1, 2, 9], "<u4").tobytes(), "indices below 4"),
    (MESH, "weld_v", bytes(12), "4 of each"),
    (MESH, "neutral_vx3", NAN4 * 12, "finite"),
    (MESH, "parts", (("skin", 0, 1, 0.5, 0.5),), "2"),
    (MESH, "parts", (("skin", 1, 2, 0.5, 0.5),), "triangle 0"),
    (MESH, "parts", (("skin", 0),), "an array of 5 fields"),
    (MESH, "parts", (("skin", 0, 2, 0.5, 7.0),), "a float from 0 to 1"),
    (MESH, "box_high_m", MESH.box_low_m, "low below high"),
    (TEX, "format", "gif", "png or jpeg"),
    (TEX, "image", b"", "1 to"),
]


@pytest.mark.parametrize(("good", "field", "value", "wanted"), WRONG, ids=lambda v: str(v)[:24])
def test_a_wrong_value_cannot_become_a_message(good: Any, field: str, value: Any, wanted: str) -> None:
    with pytest.raises(ProtocolError, match=re.escape(wanted)):
        replace(good, **{field: value})


def test_a_message_on_the_wrong_socket_is_refused() -> None:
    with pytest.raises(ProtocolError, match="does not belong here: saw Welcome"):
        decode(encode(CONTROL["welcome"]), expect=wire.REQUESTS)
    mesh_on_audio = topic("nova", "audio") + encode(MESH)
    with pytest.raises(ProtocolError, match="saw Mesh, wanted Audio"):
        decode_media(mesh_on_audio)


@pytest.mark.parametrize(
    "greeting",
    [[1, 1, 2, 0, "agent", []], [2, 1, 9, 7], [1, 1, 2, 0, {"quite": "different"}, 3.5], [1, 1, 0, 9]],
)
def test_a_greeting_of_another_major_version_says_so(greeting: list[Any]) -> None:
    if any(isinstance(value, dict) for value in greeting):
        greeting[4] = None
    with pytest.raises(VersionMismatch, match=rf"saw {greeting[2]}\.{greeting[3]}, wanted 1\.x.*update"):
        decode(msgpack.packb(greeting), expect=ALL)


def test_a_later_minor_version_is_welcome() -> None:
    assert decode(msgpack.packb([1, 1, 1, 7, "new", [], 0, "", "more"]), expect=ALL) == wire.Hello(
        1, 1, 7, "new", ()
    )


@pytest.mark.parametrize("head", [b"tw2/nova/mesh\0", b"tw65/x\0", b"tw2/" + b"x" * 200])
def test_a_topic_of_another_major_version_says_so(head: bytes) -> None:
    with pytest.raises(VersionMismatch):
        decode_media(head + encode(MESH))


@pytest.mark.parametrize(
    "head", [b"", b"\0", b"tw1/nova\0", b"tw1/nova/nothing\0", b"tw1/../mesh\0", b"HTTP/1.1 "]
)
def test_an_unknown_topic_is_refused(head: bytes) -> None:
    with pytest.raises(ProtocolError, match="not a media message"):
        decode_media(head + encode(MESH))


def test_no_session_name_is_a_prefix_of_another_ones_topic() -> None:
    assert not topic("nova2", "audio").startswith(topic("nova", "audio"))
    assert not topic("nova", "frame/q16").startswith(topic("nova", "frame")[:-1] + b"\0")


def test_media_round_trip_keeps_session_and_plane() -> None:
    media = Media("npc-7.left", "frame/f32", MEDIA["frame_f32"].message)
    assert decode_media(encode_media(media)) == media
    assert len(VERTICES) == 4


def test_the_specification_states_the_limits_of_the_code() -> None:
    page = Path(ROOT / "bridge/PROTOCOL.md").read_text()
    table = page[page.index("## Limits") :]
    stated = [
        f"{limits.MAX_CONTROL_BYTES >> 20} MiB / {limits.MAX_MEDIA_BYTES >> 20} MiB",
        f"{limits.MAX_CHUNK_SAMPLES:,} samples",
        f"{limits.MIN_SAMPLE_RATE_HZ:,} to {limits.MAX_SAMPLE_RATE_HZ:,} Hz",
        f"| {limits.MAX_SESSIONS}, {limits.MAX_PEERS} |",
        f"| {limits.MAX_QUEUED_S:g} s, {limits.MAX_QUEUED_LINES} |",
        f"{limits.MESSAGES_PER_S:,} a second, {limits.MESSAGE_BURST:,} at once",
        f"{limits.MAX_VERTICES:,}, {limits.MAX_TRIANGLES:,}, {limits.MAX_PARTS}, "
        f"{limits.MAX_TEXTURE_BYTES >> 20} MiB",
        f"{limits.MAX_PATCHES}, {limits.MAX_TEXTURE_SIDE_PX:,} px, {limits.MAX_COMPONENTS:,}",
        f"{limits.MAX_TEXT_CHARS} characters, {limits.MAX_ARRAY_ITEMS} items",
    ]
    assert [text for text in stated if text not in table] == []
    assert f"version {limits.PROTOCOL_MAJOR}.{limits.PROTOCOL_MINOR}" in page.splitlines()[0]
    assert f"{limits.MEDIA_QUEUE:,} messages" in page and f"at most {limits.MOTION_QUEUE} frames" in page


def test_the_specification_lists_every_message_with_its_fields() -> None:
    page = Path(ROOT / "bridge/PROTOCOL.md").read_text()
    for kind in ALL:
        assert re.search(rf"\b{kind.tag}\b", page), kind
        assert kind.__name__ in page, kind
        missing = [field.name for field in fields(cast(Any, kind)) if field.name not in page]
        assert missing == [], kind


def test_errors_cross_the_wire_and_keep_their_class() -> None:
    from talkwire.bridge.faults import CODES, error_message, exception_from

    for code, cls in CODES.items():
        sent = cls("what", seen=1, wanted="two", cure="three")
        message = error_message(sent, ref=9)
        assert (message.code, message.ref) == (code, 9)
        back = exception_from(message)
        assert type(back) is cls and str(back) == str(sent)
    assert exception_from(wire.Error(0, "novel", "a", "b", "c", "d")).exit_code == ProtocolError.exit_code
    bug = error_message(ZeroDivisionError("x" * 600), ref=0)
    assert bug.code == "engine" and len(bug.seen) <= limits.MAX_TEXT_CHARS
    assert isinstance(exception_from(bug), TalkwireError)


@pytest.mark.parametrize("first", [7, 200, 40_000, 2**31, 2**32 - 1])
@pytest.mark.parametrize("ref", [1, 2**32 - 1])
def test_a_message_can_be_given_another_number_without_being_read_again(first: int, ref: int) -> None:
    renumbered = with_ref(encode(wire.Ping(first, 5)), ref)
    assert decode(renumbered, expect=wire.REQUESTS) == wire.Ping(ref, 5)


@pytest.mark.parametrize(
    "data",
    [
        b"\xdc\x00\x03\x0c\x07\x05",
        b"\xdd\x00\x00\x00\x03\xcc\x0c\xcd\x00\x07\x05",
        b"\x93\xce\x00\x00\x00\x0c\xcf\0\0\0\0\0\0\0\x07\x05",
        b"\x93\xd0\x0c\xd3\0\0\0\0\0\0\0\x07\x05",
    ],
)
def test_whatever_way_its_integers_are_written(data: bytes) -> None:
    assert decode(data, expect=wire.REQUESTS) == wire.Ping(7, 5)
    assert decode(with_ref(data, 2**20), expect=wire.REQUESTS) == wire.Ping(2**20, 5)
