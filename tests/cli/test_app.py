"""The command as a user meets it: help with examples, exit codes, one sentence and no traceback."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from support import ROOT
from talkwire.cli import app, doctor
from talkwire.cli.app import main

COMMANDS = [
    "demo",
    "serve",
    "say",
    "listen",
    "replay",
    "livelink",
    "preview",
    "export",
    "bench",
    "soak",
    "doctor",
]
VERBS = {
    "avatar": ("list", "info", "validate"),
    "bench": ("wire",),
    "engine": ("build", "list", "clear"),
    "keys": ("new", "list"),
}


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run `talkwire WORDS` in this process; returns the exit code."""
    monkeypatch.setattr(sys, "argv", ["talkwire", *words])
    monkeypatch.setenv("COLUMNS", "200")
    try:
        main()
    except SystemExit as exit_:
        return int(exit_.code or 0)
    return 0


@pytest.mark.parametrize(
    "command",
    [
        *COMMANDS,
        *(f"{command} {verb}" for command, verbs in VERBS.items() for verb in verbs),
    ],
)
def test_every_command_has_help_with_an_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run(monkeypatch, *command.split(), "--help") == 0
    shown = capsys.readouterr().out
    assert f"talkwire {command}" in shown.partition("Example")[2]


def test_the_version_is_the_projects(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--version") == 0
    version = next(line for line in (ROOT / "pyproject.toml").read_text().splitlines() if "version =" in line)
    assert capsys.readouterr().out.split()[1] == version.split('"')[1]


def test_avatars_are_listed_shown_and_validated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "avatar", "list") == 0
    assert "nova" in capsys.readouterr().out
    assert run(monkeypatch, "avatar", "info", "nova") == 0
    shown = capsys.readouterr().out
    assert "CC0" in shown
    assert "jawOpen" in shown
    assert run(monkeypatch, "avatar", "validate", "nova") == 0
    assert "sound" in capsys.readouterr().out


def test_a_broken_avatar_is_one_sentence_and_exit_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "x.talkwire"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "avatar.json", json.dumps({"format": 1, "members": {"a": {"bytes": 1, "sha256": "x"}}})
        )
    assert run(monkeypatch, "avatar", "validate", str(path)) == 4
    shown = capsys.readouterr()
    assert shown.err.startswith("talkwire: x.talkwire is refused: saw ")
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def test_a_usage_error_is_exit_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "avatar", "validate") == 2
    assert run(monkeypatch, "dance") == 2
    assert "dance" in capsys.readouterr().err


def test_ctrl_c_is_exit_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "app", interrupted)
    assert run(monkeypatch, "demo") == 130


def test_the_doctor_reports_and_names_cures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "doctor") == 0
    shown = capsys.readouterr().out
    for word in ("onnxruntime", "offscreen OpenGL", "engine: trt-rtx", "nova", "loudspeaker"):
        assert word in shown


def test_the_doctor_names_the_extra_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "EXTRAS", {"fancy": ("no-such-package",)})
    assert run(monkeypatch, "doctor") == 0
    assert "pip install 'talkwire[fancy]'" in capsys.readouterr().out


def test_the_doctor_fails_when_the_base_install_is_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "BASE", ("numpy", "no-such-package"))
    assert run(monkeypatch, "doctor") == 9
    assert "pip install talkwire" in capsys.readouterr().out


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks Linux for its threads")
def test_numpy_brings_no_threads_that_spin_beside_a_game() -> None:
    code = "import talkwire.cli.app, numpy, os; numpy.ones((999, 999)) @ numpy.ones((999, 999)); "
    code += "print(os.environ['OPENBLAS_NUM_THREADS'], len(os.listdir('/proc/self/task')))"
    without = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=without, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "1"]
