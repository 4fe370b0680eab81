"""python -m talkwire.training.synth -o FOLDER: make up a video of a talking head."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from talkwire.runtime.errors import TalkwireError
from talkwire.training.synth.generate import generate, read_voice
from talkwire.training.synth.video import write_video


def main(arguments: list[str] | None = None) -> int:
    """Parse, generate, write. Returns an exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m talkwire.training.synth",
        description="Draw nova, or somebody of her family, speaking and making faces: training data without a"
        " camera. The folder is a capture with exact expressions, poses, masks and landmarks.",
        epilog="example: python -m talkwire.training.synth -o nova_flat --seconds 60 --light flat",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="the folder to write")
    parser.add_argument("--seconds", type=float, default=60.0, help="length, at 25 frames/s (%(default)s)")
    parser.add_argument(
        "--size", type=int, default=512, help="side of the square picture, pixels (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of motion and background (%(default)s)")
    parser.add_argument(
        "--light",
        choices=("flat", "scene"),
        default="scene",
        help="flat: bare colours of surfaces, for avatars whose texture must hold no light; scene: a studio",
    )
    parser.add_argument("--identity", type=int, help="a number: somebody of nova's family; without: nova")
    parser.add_argument(
        "--sweep",
        type=float,
        default=0.4,
        help="share of the time for expressions beside speech (%(default)s)",
    )
    parser.add_argument(
        "--turns",
        type=float,
        default=1.0,
        help="share of how far the head can turn and shift; 0.3 is a calm talker (%(default)s)",
    )
    parser.add_argument(
        "--round", type=float, default=0.0, help="seconds at the beginning to turn once all round"
    )
    parser.add_argument("--no-flite", action="store_true", help="say the shipped line only")
    parser.add_argument("--video", type=Path, help="also write an MP4 with sound")
    given = parser.parse_args(arguments)
    try:
        capture = generate(
            given.output,
            seconds=given.seconds,
            size_px=given.size,
            seed=given.seed,
            light=given.light,
            identity=given.identity,
            sweep_share=given.sweep,
            turn_share=given.turns,
            round_s=given.round,
            flite=not given.no_flite,
            progress=lambda share: _tell("drawing", share),
        )
        if given.video is not None:
            count = len(capture)
            voice = read_voice(given.output)
            write_video(capture, given.video, voice=voice, progress=lambda k: _tell("writing", k / count))
    except TalkwireError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    print(f"{given.output}: {len(capture)} frames of {capture.card.shows}")
    return 0


def _tell(what: str, share: float) -> None:
    if sys.stderr.isatty():
        end = "\n" if share >= 1 else ""
        print(f"\r{what} {share:4.0%}", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
