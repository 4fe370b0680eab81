"""`talkwire say` as a process: files, pipes that end where they like, and no server."""

import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cli.conftest import PATIENCE_S, Start, finish
from support import LINE
from talkwire.bridge.client import Client
from talkwire.runtime.audio import read_audio

RATE = 16_000
PCM = (8000 * np.sin(np.arange(RATE // 2) / 8)).astype("<i2").tobytes()  # half a second


def say(start: Start, serving: str, *words: object, stdin: bytes | None = None) -> tuple[int, str, str]:
    pipe = subprocess.PIPE if stdin is not None else subprocess.DEVNULL
    return finish(start("say", *words, "--server", serving, stdin=pipe), stdin)


def test_a_file_is_played(start: Start, serving: str) -> None:
    code, out, err = say(start, serving, LINE)
    duration = f"{read_audio(LINE).duration_s:.1f}"
    assert (code, out, err) == (0, f"nova: done, {duration} of {duration} s played\n", "")


def test_a_line_is_said_with_feeling(start: Start, serving: str) -> None:
    code, _, err = say(
        start,
        serving,
        LINE,
        "--emotion",
        "joy=0.6",
        "--emotion",
        "surprise",
        "--strength",
        "1.3",
        "--layer",
        "gaze=0",
        "--look-at",
        "10,0",
        "--follow-voice",
        "0.5",
    )
    assert (code, err) == (0, "")
    code, _, err = say(start, serving, LINE, "--emotion", "bliss")
    assert code == 11
    assert "no such emotion: saw bliss" in err


@pytest.mark.parametrize("words", [[], ["--live"]], ids=["at once", "live"])
def test_a_file_of_another_rate_and_six_channels_is_played(
    start: Start, serving: str, tmp_path: Path, words: list[str]
) -> None:
    sound = np.tile(np.sin(np.arange(24_000) / 9)[:, None] * 0.2, (1, 6))
    soundfile.write(tmp_path / "six.wav", sound, 48_000)
    code, out, _ = say(start, serving, tmp_path / "six.wav", "--npc", "guard", *words)
    assert (code, out) == (0, "guard: done, 0.5 of 0.5 s played\n")


def test_raw_audio_from_a_pipe_is_played(start: Start, serving: str) -> None:
    assert say(start, serving, "-", stdin=PCM) == (0, "nova: done, 0.5 of 0.5 s played\n", "")


def test_raw_floats_of_two_channels_from_a_pipe(start: Start, serving: str) -> None:
    floats = np.repeat(np.frombuffer(PCM, "<i2") / np.float32(32768), 2).astype("<f4").tobytes()
    words = ["-", "--format", "f32", "--channels", 2]
    assert say(start, serving, *words, stdin=floats) == (0, "nova: done, 0.5 of 0.5 s played\n", "")


def test_a_pipe_that_closes_mid_word_ends_cleanly(start: Start, serving: str) -> None:
    code, out, err = say(start, serving, "-", stdin=PCM[:10_001])
    assert (code, out) == (0, "nova: done, 0.3 of 0.3 s played\n")
    assert err == "the pipe closed inside a sample: 1 bytes were left\n"


def test_an_empty_pipe_is_no_error(start: Start, serving: str) -> None:
    assert say(start, serving, "-", stdin=b"") == (0, "nova: done, 0.0 of 0.0 s played\n", "")


def test_nan_from_a_pipe_is_one_sentence(start: Start, serving: str) -> None:
    code, _, err = say(start, serving, "-", "--format", "f32", stdin=np.full(500, np.nan, "<f4").tobytes())
    assert code == 6 and "NaN or infinite" in err and "Traceback" not in err


def test_an_absurd_rate_is_one_sentence(start: Start, serving: str) -> None:
    code, _, err = say(start, serving, "-", "--rate", 7, stdin=PCM)
    assert code == 6 and "7" in err and err.count("\n") == 1


def test_what_is_no_audio_is_exit_3(start: Start, serving: str, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"not audio at all")
    code, _, err = say(start, serving, tmp_path / "x.wav")
    assert code == 3 and "Traceback" not in err
    with Client(serving, timeout_s=10) as client:
        assert client.open("nova")  # and the server serves on


def test_nobody_to_say_it_to_is_exit_7(start: Start) -> None:
    code, _, err = say(start, "tcp://127.0.0.1:9", LINE)
    assert code == 7 and "start one with: talkwire serve" in err and err.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["a.wav", "--mic"]])
def test_it_wants_exactly_one_source(start: Start, words: list[str]) -> None:
    code, _, err = finish(start("say", *words))
    assert code == 2 and "either LINE.wav, or -, or --mic" in err


def test_ctrl_c_cuts_the_line_and_exits_130(start: Start, serving: str, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", np.zeros(RATE * 20), RATE)
    process = start("say", tmp_path / "long.wav", "--server", serving)
    with Client(serving, timeout_s=10) as client:
        client.open("nova")
        client.listen("nova")

        def wait_for(kind: str) -> None:
            for _ in range(round(PATIENCE_S / 0.1)):
                if kind in {getattr(media.message, "kind", "") for media in client.poll(0.1)}:
                    return
            pytest.fail(f"no event {kind!r} in {PATIENCE_S} s")

        wait_for("started")
        process.send_signal(signal.SIGINT)
        wait_for("interrupted")
    assert finish(process)[0] == 130
