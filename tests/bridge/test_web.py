"""The page's JavaScript, run by node: every golden vector, every damage, and the player's rules."""

import json
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.cases import BOX, FOLDER, MEDIA, WEIGHTS
from talkwire.bridge import wire
from talkwire.bridge.basis import basis_from, vertices_from
from talkwire.bridge.codec import decode_vertices
from talkwire.bridge.message import decode, to_json
from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.types import Float32

JS = Path(wire.__file__).parent / "preview/web/js"
HERE = Path(__file__).parent / "web"
FILES = {str(path.relative_to(FOLDER).with_suffix("")): path for path in sorted(FOLDER.rglob("*.bin"))}
READ = [name for name in FILES if not name.startswith("refused/")]
REFUSED = [name for name in FILES if name.startswith("refused/")]
REQUESTS = {"Hello", "Open", "Begin", "ChunkS16", "End", "Interrupt", "Ping", "Style"}
KNOWN = REQUESTS | {  # what the page reads: a message that it forgets is noticed here
    *("Welcome", "Opened", "Interrupted", "Progress", "Pong", "Closed", "Error", "Styled"),
    *("Mesh", "Texture", "Frame", "Audio", "Event", "Patch", "Basis", "Coefficients"),
}


def node(program: str, data: object = None) -> Any:
    """What the program in tests/bridge/web prints as JSON."""
    command = ["node", str(HERE / program), JS.as_uri()]
    done = subprocess.run(command, input=json.dumps(data), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, object_hook=_unwrapped)


def _unwrapped(value: dict[str, Any]) -> Any:
    if set(value) == {"int"}:
        return int(value["int"])
    return value["hex"] if set(value) == {"hex"} else value


def told(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{name}.json").read_text()))


def is_media(name: str) -> bool:
    return told(name)["socket"] == "media" if name in REFUSED else "media_" in name


@lru_cache
def answers() -> dict[str, Any]:
    data = [{"media": is_media(name), "hex": path.read_bytes().hex()} for name, path in FILES.items()]
    got = node("vectors.mjs", data)
    return dict(zip(FILES, got["answers"], strict=True)) | {"types": got["types"]}


@pytest.mark.parametrize("name", READ)
def test_a_vector_is_read_as_its_json_says(name: str) -> None:
    got, wanted = answers()[name], told(name)
    if got["message"] is None:  # of a later version: passed over
        assert wanted["type"] not in KNOWN
        return
    if is_media(name):
        assert (got["session"], got["plane"]) == (wanted.pop("session"), wanted.pop("plane"))
    appended = wanted.keys() - got["message"].keys()  # fields of a later version, always the last ones
    assert list(wanted)[: len(wanted) - len(appended)] == [key for key in wanted if key not in appended]
    assert {key: got["message"][key] for key in wanted if key not in appended} == {
        key: value for key, value in wanted.items() if key not in appended
    }


@pytest.mark.parametrize("name", READ)
def test_every_truncation_and_whatever_follows_is_refused(name: str) -> None:
    assert answers()[name]["accepted"] == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_must_be_refused_is(name: str) -> None:
    got = answers()[name]
    assert got.get("refused") or got["message"] is None, told(name)["why"]


def test_the_page_still_knows_its_messages() -> None:
    assert set(answers()["types"]) >= KNOWN
    assert {answers()[name]["message"]["type"] for name in READ if answers()[name]["message"]} >= KNOWN


@pytest.mark.parametrize("name", [name for name in READ if name.startswith("control_")])
def test_what_the_page_writes_is_read_as_the_same_message(name: str) -> None:
    got, wanted = answers()[name], told(name)
    if wanted["type"] in REQUESTS:
        read = to_json(decode(bytes.fromhex(got["again"]), expect=wire.REQUESTS))
        assert {key: read[key] for key in got["message"]} == {key: wanted[key] for key in got["message"]}


def test_the_page_has_the_shapes_in_apples_order() -> None:
    assert [line for line in ARKIT_NAMES if f'"{line}"' not in (JS / "arkit.js").read_text()] == []
    listed = (JS / "arkit.js").read_text().partition("[")[2].partition("]")[0]
    assert [name.strip(' "\n') for name in listed.split(",") if name.strip()] == list(ARKIT_NAMES)


def test_vertices_and_faces_are_those_of_the_reference() -> None:
    names = ("frame_q16", "frame_f32", "frame_beyond_box", "coefficients")
    data = [(FOLDER / f"media_{name}.bin").read_bytes().hex() for name in ("mesh", "basis", *names)]
    for name, got in zip(names, node("codec.mjs", data), strict=True):
        np.testing.assert_allclose(np.reshape(got["vertices"], (-1, 3)), vertices(name), rtol=0, atol=1e-7)
        np.testing.assert_allclose(got["weights"], np.frombuffer(WEIGHTS, "<f4"), rtol=0, atol=3e-4)
        np.testing.assert_allclose(got["rotation"], (0, 0.6, 0, 0.8), rtol=0, atol=1e-4)
        np.testing.assert_allclose(got["translation"], (0.001, -0.002, 0.003), rtol=0, atol=2e-6)


def vertices(name: str) -> Float32:
    message, basis = MEDIA[name].message, MEDIA["basis"].message
    if isinstance(message, wire.Coefficients):
        assert isinstance(basis, wire.Basis)
        return vertices_from(message, basis_from(basis))
    assert isinstance(message, wire.Frame)
    return decode_vertices(message.codec, message.vertices, BOX)


@lru_cache
def played() -> dict[str, Any]:
    return dict(node("player.mjs"))


def test_the_frame_between_frames_is_that_of_the_sample_that_is_heard() -> None:
    shown = played()["between"]
    assert shown["early"] is None, "the jitter buffer's time has not passed"
    assert shown["begun"] == {"utterance": 1, "idle": False, "timeS": 0, "x": 0}
    assert (shown["later"]["timeS"], shown["later"]["x"]) == pytest.approx((0.11, 5.5))
    assert shown["ahead"]["timeS"] == pytest.approx(0.17)
    assert shown["error"] == pytest.approx(0, abs=1e-6)


def test_idling_yields_to_a_line_and_a_newer_generation_voids_it_both_with_a_fade() -> None:
    shown = played()["interrupted"]
    assert shown["idle"]["idle"] and shown["line"]["utterance"] == 2
    assert shown["line"]["x"] < shown["held"]["x"] == shown["cut"]["x"] == 50
    assert shown["stops"] >= 2
    assert shown["fading"]["utterance"] == shown["after"]["utterance"] == 3
    assert shown["after"]["x"] < shown["fading"]["x"] < 50


def test_a_line_is_played_to_its_end_before_the_next_begins() -> None:
    assert played()["queued"] == [1, 1, 2, 2]


def test_lost_sound_becomes_silence_of_its_length() -> None:
    assert played()["lost"] == {"written": 250, "gaps": 1}


def test_frames_that_never_came_are_counted_by_their_numbers() -> None:
    stats = played()["counted"]
    assert (stats["received"], stats["dropped"], stats["first_frame_ms"]) == (4, 2, 30)
    assert stats["jitter_buffer_ms"] == 7 and stats["av_error_p50_ms"] is None


def test_after_a_restart_nothing_of_before_counts() -> None:
    shown = played()["restarted"]
    assert shown["before"]["utterance"] == 9
    assert (shown["between"], shown["generation"], shown["shown"]) == (None, 0, None)


def test_the_jitter_buffer_follows_the_network_within_its_bounds() -> None:
    still, lively, wild = played()["jitter"]
    assert still == 20 < lively < wild == 120


@lru_cache
def loudspeaker() -> dict[str, Any]:
    return dict(node("loudspeaker.mjs"))


@pytest.mark.parametrize("rate_hz", ["16000", "48000", "44100", "96000"])
def test_sound_of_any_rate_is_the_same_tone_and_its_moments_are_told(rate_hz: str) -> None:
    tone = loudspeaker()["tones"][rate_hz]
    assert tone["worst"] < 2e-3, "of an amplitude of 0.5: chunks leave no mark"
    begun, ended = tone["told"]
    assert begun == {"epoch": 1, "timeS": 0, "sample": 0, "playing": True}
    assert (ended["sample"], ended["playing"]) == (int(rate_hz) // 5, False)
    assert ended["timeS"] == pytest.approx(0.2, abs=1e-4)


def test_where_samples_are_missing_the_stream_stands_still_and_goes_on() -> None:
    told = loudspeaker()["starved"]
    assert [news["playing"] for news in told] == [True, False, True, False]
    assert [news["sample"] for news in told] == pytest.approx([0, 160, 160, 320], abs=1)
    assert {news["epoch"] for news in told} == {7}
    begun, starved, again, _ = (news["timeS"] for news in told)
    assert starved - begun == pytest.approx(0.01, abs=1e-3) and again > starved


def test_what_is_cut_fades_without_a_click() -> None:
    cut = loudspeaker()["cut"]
    assert cut["last"] == pytest.approx(0.5, abs=1e-3) == cut["first"]
    assert cut["steepest"] < 0.005 and cut["silent"]
