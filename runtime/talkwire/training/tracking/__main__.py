"""python -m talkwire.training.tracking VIDEO... -o FOLDER: track, then look at FOLDER/tracking.png."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from talkwire.runtime.errors import TalkwireError
from talkwire.training.tracking.track import PICTURE, track


def main(arguments: list[str] | None = None) -> int:
    """Track and say where the report is. Returns an exit code."""
    parser = argparse.ArgumentParser(prog="python -m talkwire.training.tracking", description=__doc__)
    parser.add_argument("video", type=Path, nargs="+", help="of one person; several are joined")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the folder to write")
    parser.add_argument("--head", default="auto", help="ict, nova or auto")
    parser.add_argument("--size", type=int, help="longer side of the head in pixels, at most")
    parser.add_argument("--distance", type=float, help="metres from camera to head, where known")
    parser.add_argument("--shows", default="", help="who is seen, and that they agreed")
    parser.add_argument("--licence", default="", help="the terms of the video")
    given = parser.parse_args(arguments)
    try:
        capture = track(
            given.video,
            given.output,
            head=given.head,
            size_px=given.size,
            distance_m=given.distance,
            shows=given.shows,
            licence=given.licence,
        )
    except TalkwireError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    print(f"{given.output}: {len(capture)} frames; look at {given.output / PICTURE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
