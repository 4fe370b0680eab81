"""What is said beside a video: all of it true, the same each time, there with the video or not at all."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from g4g_support import small_g4g
from support import LINE
from talkwire.exporters import Options, write_clip
from talkwire.exporters.batch import Recipe
from talkwire.exporters.batch.outcome import Job
from talkwire.exporters.batch.speak import Speaker
from talkwire.runtime.errors import ExportError

SMALL = Options(size_px=64)


@pytest.fixture(autouse=True)
def without_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)


def said(path: Path) -> dict[str, Any]:
    """Assertions by label."""
    return {one["label"]: one["data"] for one in json.loads(path.read_text())["assertions"]}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def line(tmp_path: Path) -> Path:
    path = tmp_path / "line.wav"
    path.write_bytes(b"any bytes: nobody hears them")
    return path


def test_it_says_what_made_the_video_and_whom_it_shows(tmp_path: Path, make_clip, line: Path) -> None:
    clip = make_clip(avatar=small_g4g(), frames=3, fps=25)
    video, manifest = write_clip(clip, tmp_path / "x.mp4", SMALL, source=line)
    assert manifest == tmp_path / "x.mp4.c2pa.json"
    whole, card = json.loads(manifest.read_text()), clip.avatar.card
    assert (whole["title"], whole["format"]) == ("x.mp4", "video/mp4")
    assert "not signed" in whole["note"] and whole["claim_generator_info"][0]["name"] == "talkwire"
    (created,) = said(manifest)["c2pa.actions.v2"]["actions"]
    assert created["action"] == "c2pa.created" and "when" not in created
    assert created["digitalSourceType"] == (
        "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    )
    shown = said(manifest)["talkwire.shown"]
    assert (shown["shows"], shown["licence"], shown["avatar"]) == (card.shows, card.licence, card.name)
    assert said(manifest)["talkwire.made_from"]["line"] == {"name": "made up", "sha256": sha256(line)}
    assert said(manifest)["talkwire.video"] == {"name": "x.mp4", "sha256": sha256(video)}


def test_a_head_that_is_drawn_by_rules_is_no_trained_one(tmp_path: Path, make_clip) -> None:
    _, manifest = write_clip(make_clip(frames=2), tmp_path / "x.mp4", SMALL)
    (created,) = said(manifest)["c2pa.actions.v2"]["actions"]
    assert created["digitalSourceType"].endswith("/algorithmicMedia")
    assert said(manifest)["talkwire.made_from"]["line"] == {"name": "made up"}, "no file, no digest"


def test_the_same_clip_has_the_same_one_and_a_time_if_one_is_set(
    tmp_path: Path, make_clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    def manifest() -> bytes:
        return write_clip(make_clip(frames=2), tmp_path / "x.mp4", SMALL)[1].read_bytes()

    assert manifest() == manifest()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert b'"when": "2023-11-14T22:13:20+00:00"' in manifest()


@pytest.mark.parametrize("text", ["now", "1.5", "99999999999999999999", "9" * 5000, "\u0664x"])
def test_a_time_that_is_none_is_said_before_anything_is_drawn(
    tmp_path: Path, make_clip, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    drawn: list[float] = []
    with pytest.raises(ExportError, match=r"SOURCE_DATE_EPOCH is no time: saw .*date"):
        write_clip(make_clip(frames=2), tmp_path / "x.mp4", Options(size_px=64, progress=drawn.append))
    assert drawn == [] and list(tmp_path.iterdir()) == []


def test_a_line_that_has_gone_is_said_too(tmp_path: Path, make_clip, line: Path) -> None:
    line.unlink()
    with pytest.raises(
        ExportError, match=r"line\.wav cannot be read again for the manifest: saw No such file"
    ):
        write_clip(make_clip(frames=2), tmp_path / "x.mp4", SMALL, source=line)


def test_neither_is_there_where_one_of_them_cannot_be(tmp_path: Path, make_clip) -> None:
    (tmp_path / "x.mp4.c2pa.json").mkdir()
    with pytest.raises(ExportError, match=r"x\.mp4\.c2pa\.json cannot be written: saw a folder of that name"):
        write_clip(make_clip(frames=2), tmp_path / "x.mp4", SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["x.mp4.c2pa.json"]


def test_a_batch_has_one_beside_each_video(tmp_path: Path) -> None:
    small_g4g().save(tmp_path / "small.talkwire")
    recipe = Recipe(avatar=str(tmp_path / "small.talkwire"), format=".mp4", options=SMALL)
    heard = tmp_path / "sent_to_a_worker"
    heard.write_bytes(LINE.read_bytes())
    job = Job(2, Path("/elsewhere/line.wav"), "a.mp4", recipe)
    outcome = Speaker(pictures=False).speak(job, tmp_path, heard)
    assert [name for name, _ in outcome.files] == ["a.mp4", "a.mp4.c2pa.json"], outcome
    made_from = said(tmp_path / "a.mp4.c2pa.json")["talkwire.made_from"]
    assert made_from["line"] == {"name": "line", "sha256": sha256(LINE)} and made_from["motion"] == "quality"
