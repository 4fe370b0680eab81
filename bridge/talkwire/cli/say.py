"""`talkwire say`: a voice line, a pipe or a microphone into a running server."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from talkwire.bridge.client import DEFAULT_ENDPOINT, Client
from talkwire.bridge.sources import MicrophoneSource, PipeSource
from talkwire.bridge.speaking import Spoken, paced, speak
from talkwire.cli.connecting import Cast, Key, Server, ServerKey, TokenFile, credentials
from talkwire.cli.feelings import Emotion, FollowVoice, Layer, LookAt, Strength, StyleFile, style_of
from talkwire.runtime.audio import read_audio
from talkwire.runtime.style import Style
from talkwire.runtime.types import Float32

BAR_AFTER_S = 2.0


class Format(StrEnum):
    """Of raw audio."""

    s16 = "s16"
    f32 = "f32"


def say(
    line: Annotated[
        str | None, typer.Argument(metavar="LINE.wav|-", help="An audio file, or - for raw PCM from a pipe.")
    ] = None,
    mic: Annotated[bool, typer.Option("--mic", help="Speak through the microphone until Ctrl-C.")] = False,
    rate: Annotated[int, typer.Option(help="Sample rate of raw PCM, in Hz.")] = 16_000,
    format: Annotated[Format, typer.Option(help="Samples of raw PCM.")] = Format.s16,
    channels: Annotated[int, typer.Option(help="Channels of raw PCM.")] = 1,
    npc: Annotated[str, typer.Option(help="Who speaks.")] = "nova",
    avatar: Cast = "",
    server: Server = DEFAULT_ENDPOINT,
    key: Key = None,
    server_key: ServerKey = None,
    token_file: TokenFile = None,
    live: Annotated[
        bool, typer.Option("--live", help="Send a file at the pace of speech, as a microphone would.")
    ] = False,
    style: StyleFile = None,
    emotion: Emotion = None,
    strength: Strength = None,
    layer: Layer = None,
    look_at: LookAt = None,
    follow_voice: FollowVoice = None,
) -> None:
    """Let an NPC say a line; ends when it was played.

    Examples: `talkwire say line.wav`, `talkwire say --mic`, or from a voice generator:
    `tts "Hello" | talkwire say - --rate 24000`

    How it speaks and feels, where any of it is given, holds until it is given again.
    """
    manner = style_of(style, emotion, strength, layer, look_at, follow_voice)
    connect = partial(Client, server, **credentials(key, server_key, token_file))
    if mic == (line is not None):
        raise typer.BadParameter("give either LINE.wav, or -, or --mic")
    if mic:
        with MicrophoneSource(rate) as microphone:
            _speak(microphone, rate, npc, avatar, connect, manner)
    elif line == "-":
        pipe = PipeSource(sys.stdin.buffer, format.value, channels)
        _speak(pipe, rate, npc, avatar, connect, manner)
        if pipe.pending_bytes:
            print(f"the pipe closed inside a sample: {pipe.pending_bytes} bytes were left", file=sys.stderr)
    else:
        audio = read_audio(str(line))
        chunks = paced(audio.samples, audio.sample_rate_hz, time.monotonic) if live else [audio.samples]
        _speak(chunks, audio.sample_rate_hz, npc, avatar, connect, manner, audio.duration_s)


def _speak(
    chunks: Iterable[Float32],
    rate_hz: int,
    npc: str,
    avatar: str,
    connect: Callable[[], Client],
    style: Style,
    total_s: float | None = None,
) -> None:
    with connect() as client, _Bar(total_s) as bar:
        try:
            client.open(npc, avatar)
            if style != Style():
                client.set_style(npc, style)
            spoken = Spoken(0.0, 0.0, "queued")
            for spoken in speak(client, npc, chunks, rate_hz):
                bar.show(spoken)
        except KeyboardInterrupt:
            client.interrupt(npc)
            raise
    print(f"{npc}: {spoken.state}, {spoken.played_s:.1f} of {spoken.sent_s:.1f} s played")


class _Bar:
    """A progress bar on a terminal, from the third second on."""

    def __init__(self, total_s: float | None) -> None:
        self._begun_s = time.monotonic()
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[played]}"))
        self._progress = Progress(*columns, console=console, transient=True) if console.is_terminal else None
        self._task = self._progress.add_task("speaking", total=total_s, played="") if self._progress else None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, spoken: Spoken) -> None:
        if self._progress is None or self._task is None or time.monotonic() - self._begun_s < BAR_AFTER_S:
            return
        self._progress.start()
        self._progress.update(
            self._task, completed=spoken.played_s, played=f"{spoken.played_s:.1f} of {spoken.sent_s:.1f} s"
        )
