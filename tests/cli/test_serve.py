"""`talkwire serve` as a process: ready, served, stopped; and refusing in one sentence."""

import signal
import urllib.request
from pathlib import Path

import pytest

from cli.conftest import ENVIRONMENT, Start, finish, ready
from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.runtime.errors import AvatarError, ProtocolError


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(start: Start, small_file: Path, number: signal.Signals) -> None:
    process = start("serve", "--avatar", small_file, "--port", 0)
    with Client(ready(process), timeout_s=10) as client:
        assert client.open("nova").frame_rate_hz == 60
    process.send_signal(number)
    code, out, err = finish(process)
    assert (code, out.strip(), err) == (0, "stopped", "")


def test_fps_is_passed_on(start: Start, small_file: Path) -> None:
    process = start("serve", "--avatar", small_file, "--port", 0, "--fps", 25)
    with Client(ready(process), timeout_s=10) as client:
        assert client.open("nova").frame_rate_hz == 25


def test_further_avatars_are_loaded_when_they_are_asked_for_and_no_others(
    start: Start, small_file: Path
) -> None:
    process = start("serve", "--avatar", small_file, "--also", "nova", "--port", 0)
    with Client(ready(process), timeout_s=20) as client:
        assert client.welcome.avatars == ("small", "nova")
        assert client.load_avatar("nova").topology_id == client.open("her", "nova").topology_id
        assert client.open("him").avatar == "small"
        with pytest.raises(AvatarError, match="wanted small, nova"):
            client.open("third", str(small_file.stem) + "2")


@pytest.mark.parametrize("also", ["small_file", "/nowhere/x.talkwire"])
def test_an_avatar_twice_or_nowhere_is_exit_4(start: Start, small_file: Path, also: str) -> None:
    other = small_file if also == "small_file" else also
    code, _, err = finish(start("serve", "--avatar", small_file, "--also", other, "--port", 0))
    assert code == 4 and err.count("\n") == 1


def test_a_port_in_use_is_one_sentence_and_exit_7(start: Start, small_file: Path, serving: str) -> None:
    port = serving.rpartition(":")[2]
    code, _, err = finish(start("serve", "--avatar", small_file, "--port", port))
    assert code == 7
    assert err.startswith(f"talkwire: the port is taken: saw 127.0.0.1:{port}") and err.count("\n") == 1


def test_an_open_door_must_be_named(start: Start, small_file: Path) -> None:
    code, _, err = finish(start("serve", "--avatar", small_file, "--port", 0, "--host", "0.0.0.0"))
    assert code == 7 and "--insecure" in err and "Traceback" not in err


def test_it_says_which_engine_it_took_and_why_no_better_one(start: Start, small_file: Path) -> None:
    process = start("serve", "--avatar", small_file, "--port", 0)
    assert process.stdout is not None
    passed, taken, _ = (process.stdout.readline().decode() for _ in range(3))
    if find_engine(taken) == "ONNX Runtime":  # a machine without a card
        assert passed.startswith("not trt-rtx, tensorrt, onnx-cuda: no NVIDIA card can be used: saw")


def find_engine(line: str) -> str:
    assert line.startswith("engine: ")
    return " ".join(line.split()[1:3])


def test_an_engine_that_was_named_and_does_not_work_is_exit_5(
    start: Start, small_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "PATH", "/nowhere")
    code, out, err = finish(start("serve", "--avatar", small_file, "--port", 0, "--engine", "trt-rtx"))
    assert (code, out) == (5, "") and err.count("\n") == 1
    assert err.startswith("talkwire: no NVIDIA card can be used: saw no NVIDIA driver")


def test_a_named_engine_serves_whole_networks_in_another_precision_to_so_many(start: Start) -> None:
    words = ("--engine", "onnx", "--precision", "fp32", "--mode", "network", "--npcs", 1)
    process = start("serve", "--avatar", "nova-dyntet", "--port", 0, *words)
    with Client(ready(process), timeout_s=10) as client:
        client.open("nova")
        client.listen("nova")
        with pytest.raises(ProtocolError, match=r"no room for another NPC: saw 1 sessions.*more --npcs"):
            client.open("juno")
        while not any(isinstance(media.message, wire.Frame) for media in client.poll(0.1)):
            pass


def test_figures_are_served_where_they_are_wanted(start: Start, small_file: Path) -> None:
    process = start("serve", "--avatar", small_file, "--port", 0, "--metrics", 0)
    assert process.stdout is not None
    line = next(text for text in iter(process.stdout.readline, b"") if text.startswith(b"figures at "))
    with urllib.request.urlopen(line.decode().split()[2], timeout=10) as answer:
        assert b'avatar="small"' in answer.read()


@pytest.mark.parametrize("place", ["", "here", "70000", "127.0.0.1:"])
def test_no_place_for_figures_is_exit_7(start: Start, small_file: Path, place: str) -> None:
    code, _, err = finish(start("serve", "--avatar", small_file, "--port", 0, "--metrics", place))
    assert code == 7 and "no place to serve figures" in err and err.count("\n") == 1


def test_an_unknown_avatar_is_exit_4(start: Start) -> None:
    code, _, err = finish(start("serve", "--avatar", "nobody", "--port", 0))
    assert code == 4 and "there is no avatar 'nobody'" in err and "Traceback" not in err


def test_an_absurd_frame_rate_is_said_at_once(start: Start, small_file: Path) -> None:
    code, _, err = finish(start("serve", "--avatar", small_file, "--port", 0, "--fps", 100_000))
    assert code == 5 and "100000 frames/s" in err and "Traceback" not in err


def test_npcs_do_not_blink_together(start: Start, small_file: Path) -> None:
    """Each has a seed of its own, so that a row of them is not one face many times."""
    names = ("nova", "juno")
    with Client(ready(start("serve", "--avatar", small_file, "--port", 0)), timeout_s=10) as client:
        for name in names:
            client.open(name)
            client.listen(name)
        seen: dict[str, dict[int, bytes]] = {name: {} for name in names}
        while min(map(len, seen.values())) < 60:
            for media in client.poll(0.1):
                if isinstance(media.message, wire.Frame):
                    seen[media.session][media.message.seq] = media.message.weights
    shared = set(seen["nova"]) & set(seen["juno"])
    assert len(shared) > 20
    assert any(seen["nova"][seq] != seen["juno"][seq] for seq in shared)
