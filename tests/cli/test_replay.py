"""`talkwire replay` as a process: what was recorded is seen again, and damage is said."""

import signal
from pathlib import Path

import pytest

from cli.conftest import Start, finish
from talkwire.bridge.client import Client
from talkwire.bridge.media import decode_media
from talkwire.bridge.recording import parts
from talkwire.bridge.serving.replaying import MOTION


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recording") / "bug.twrec"


@pytest.fixture
def recorded(start: Start, serving: str, recording: Path) -> Path:
    """Two seconds of a small head that speaks."""
    if not recording.exists():
        listener = start("listen", "--server", serving, "--record", recording, "--seconds", 2, "--mute")
        assert finish(listener)[0] == 0
    return recording


def endpoint(process_line: bytes) -> str:
    return process_line.decode().split(" at ")[1].split()[0]


def sockets_of(path: Path) -> list[list[bytes]]:
    seen: list[list[bytes]] = [[], []]
    for _, part in parts(path):
        seen[decode_media(part).plane in MOTION].append(part)
    return seen


def test_recorded_replayed_and_recorded_again_is_the_same(
    start: Start, recorded: Path, tmp_path: Path
) -> None:
    process = start("replay", recorded, "--port", 0)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith(b"replaying nova, ")
    again = tmp_path / "again.twrec"
    listener = start("listen", "--server", endpoint(line), "--record", again, "--seconds", 3.2, "--mute")
    assert finish(listener)[0] == 0
    code, out, err = finish(process)
    assert (code, err) == (0, "") and out.startswith("stopped after ")
    before, after = sockets_of(recorded), sockets_of(again)
    assert len(before[1]) > 60 and after == before


def test_check_says_what_it_holds(start: Start, recorded: Path) -> None:
    code, out, err = finish(start("replay", recorded, "--check"))
    assert (code, err) == (0, "")
    assert "frame/q16" in out and "texture" in out
    assert out.startswith(f"{recorded}: ") and out.splitlines()[0].endswith(" s, all of it whole")


def test_what_a_killed_recorder_leaves_is_played_as_far_as_it_is_whole(
    start: Start, recorded: Path, tmp_path: Path
) -> None:
    partial = tmp_path / "bug.twrec.partial"
    partial.write_bytes(recorded.read_bytes()[:-10])
    code, out, err = finish(start("replay", partial, "--check"))
    assert code == 0 and "frame/q16" in out and "as far as it is whole" in out
    assert err.startswith(f"talkwire: warning: {partial}: the last ") and err.count("\n") == 1

    cut = tmp_path / "cut.twrec"
    cut.write_bytes(partial.read_bytes())
    code, _, err = finish(start("replay", cut, "--check"))
    assert code == 6 and "is damaged" in err and "--recover" in err and err.count("\n") == 1
    assert finish(start("replay", cut, "--check", "--recover"))[0] == 0


def test_ctrl_c_stops_it(start: Start, recorded: Path) -> None:
    process = start("replay", recorded, "--port", 0, "--loop", "--speed", 4)
    assert process.stdout is not None
    with Client(endpoint(process.stdout.readline()), timeout_s=10) as client:
        client.open("nova")
        client.listen("nova")
        generations: set[int] = set()
        while len(generations) < 3:
            generations |= {
                getattr(m.message, "generation", min(generations, default=0)) for m in client.poll(0.1)
            }
        process.send_signal(signal.SIGINT)
    code, out, err = finish(process)
    assert (code, err) == (0, "") and "stopped after" in out


@pytest.mark.parametrize("data", [b"", b"RIFF1234WAVE", b"TWREC\x02\r\n", b"TWREC\x01\r\n", None])
def test_what_is_no_recording_is_exit_6(start: Start, tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / "x.twrec"
    if data is not None:
        path.write_bytes(data)
    code, _, err = finish(start("replay", path))
    assert code == 6 and err.startswith(f"talkwire: {path} ") and err.count("\n") == 1
