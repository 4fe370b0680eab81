"""The `talkwire` command: one row per subcommand, and one place where errors become exit codes."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from talkwire.cli import (
    avatar,
    bench,
    demo,
    doctor,
    engine,
    evaluate,
    export,
    inspect,
    keys,
    listen,
    livelink,
    preview,
    replay,
    say,
    serve,
    soak,
    train,
)
from talkwire.runtime.errors import TalkwireError

app = typer.Typer(
    name="talkwire",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Speech in, living NPC faces out.\n\nFirst minute: `talkwire demo`. "
    "Then `talkwire export line.wav -o line.glb` for a clip, "
    "or `talkwire serve` and `talkwire say line.wav` for a live NPC.",
    epilog="Exit codes: 0 done, 2 usage, 3 audio, 4 avatar, 5 engine, 6 protocol, 7 connection, 8 output, "
    "9 missing package, 10 training, 11 no such emotion or shape, 12 a key or token, "
    "13 some lines of a list failed, 14 all of them, 130 interrupted.",
)
for command in (
    demo.demo,
    serve.serve,
    say.say,
    listen.listen,
    replay.replay,
    livelink.livelink,
    preview.preview,
    export.export,
    inspect.inspect,
    soak.soak,
    doctor.doctor,
):
    app.command()(command)
app.add_typer(avatar.app, name="avatar")
app.add_typer(bench.app, name="bench")
app.add_typer(engine.app, name="engine")
app.add_typer(keys.app, name="keys")
app.add_typer(train.app, name="train")
app.add_typer(evaluate.app, name="eval")


def main() -> None:
    """Run the command line; print a TalkwireError as one sentence and exit with its code."""
    try:
        app()
    except TalkwireError as error:
        print(f"talkwire: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output has gone, which is its right
        sys.stderr.close()


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"talkwire {version('talkwire')}")
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the subcommand."""
