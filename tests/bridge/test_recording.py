"""Recordings replay what arrived, are whole or absent, and say where they are damaged."""

from pathlib import Path

import pytest

from bridge.cases import MEDIA
from talkwire.bridge.player import Player
from talkwire.bridge.recording import MAGIC, Recorder, replay
from talkwire.bridge.sinks import SilentSink
from talkwire.bridge.watching import watch_recording
from talkwire.runtime.errors import ExportError, ProtocolError


def record(path: Path) -> bytes:
    with Recorder(path) as recorder:
        for i, media in enumerate(MEDIA.values()):
            recorder.write(media, 1000 + i)
    return path.read_bytes()


def test_what_was_recorded_is_replayed(tmp_path: Path) -> None:
    record(tmp_path / "a.twrec")
    assert list(replay(tmp_path / "a.twrec")) == [(1000 + i, m) for i, m in enumerate(MEDIA.values())]
    assert [p.name for p in tmp_path.iterdir()] == ["a.twrec"]


def test_every_truncation_is_refused_or_ends_between_two_records(tmp_path: Path) -> None:
    data = record(tmp_path / "a.twrec")
    whole = 0
    for cut in range(len(data)):
        (tmp_path / "b.twrec").write_bytes(data[:cut])
        try:
            seen = list(replay(tmp_path / "b.twrec"))
        except ProtocolError as error:
            assert "not a recording of this version" in str(error) or "is damaged" in str(error)
        else:
            whole += 1
            assert seen == [(1000 + i, m) for i, m in enumerate(MEDIA.values())][: len(seen)]
    assert whole == len(MEDIA)


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"RIFF1234WAVE")
    with pytest.raises(
        ProtocolError, match="not a recording of this version: saw b'RIFF1234', wanted b'TWREC"
    ):
        list(replay(tmp_path / "x"))
    (tmp_path / "y").write_bytes(MAGIC + bytes(8) + b"\xff\xff\xff\xff")
    with pytest.raises(ProtocolError, match="is damaged"):
        list(replay(tmp_path / "y"))
    with pytest.raises(ProtocolError, match="cannot be read: saw No such file"):
        list(replay(tmp_path / "nowhere"))


def test_a_failure_leaves_no_file_and_no_older_one_is_lost(tmp_path: Path) -> None:
    before = record(tmp_path / "a.twrec")
    with pytest.raises(RuntimeError), Recorder(tmp_path / "a.twrec") as recorder:
        recorder.write(MEDIA["audio"], 1)
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["a.twrec"]
    assert (tmp_path / "a.twrec").read_bytes() == before


def test_ctrl_c_is_the_way_to_stop_and_keeps_the_file(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Recorder(tmp_path / "a.twrec") as recorder:
        recorder.write(MEDIA["audio"], 1)
        raise KeyboardInterrupt
    assert len(list(replay(tmp_path / "a.twrec"))) == 1


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="cannot be written: saw no such file or directory"):
        Recorder(tmp_path / "nowhere" / "a.twrec")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.twrec.partial").symlink_to("/dev/full")
    with pytest.raises(ExportError, match="saw no space left on device"), Recorder(tmp_path / "a.twrec") as r:
        for _ in range(1000):
            r.write(MEDIA["mesh"], 1)
    assert list(tmp_path.iterdir()) == []


def test_replaying_twice_gives_the_same_pictures(tmp_path: Path) -> None:
    record(tmp_path / "a.twrec")
    players = Player(SilentSink()), Player(SilentSink())
    shown = [[t for t, _ in watch_recording(tmp_path / "a.twrec", p)] for p in players]
    assert shown[0] == shown[1]
    assert players[0].stats.as_json() == players[1].stats.as_json()
