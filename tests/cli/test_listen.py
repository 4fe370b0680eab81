"""`talkwire listen` as a process: statistics of a live NPC, a recording, and its replay."""

import signal
from pathlib import Path

from cli.conftest import Start, finish
from support import LINE
from talkwire.bridge import wire
from talkwire.bridge.recording import replay


def test_say_listen_and_serve_as_three_processes(start: Start, serving: str, tmp_path: Path) -> None:
    recording = tmp_path / "talk.twrec"
    listener = start("listen", "--server", serving, "--record", recording, "--seconds", 9, "--mute")
    speaker = start("say", LINE, "--server", serving)
    assert finish(speaker)[0] == 0
    code, out, err = finish(listener)
    assert (code, err) == (0, "")
    rows = {
        line.strip("│ ").split("│")[0].strip(): line.strip("│ ").split("│")[1].strip()
        for line in out.splitlines()
        if "│" in line.strip("│ ")
    }
    sent, _, dropped = (int(x) for x in rows["frames sent / late / dropped"].split(" / "))
    assert sent > 300 and dropped == 0
    assert rows["A/V error p95"].endswith(" ms")
    assert rows["generated; it shows"].startswith("nobody: ")
    messages = [media.message for _, media in replay(recording)]
    kinds = {type(message) for message in messages}
    assert kinds >= {wire.Mesh, wire.Texture, wire.Frame, wire.Audio, wire.Event}

    code, again, err = finish(start("listen", recording))
    assert (code, err) == (0, "") and "frames sent / late / dropped" in again
    assert finish(start("listen", recording))[1] == again


def test_ctrl_c_stops_it_and_keeps_the_recording(start: Start, serving: str, tmp_path: Path) -> None:
    recording = tmp_path / "talk.twrec"
    listener = start("listen", "--server", serving, "--record", recording, "--mute")
    partial = tmp_path / "talk.twrec.partial"
    speaker = start("say", LINE, "--server", serving)
    finish(speaker)
    assert partial.exists() and not recording.exists()
    listener.send_signal(signal.SIGINT)
    code, out, _ = finish(listener)
    assert code == 0 and "latency" in out
    assert len(list(replay(recording))) > 100 and not partial.exists()


def test_no_server_is_exit_7_and_leaves_no_file(start: Start, tmp_path: Path) -> None:
    record = tmp_path / "a.twrec"
    code, _, err = finish(start("listen", "--server", "tcp://127.0.0.1:9", "--record", record, "--mute"))
    assert code == 7 and "talkwire serve" in err and list(tmp_path.iterdir()) == []


def test_what_is_no_recording_is_exit_6(start: Start) -> None:
    code, _, err = finish(start("listen", LINE))
    assert code == 6 and "not a recording" in err and err.count("\n") == 1


def test_where_nothing_can_be_written_is_exit_8(start: Start, serving: str, tmp_path: Path) -> None:
    record = tmp_path / "nowhere" / "a.twrec"
    code, _, err = finish(start("listen", "--server", serving, "--record", record, "--mute"))
    assert code == 8 and "cannot be written" in err and "Traceback" not in err


def test_limits_of_the_buffer_and_the_offset_are_heeded(start: Start, tmp_path: Path) -> None:
    for words, wanted in (
        (("--buffer-ms", "twenty"), "wanted LEAST,MOST"),
        (("--buffer-ms", "1,2,3"), "wanted LEAST,MOST"),
        (("--buffer-ms", "80,20"), "the least one first"),
        (("--buffer-ms", "nan,20"), "the least one first"),
        (("--av-offset", "5000"), "at most 1000 ms"),
        (("--av-offset", "nan"), "at most 1000 ms"),
    ):
        code, _, err = finish(start("listen", tmp_path / "none.twrec", *words))
        assert code == 2 and wanted in " ".join(err.replace("│", " ").split())
    code, _, err = finish(
        start("listen", tmp_path / "none.twrec", "--av-offset", "-40", "--buffer-ms", "0,80")
    )
    assert code == 6 and "No such file" in err  # that far it went
