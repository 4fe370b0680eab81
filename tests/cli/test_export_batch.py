"""`talkwire export --batch` in processes of its own: stopped, killed in the middle, and run again."""

import json
import re
import signal
import struct
import subprocess
import time
from pathlib import Path

import pytest

from cli.conftest import PATIENCE_S, Start, finish
from cli.test_export import run
from support import LINE

LINES = 14


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines.csv"
    path.write_text("line,out,seed\n" + "".join(f"{LINE},{k:02},{k}\n" for k in range(LINES)))
    return path


def entries(out: Path) -> list[str]:
    """The names in the ledger, as far as it is whole."""
    ledger = out / "ledger.jsonl"
    whole = ledger.read_bytes().split(b"\n")[:-1] if ledger.exists() else []
    return [json.loads(line)["name"] for line in whole if line]


def until_some_are_done(out: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while len(entries(out)) < 3:
        assert time.monotonic() < deadline and process.poll() is None, process.communicate()
        time.sleep(0.01)


def whole(path: Path) -> bool:
    """Whether a .glb is as long as its header says."""
    data = path.read_bytes()
    return struct.unpack("<4sII", data[:12]) == (b"glTF", 2, len(data))


def test_killed_in_the_middle_and_run_again_nothing_is_done_twice(
    start: Start, lines: Path, small_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ("export", "--batch", lines, "-o", out, "--avatar", small_file, "--jobs", 2, "--no-pictures")
    process = start(*words)
    until_some_are_done(out, process)
    process.send_signal(signal.SIGKILL)
    finish(process)
    done = entries(out)
    assert 3 <= len(done) < LINES
    assert all(whole(path) for path in out.glob("*.glb"))
    stamps = {name: (out / name).stat().st_mtime_ns for name in done}
    with (out / "ledger.jsonl").open("ab") as ledger:
        ledger.write(b'{"key": "half an ent')  # as if it had been killed while it wrote
    code, said, err = finish(start(*words))
    assert (code, err) == (0, "")
    assert f"{LINES - len(done)} done, {len(done)} finished before" in said
    assert {name: (out / name).stat().st_mtime_ns for name in done} == stamps
    assert sorted(path.name for path in out.glob("*.glb")) == [f"{k:02}.glb" for k in range(LINES)]
    assert all(whole(path) for path in out.glob("*.glb"))
    assert list(out.rglob("*.partial")) == []
    names = re.findall(r'"name": "(\d\d.glb)"', (out / "ledger.jsonl").read_text())
    assert len(names) == len(set(names)) == LINES


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_finishes_what_is_under_way(
    start: Start, lines: Path, small_file: Path, tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "out"
    process = start(
        "export", "--batch", lines, "-o", out, "--avatar", small_file, "--jobs", 1, "--no-pictures"
    )
    until_some_are_done(out, process)
    process.send_signal(number)
    code, said, err = finish(process)
    assert (code, err) == (130, "finishing the lines under way (Ctrl-C ends at once)\n")
    done = len(entries(out))
    assert f"{done} done, {LINES - done} left" in said
    assert len(list(out.glob("*.glb"))) == done < LINES
    assert list(out.rglob("*.partial")) == []


def test_partial_and_total_failure_have_codes_of_their_own(
    start: Start, small_file: Path, tmp_path: Path
) -> None:
    lines, out = tmp_path / "lines.csv", tmp_path / "out"
    lines.write_text(f"line,out,actor\nnone.wav,x,Ann\n{LINE},y,Bob\n")
    words = ("export", "--batch", lines, "-o", out, "--avatar", small_file, "--jobs", 1, "--format", "csv")
    code, said, err = finish(start(*words))
    assert code == 13
    assert "1 done, 1 failed; 3.1 s of speech in" in said
    remark, sentence = err.splitlines()
    assert remark == "talkwire: row 1: the column 'actor' is not known and not read"
    assert sentence.startswith(
        "talkwire: 1 of 2 lines did not become clips: saw row 2: there is no such voice line"
    )
    assert (out / "y.csv").exists()
    lines.write_text("line\nnone.wav\n")
    code, said, err = finish(start(*words))
    assert (code, err.count("\n")) == (14, 1)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--batch", "none.csv", "-o", "out"], 14, "none.csv is no list of voice lines"),
        (["--batch", "x.csv", "-o", "out", "line.wav"], 2, "it takes no LINE"),
        (["--batch", "x.csv", "-o", "out", "--jobs", "0"], 2, "--jobs"),
        (["--batch", "x.csv", "-o", "out", "--format", "fbx"], 8, "there is no such format: saw '.fbx'"),
        (["--batch", "x.csv", "-o", "out", "--avatar", "nobody"], 4, "there is no avatar 'nobody'"),
        (["-o", "x.glb"], 2, "a voice line, or --batch"),
    ],
)
def test_wrong_usage(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, *words) == code
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
