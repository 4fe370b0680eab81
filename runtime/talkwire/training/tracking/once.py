"""Videos are tracked once: what lies in a folder is used again when it is of the same videos and person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from talkwire.training.capture import CARD, Capture, load_capture
from talkwire.training.tracking.person import Person
from talkwire.training.tracking.store import writing
from talkwire.training.tracking.track import Progress, track

VIDEOS: Final = "videos.json"


def capture_of(
    data: Sequence[Path],
    folder: Path,
    *,
    again: bool,
    head: str = "auto",
    person: Person | None = None,
    shows: str = "",
    licence: str = "",
    progress: Progress = lambda stage, share: None,
) -> tuple[Capture, Path]:
    """The capture of some data, and its folder. data: one folder with a capture, or videos, which are tracked
    into `folder`.  again: whether what lies there already may be used.  Others as in `track`, errors too.
    """
    if len(data) == 1 and (data[0] / CARD).is_file():
        return load_capture(data[0]), data[0]
    note = folder / VIDEOS
    what = [head, person.to_json() if person else None, *stamps(data)]
    wanted = json.dumps(what)
    if again and (folder / CARD).is_file() and note.is_file() and note.read_text() == wanted:
        return load_capture(folder), folder
    note.unlink(missing_ok=True)
    capture = track(data, folder, head=head, person=person, shows=shows, licence=licence, progress=progress)
    with writing(note):
        note.write_text(wanted)
    return capture, folder


def stamps(data: Sequence[Path]) -> list[list[str | int]]:
    """Of each file its name, size and time: another file is another one."""
    return [[str(path), *_stamp(path)] for path in data]


def _stamp(video: Path) -> list[int]:
    try:
        status = video.stat()
    except OSError:
        return []
    return [status.st_size, int(status.st_mtime)]
