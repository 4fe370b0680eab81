"""`talkwire demo`: a real voice line through everything, in real time, and pictures of what came out."""

from __future__ import annotations

import threading
import time
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from talkwire.bridge.client import Client
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.sinks import best_sink
from talkwire.bridge.playing.stats import Stats
from talkwire.bridge.playing.watching import watch
from talkwire.bridge.speaking import paced, speak
from talkwire.cli.own_server import own_server
from talkwire.cli.progress import progress
from talkwire.exporters import Clip, Options, bake, write_clip
from talkwire.exporters.atomic import Fill, write_together
from talkwire.exporters.pictures.mp4 import load_av
from talkwire.exporters.pictures.sheet import contact_sheet
from talkwire.exporters.pictures.timeline import timeline
from talkwire.runtime.audio import Audio, read_audio
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.errors import ExportError
from talkwire.runtime.render import describe_gl
from talkwire.runtime.types import PICTURES_HZ

HEAD: Final = "nova-dyntet"
LINE: Final = "he_turned_sharply.wav"
LISTENING_S: Final = 1.0  # of idle before the line, so that the NPC is seen to be alive
VIDEO_FPS: Final = 30  # half of the clip's: drawing is what takes the time


def demo(
    out: Annotated[Path, typer.Option(help="The folder for what comes out.")] = Path("demo_out"),
    avatar: Annotated[str, typer.Option(help="A shipped avatar's name, or an avatar file.")] = HEAD,
    line: Annotated[
        Path | None, typer.Option(metavar="LINE.wav", help="Another voice line than the shipped one.")
    ] = None,
) -> None:
    """Show everything at once: a voice line streamed to a client in real time, then baked into files.

    Example: `talkwire demo --out demo_out`

    Needs the extra [render]. Ends by itself.
    """
    console = Console()
    describe_gl()  # what is missing is said now, not after the line was spoken
    load_av()
    folder = _folder(out)
    head = load_avatar(find_avatar(avatar))
    with as_file(files("talkwire.runtime") / "data" / "lines" / LINE) as shipped:
        audio = read_audio(line or shipped)
    name = head.card.name

    console.print(f"[bold]1[/] streaming {audio.duration_s:.1f} s to the reference client, in real time ...")
    with own_server("--avatar", avatar, "--port", 0) as server:
        stats = _perform(server.endpoint, audio)

    console.print(f"[bold]2[/] baking it into {escape(str(folder))} ...")
    began_s = time.perf_counter()
    clip = bake(audio.samples, audio.sample_rate_hz, head, line=(line or Path(LINE)).stem)
    file = folder / f"{name}{'.npz' if head.moves_within else '.glb'}"
    baked = write_clip(clip, file)
    export_speed = clip.duration_s / (time.perf_counter() - began_s)
    film = bake(
        audio.samples,
        audio.sample_rate_hz,
        head,
        line=clip.line,
        fps=PICTURES_HZ if head.moves_within else VIDEO_FPS,
    )
    with progress() as advance:
        options = Options(progress=lambda share: advance("drawing", share))
        video = write_clip(film, folder / f"{name}.mp4", options)
    written = [*baked, *video, *_pictures(clip, folder, name)]

    console.print(_table(stats, file.suffix, export_speed))
    for path in written:
        console.print(f"  {path}  {path.stat().st_size / 1e3:,.0f} kB", highlight=False, markup=False)


def _folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(
            f"the folder {out} cannot be made",
            seen=error.strerror,
            wanted="a place to write to",
            cure="choose another --out",
        ) from None
    return out


def _perform(endpoint: str, audio: Audio) -> Stats:
    """Say the line at the pace of speech while the reference client plays it; what the client measured."""
    sink = best_sink()
    player = Player(sink)
    failures: list[Exception] = []

    def say() -> None:
        try:
            with Client(endpoint) as speaker:
                chunks = paced(audio.samples, audio.sample_rate_hz, time.monotonic)
                for _ in speak(speaker, "demo", chunks, audio.sample_rate_hz):
                    pass
        except Exception as error:  # handed to the main thread
            failures.append(error)

    with Client(endpoint) as client:
        client.open("demo")
        client.listen("demo")
        for _ in watch(client, player, seconds=LISTENING_S):
            pass
        speaker = threading.Thread(target=say, name="speaker", daemon=True)
        speaker.start()
        for _ in watch(client, player):
            if not speaker.is_alive() and player.silent:
                break
        speaker.join()
    sink.close()
    if failures:
        raise failures[0]
    return player.stats


def _pictures(clip: Clip, folder: Path, name: str) -> list[Path]:
    pictures = {folder / f"{name}.png": contact_sheet(clip), folder / "timeline.png": timeline(clip)}
    write_together({path: _put(png) for path, png in pictures.items()})
    return list(pictures)


def _put(data: bytes) -> Fill:
    return lambda handle: handle.write(data)


def _table(stats: Stats, suffix: str, export_speed: float) -> Table:
    table = Table("measured here, just now", "", title="talkwire demo")
    for name, value in stats.rows():
        table.add_row(name, value)
    table.add_row(f"export to {suffix}", f"{export_speed:.0f}x real time")
    return table
