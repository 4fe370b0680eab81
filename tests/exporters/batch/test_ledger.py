"""The ledger of a folder: what is in it is finished, whatever happened while it was written."""

from dataclasses import replace
from pathlib import Path

import pytest

from exporters.batch.conftest import MakeJobs
from talkwire.exporters.batch.ledger import NAME, key_maker, open_ledger
from talkwire.exporters.batch.outcome import Job, Outcome, Status
from talkwire.exporters.options import Options
from talkwire.runtime.errors import ExportError
from talkwire.runtime.style import Style

OUTCOME = Outcome(
    2, "a.wav", "a.npz", Status.done, files=(("a.npz", 3),), warnings=("clipped",), r=0.5, lag_s=0.01
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "a.npz").write_bytes(b"abc")
    return tmp_path


def test_what_was_added_is_finished_for_the_next_one(out: Path) -> None:
    with open_ledger(out) as ledger:
        assert ledger.finished("k") is None
        ledger.add("k", OUTCOME)
        assert ledger.finished("k") == OUTCOME
    with open_ledger(out) as ledger:
        assert ledger.finished("k") == OUTCOME


@pytest.mark.parametrize("data", [b"ab", None])
def test_it_is_not_when_its_file_has_gone_or_is_another(out: Path, data: bytes | None) -> None:
    with open_ledger(out) as ledger:
        ledger.add("k", OUTCOME)
        (out / "a.npz").unlink() if data is None else (out / "a.npz").write_bytes(data)
        assert ledger.finished("k") is None


def test_any_cut_costs_the_last_entry_alone(out: Path) -> None:
    with open_ledger(out) as ledger:
        ledger.add("one", OUTCOME)
        first = (out / NAME).stat().st_size
        ledger.add("two", OUTCOME)
    whole = (out / NAME).read_bytes()
    for end in range(first, len(whole) - 1, 7):
        (out / NAME).write_bytes(whole[:end])
        with open_ledger(out) as ledger:
            assert (ledger.finished("one"), ledger.finished("two")) == (OUTCOME, None)
            ledger.add("three", OUTCOME)
        with open_ledger(out) as ledger:
            assert (ledger.finished("one"), ledger.finished("three")) == (OUTCOME, OUTCOME)


@pytest.mark.parametrize(
    "line", [b"\x00" * 90, b"[]", b"7", b'{"key": 1}', b'{"key": "k", "files": 3}', b"\xff\xfe"]
)
def test_what_is_no_entry_is_passed_over(out: Path, line: bytes) -> None:
    (out / NAME).write_bytes(line + b"\n")
    with open_ledger(out) as ledger:
        assert ledger.finished("k") is None


def test_one_batch_a_folder(out: Path) -> None:
    with open_ledger(out), pytest.raises(ExportError, match="in use"), open_ledger(out):
        pass
    with open_ledger(out):  # and afterwards the next
        pass


def test_a_folder_that_cannot_be(out: Path) -> None:
    with pytest.raises(ExportError, match="nothing can be written"), open_ledger(out / "a.npz"):
        pass


def test_the_key_changes_with_all_that_files_depend_on(make_jobs: MakeJobs, tmp_path: Path) -> None:
    job = make_jobs(1)[0]
    other = tmp_path / job.line.name
    other.write_bytes(job.line.read_bytes() + b"\0")

    def of(job: Job, version: str = "1", avatar: str = "a") -> str:
        return key_maker(version)(job, avatar)

    recipe = job.recipe
    keys = [
        of(job),
        of(job, version="2"),
        of(job, avatar="b"),
        of(replace(job, line=other)),
        of(replace(job, name="x.npz")),
        *(
            of(replace(job, recipe=changed))
            for changed in (
                replace(recipe, fps=30),
                replace(recipe, seed=1),
                replace(recipe, style=Style({"joy": 0.5})),
                replace(recipe, options=Options(tolerance_mm=0.2)),
            )
        ),
    ]
    assert len(set(keys)) == len(keys)
    same = replace(job, row=9, recipe=replace(recipe, options=Options(progress=print, source=Path("x"))))
    assert of(same) == keys[0]
