"""A manifest beside a video: that it is generated and how, by what, from which line, and whom it shows.

C2PA-style: claims and labels are those of the C2PA technical specification 2.1 (its chapter on standard
assertions), in the JSON that `c2patool VIDEO -m MANIFEST -o SIGNED` signs into a video for who has a
certificate. It is not signed itself: whoever can change the video can change it, and it proves nothing.

No clock is read, so that the same line gives the same bytes. Who wants a time in it sets SOURCE_DATE_EPOCH
(reproducible-builds.org): seconds since 1970.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from talkwire.exporters.clip import Clip
from talkwire.runtime.errors import ExportError

SOURCE_TYPES: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
UNSIGNED: Final = (
    "C2PA-style and not signed: it says what the video is, and proves nothing. "
    "To sign it into the video: c2patool VIDEO -m THIS -o SIGNED"
)


def manifest_path(video: Path) -> Path:
    """Where it is."""
    return video.with_name(f"{video.name}.c2pa.json")


def manifest(clip: Clip, video: str, video_sha256: str, line_sha256: str = "", when: str = "") -> bytes:
    """The file. video: its name.  line_sha256: of the line's file, where there is one.  when: of `made`."""
    card, generator = clip.avatar.card, {"name": "talkwire", "version": version("talkwire")}
    created = {
        "action": "c2pa.created",
        "digitalSourceType": SOURCE_TYPES + card.generated,
        "softwareAgent": generator,
        **({"when": when} if when else {}),
    }
    said: dict[str, Any] = {
        "note": UNSIGNED,
        "claim_generator_info": [generator],
        "title": video,
        "format": "video/mp4",
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
            {
                "label": "talkwire.shown",
                "data": {
                    "shows": card.shows,
                    "avatar": card.name,
                    "kind": card.kind,
                    "licence": card.licence,
                    "credit": card.credit,
                    "made_by": card.made_by,
                },
            },
            {
                "label": "talkwire.made_from",
                "data": {
                    "line": {"name": clip.line, **({"sha256": line_sha256} if line_sha256 else {})},
                    "seed": clip.seed,
                    **clip.spoken,
                },
            },
            {"label": "talkwire.video", "data": {"name": video, "sha256": video_sha256}},
        ],
    }
    return (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode(errors="replace")


def made() -> str:
    """When, as SOURCE_DATE_EPOCH has it; "" where it is not set. Raises ExportError for what is no time."""
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        return datetime.fromtimestamp(int(text), UTC).isoformat() if text else ""
    except (ValueError, OverflowError, OSError):
        raise ExportError(
            "SOURCE_DATE_EPOCH is no time",
            seen=repr(text[:40]),
            wanted="seconds since 1970, a whole number",
            cure="unset it, or: export SOURCE_DATE_EPOCH=$(date +%s)",
        ) from None


def sha256_of(path: Path) -> str:
    """Of a file, 64 hex digits. Raises ExportError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ExportError(
            f"{path.name} cannot be read again for the manifest",
            seen=error.strerror,
            wanted="the file as it was",
            cure="leave it where it is until the export is done",
        ) from None
