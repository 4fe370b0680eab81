"""A whole list, spoken in this process: what is finished is kept, what fails is named, the rest goes on."""

import csv
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from exporters.batch.conftest import speak_alone
from support import LINE
from talkwire.exporters.batch import Batch, Recipe, run_batch
from talkwire.exporters.batch.crew import Stopped
from talkwire.exporters.batch.ledger import NAME
from talkwire.exporters.batch.outcome import Job, Outcome, Status, failed
from talkwire.exporters.batch.speak import Speaker
from talkwire.runtime.errors import BatchError, BatchPartlyDone, ExportError

LIST = "line,out,fps\n{line},a,\n{line},b <b>&,\n{line},b,30\nbad.wav,c,\n{line},d,9999\n"


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    (tmp_path / "bad.wav").write_bytes(b"no sound at all")
    path = tmp_path / "lines.csv"
    path.write_text(LIST.format(line=LINE))
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def recipe(small_file: Path) -> Recipe:
    return Recipe(avatar=str(small_file), format=".npz")


def summary(out: Path) -> dict[str, dict[str, str]]:
    with (out / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["row"]: row for row in csv.DictReader(file)}


def statuses(batch: Batch) -> list[Status]:
    return [one.status for one in batch.outcomes]


def test_each_row_comes_to_something_and_is_told_of(lines: Path, out: Path, recipe: Recipe) -> None:
    begun: list[int] = []
    told: list[Outcome] = []
    batch = run_batch(lines, out, recipe, speak_alone, begun=begun.append, told=told.append)
    assert statuses(batch) == [Status.done, Status.refused, Status.done, Status.failed, Status.failed]
    assert (begun, len(told)) == ([5], 5)
    assert sorted(path.name for path in out.iterdir()) == [
        "a.npz",
        "b.npz",
        "index.html",
        NAME,
        "summary.csv",
    ]
    rows = summary(out)
    assert (rows["2"]["status"], rows["2"]["files"], rows["2"]["duration_s"]) == ("done", "a.npz", "3.095")
    assert float(rows["2"]["sync_r"]) > 0.4
    assert "cannot be decoded" in rows["5"]["error"]
    assert "frames cannot be made at this rate" in rows["6"]["error"]
    with pytest.raises(BatchPartlyDone, match="3 of 5 lines did not become clips: saw row 3"):
        batch.check()
    assert (BatchPartlyDone.exit_code, BatchError.exit_code) == (13, 14)


def test_what_is_finished_is_not_done_again(lines: Path, out: Path, recipe: Recipe) -> None:
    run_batch(lines, out, recipe, speak_alone)
    stamps = {path.name: path.stat().st_mtime_ns for path in out.glob("*.npz")}
    (out / "b.npz.123.partial").write_bytes(b"half")  # of a process that was killed
    (out / "b.mine.partial").write_bytes(b"somebody's")
    again = run_batch(lines, out, recipe, speak_alone)
    assert statuses(again) == [Status.kept, Status.refused, Status.kept, Status.failed, Status.failed]
    assert {path.name: path.stat().st_mtime_ns for path in out.glob("*.npz")} == stamps
    assert [path.name for path in out.glob("*.partial")] == ["b.mine.partial"]
    assert summary(out)["2"]["sync_r"]
    (out / "a.npz").unlink()
    lines.write_text(LIST.format(line=LINE).replace(",b,30", ",b,25"))
    changed = run_batch(lines, out, recipe, speak_alone)
    assert statuses(changed)[::2] == [Status.done, Status.done, Status.failed]


def test_the_sheet_needs_nothing_from_outside(lines: Path, out: Path, recipe: Recipe) -> None:
    run_batch(lines, out, recipe, speak_alone)
    page = (out / "index.html").read_text("utf-8")
    assert "b &lt;b&gt;&amp;" in page and "<b>" not in page
    links = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert "a.npz" in links and links.count("") == 0
    assert all(not re.match(r"[a-z]+:|/", link) for link in links)
    sounds = [link for link in links if link.endswith(".wav")]
    assert len(sounds) == 2 and (out / sounds[0]).resolve() == LINE.resolve()


def test_a_disk_that_refuses_stops_the_batch_and_keeps_what_is_finished(
    lines: Path, out: Path, recipe: Recipe
) -> None:
    speaker = Speaker(pictures=False)

    def full(jobs: Iterable[Job], folder: Path, stopped: Stopped) -> Iterator[tuple[Job, Outcome]]:
        for job in jobs:
            first = job.row == 2
            yield job, speaker.speak(job, folder) if first else failed(job, "no space", hopeless=True)

    with pytest.raises(ExportError, match="the batch stopped at row 4: saw no space"):
        run_batch(lines, out, recipe, full)
    assert [row["status"] for row in summary(out).values()] == ["done", "refused", "failed", "left", "left"]
    assert statuses(run_batch(lines, out, recipe, speak_alone))[0] is Status.kept


def test_a_batch_that_is_stopped_says_what_is_left(lines: Path, out: Path, recipe: Recipe) -> None:
    batch = run_batch(lines, out, recipe, speak_alone, stopped=lambda: True)
    assert batch.stopped
    assert statuses(batch) == [Status.done, Status.refused, Status.left, Status.left, Status.left]
    assert [row["status"] for row in summary(out).values()][2:] == ["left"] * 3


@pytest.mark.parametrize("rows", ["", "\n\n"])
def test_a_list_without_rows(lines: Path, out: Path, recipe: Recipe, rows: str) -> None:
    lines.write_text("line,out\n" + rows)
    with pytest.raises(BatchError, match="holds no lines"):
        run_batch(lines, out, recipe, speak_alone)


def test_a_list_of_which_nothing_becomes_a_clip(lines: Path, out: Path, recipe: Recipe) -> None:
    lines.write_text("line,avatar\nbad.wav,\nnone.wav,\n" + f"{LINE},nobody\n")
    batch = run_batch(lines, out, recipe, speak_alone)
    with pytest.raises(BatchError, match="3 of 3 lines") as caught:
        batch.check()
    assert type(caught.value) is BatchError
    assert "there is no avatar 'nobody'" in summary(out)["4"]["error"]


def test_a_picture_of_the_widest_mouth(lines: Path, out: Path, recipe: Recipe) -> None:
    lines.write_text(f"line,out\n{LINE},a\n")
    speaker = Speaker()
    one = run_batch(
        lines, out, recipe, lambda jobs, at, _: ((j, speaker.speak(j, at)) for j in jobs)
    ).outcomes[0]
    assert one.picture == "pictures/a.npz.jpg"
    assert (out / one.picture).read_bytes().startswith(b"\xff\xd8")
    assert f'src="{one.picture}"' in (out / "index.html").read_text("utf-8")


def test_without_what_draws_the_sheet_says_so(
    monkeypatch: pytest.MonkeyPatch, lines: Path, out: Path, recipe: Recipe
) -> None:
    monkeypatch.setitem(sys.modules, "moderngl", None)
    lines.write_text(f"line,out\n{LINE},a\n")
    speaker = Speaker()
    one = run_batch(
        lines, out, recipe, lambda jobs, at, _: ((j, speaker.speak(j, at)) for j in jobs)
    ).outcomes[0]
    assert (one.status, one.picture) == (Status.done, "")
    assert "pip install &#x27;talkwire[render]&#x27;" in (out / "index.html").read_text("utf-8")
