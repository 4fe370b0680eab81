"""The page's JavaScript, run by node: every golden vector, every damage, and the player's rules."""

import json
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge import traces
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
def replayed() -> dict[str, Any]:
    given = {path.stem: json.loads(path.read_text()) for path in sorted(traces.FOLDER.glob("*.json"))}
    return {
        name: (given[name], got)
        for name, got in zip(given, node("traces.mjs", [*given.values()]), strict=True)
    }


@pytest.mark.parametrize("name", sorted(path.stem for path in traces.FOLDER.glob("*.json")))
def test_the_page_shows_hears_and_tells_what_the_reference_player_does(name: str) -> None:
    assert traces.differences(*replayed()[name]) == []


@lru_cache
def played() -> dict[str, Any]:
    return dict(node("player.mjs"))


def test_a_server_that_is_met_again_counts_anew_and_until_then_the_face_rests() -> None:
    shown = played()["restarted"]
    assert shown["before"]["utterance"] == 9 and not shown["before"]["atRest"]
    assert shown["resting"]["atRest"] and set(shown["resting"]["vertices"]) == {0}
    assert shown["told"] == ["started", "interrupted"]
    assert shown["after"]["utterance"] == 1 and not shown["after"]["atRest"]
    assert shown["targetMs"] == 60, "what was learned of another server's clock is worth nothing"


def test_what_arrived_while_the_page_drew_is_taken_for_when_it_did() -> None:
    shown = played()["waited"]
    assert shown["shown"]["timeS"] == pytest.approx(0.1) and not shown["shown"]["atRest"]
    assert (shown["underruns"], shown["late"], shown["transitMs"]) == (0, 0, 60)


def test_vertices_of_another_head_are_not_drawn_on_this_one() -> None:
    assert played()["another"] == {"between": 9, "wrong": None}


def test_frames_that_never_came_are_counted_by_their_numbers() -> None:
    stats = played()["counted"]
    assert (stats["received"], stats["dropped"], stats["first_frame_ms"]) == (4, 2, 30)
    assert stats["av_error_p50_ms"] is None


@lru_cache
def loudspeaker() -> dict[str, Any]:
    return dict(node("loudspeaker.mjs"))


@pytest.mark.parametrize("rate_hz", ["16000", "48000", "44100", "96000"])
def test_sound_of_any_rate_is_the_same_tone_and_its_moments_are_told(rate_hz: str) -> None:
    tone = loudspeaker()["tones"][rate_hz]
    assert tone["worst"] < 2e-3, "of an amplitude of 0.5: chunks leave no mark"
    begun, ended = tone["told"]
    assert begun == {"epoch": 1, "timeS": 0, "sample": 0, "playing": True, "speed": 1}
    assert (ended["sample"], ended["playing"]) == (int(rate_hz) // 5, False)
    assert ended["timeS"] == pytest.approx(0.2, abs=1e-4)


def test_where_samples_are_missing_the_stream_stands_still_and_goes_on_without_a_click() -> None:
    starved = loudspeaker()["starved"]
    assert [news["playing"] for news in starved["told"]] == [True, False, True, False]
    assert [news["sample"] for news in starved["told"]] == pytest.approx([0, 320, 320, 960], abs=1)
    assert {news["epoch"] for news in starved["told"]} == {7}
    begun, dry, again, _ = (news["timeS"] for news in starved["told"])
    assert dry - begun == pytest.approx(0.02, abs=1e-3) and again > dry
    assert starved["steepest"] < 0.005 and starved["loudest"] == pytest.approx(0.5, abs=1e-3)


def test_a_little_faster_is_told_and_has_no_seam() -> None:
    sped = loudspeaker()["sped"]
    assert [news["speed"] for news in sped["told"]] == [1, 1.001, 1.001]
    _, faster, ended = sped["told"]
    assert faster["timeS"] == pytest.approx(sped["before"]) and faster["sample"] == pytest.approx(
        16_000, abs=48
    )
    assert ended["timeS"] - faster["timeS"] == pytest.approx((32_000 - faster["sample"]) / 16_016, abs=1e-4)
    assert sped["steepest"] < 1.1 * 0.5 * 2 * np.pi * 440 / 48_000


def test_what_is_cut_fades_without_a_click() -> None:
    cut = loudspeaker()["cut"]
    assert cut["last"] == pytest.approx(0.5, abs=1e-3) == cut["first"]
    assert cut["steepest"] < 0.005 and cut["silent"]


@lru_cache
def sound() -> dict[str, Any]:
    return dict(node("sound.mjs"))


def test_sound_joins_where_the_lips_are_and_silence_goes_on_where_it_was() -> None:
    silent, joined, again = (sound()[name] for name in ("silent", "joined", "silentAgain"))
    assert [moment["audible"] for moment in (silent, joined, again)] == [False, True, False]
    assert silent["heard"] == pytest.approx(0.3 * 16_000, abs=50)
    assert joined["heard"] - silent["heard"] == pytest.approx(0.18 * 16_000, abs=50), "20 ms in the device"
    assert again["heard"] - joined["heard"] == pytest.approx(0.1 * 16_000, abs=50)


def test_the_page_knows_when_its_loudspeaker_ran_dry_and_that_it_goes_on() -> None:
    dry, more, on = (sound()[name] for name in ("ranOut", "more", "goesOn"))
    assert (dry["heard"], dry["dry"]) == (16_000, True)
    assert (more["heard"], more["dry"]) == (16_000, False)
    assert on["heard"] - dry["heard"] == pytest.approx(0.04 * 16_000, abs=50) and not on["dry"]
    assert sound()["next"]["heard"] == sound()["stopped"]["heard"] == 0 and not sound()["stopped"]["dry"]


def test_a_faster_loudspeaker_is_heard_faster() -> None:
    assert sound()["faster"] == pytest.approx(16_016 * 1.0027, abs=4), "a second in whole blocks"
