"""Recordings replay what arrived, are whole or absent, and say where they are damaged."""

import os
from pathlib import Path

import pytest

from bridge.cases import MEDIA
from talkwire.bridge.media import encode_media
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.sinks import SilentSink
from talkwire.bridge.playing.watching import watch_recording
from talkwire.bridge.recording import MAGIC, RECORD, Recorder, parts, replay, survey
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


def test_of_every_truncation_the_whole_records_can_be_had(tmp_path: Path) -> None:
    data = record(tmp_path / "a.twrec")
    whole = list(parts(tmp_path / "a.twrec"))
    for cut in range(len(MAGIC), len(data)):
        (tmp_path / "b.twrec").write_bytes(data[:cut])
        seen = list(parts(tmp_path / "b.twrec", recover=True))
        assert seen == whole[: len(seen)]
        if seen:
            found = survey(tmp_path / "b.twrec", recover=True)
            assert found.lost_bytes == cut - len(MAGIC) - sum(RECORD.size + len(part) for _, part in seen)
            assert sum(sum(planes.values()) for planes in found.planes.values()) == len(seen)
    assert len(seen) == len(whole) - 1


def test_a_survey_says_what_there_is(tmp_path: Path) -> None:
    record(tmp_path / "a.twrec")
    found = survey(tmp_path / "a.twrec")
    assert (found.first_ns, found.last_ns) == (1000, 1000 + len(MEDIA) - 1)
    assert found.planes["nova"]["mesh"] == 1 and found.meshes["nova"] == MEDIA["mesh"].message
    assert found.generations == (3, 3) and found.lost_bytes == 0


def test_a_message_that_makes_no_sense_is_damage(tmp_path: Path) -> None:
    part = encode_media(MEDIA["audio"])
    (tmp_path / "a").write_bytes(MAGIC + RECORD.pack(1, len(part)) + part + RECORD.pack(2, 9) + b"tw1/nova/")
    with pytest.raises(ProtocolError, match=r"is damaged: saw in message 2: this is not a media message"):
        survey(tmp_path / "a")
    (tmp_path / "b").write_bytes(MAGIC)
    with pytest.raises(ProtocolError, match="is empty"):
        survey(tmp_path / "b")
    (tmp_path / "c").write_bytes(MAGIC + RECORD.pack(2**64 - 1, len(part)) + part)
    with pytest.raises(ProtocolError, match="a broken or cut record at byte 8"):
        survey(tmp_path / "c")
    with pytest.raises(ProtocolError, match="cannot be read: saw Is a directory"):
        survey(tmp_path)
    os.mkfifo(tmp_path / "d")
    with pytest.raises(ProtocolError, match="cannot be read: saw a pipe or a device"):
        survey(tmp_path / "d")


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
