"""`talkwire export`: a voice line in, a clip file out."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from talkwire.cli.export_batch import export_batch
from talkwire.cli.feelings import Emotion, FollowVoice, Layer, LookAt, Strength, style_of
from talkwire.cli.progress import progress
from talkwire.exporters import (
    WRITERS,
    Audio,
    Axes,
    Clip,
    Compress,
    Excerpt,
    HeadPose,
    Morphs,
    Options,
    Place,
    RhubarbOptions,
    Texels,
    Texture,
    Textures,
    VatOptions,
    bake,
    cut,
    plan_lines,
)
from talkwire.exporters.batch import Recipe
from talkwire.runtime.audio import read_audio
from talkwire.runtime.avatar import DEFAULT_AVATAR, find_avatar, load_avatar
from talkwire.runtime.minds import Preset

_FILES_SHOWN = 6
_FORMATS = "\n".join(f"- `{suffix}` {written.says}" for suffix, written in WRITERS.items())


def export(
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help=f"The file to write, or with --batch a folder. Its ending says what:\n\n{_FORMATS}",
        ),
    ],
    lines: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="LINE.wav...",
            help="The voice line: WAV, FLAC, OGG or MP3. Several become animations of one .glb or .gltf.",
        ),
    ] = None,
    fps: Annotated[int, typer.Option(min=1, max=240, help="Frames a second.")] = 60,
    avatar: Annotated[str, typer.Option(help="A shipped avatar's name, or a file.")] = DEFAULT_AVATAR,
    seed: Annotated[int, typer.Option(min=0, help="Of blinks, gaze and sway; one seed, one clip.")] = 0,
    motion: Annotated[
        Preset, typer.Option(help="quality hears what follows; live gives the frames that are streamed.")
    ] = Preset.quality,
    emotion: Emotion = None,
    strength: Strength = 1.0,
    layer: Layer = None,
    look_at: LookAt = None,
    follow_voice: FollowVoice = 0.0,
    tolerance: Annotated[
        float,
        typer.Option(help="glTF: how far a vertex may be off for fewer keys, in mm. 0 keeps all."),
    ] = Options.tolerance_mm,
    morphs: Annotated[
        Morphs,
        typer.Option(
            help="glTF: arkit has the 52 shapes by name; basis is near to a learned head, but has no names."
        ),
    ] = Options.morphs,
    head_pose: Annotated[
        HeadPose,
        typer.Option(
            help="glTF: the head's motion is on the node above the mesh, or baked into it by a skin's bone."
        ),
    ] = Options.head_pose,
    compress: Annotated[
        Compress,
        typer.Option(
            help="glTF: quantize has integers for floats, meshopt packs these, too; the tolerance holds."
        ),
    ] = Options.compress,
    texture: Annotated[
        Texture,
        typer.Option(help="glTF: the skin's picture. webp and ktx2 are small, and not for every reader."),
    ] = Options.texture,
    textures: Annotated[
        Textures,
        typer.Option(
            help="glTF: animated puts what of a learned head's skin changes beside it, as a flipbook."
        ),
    ] = Options.textures,
    audio: Annotated[
        Audio, typer.Option(help=".glb: the sound as a file beside it, or inside (KHR_audio_emitter).")
    ] = Options.audio,
    part: Annotated[
        str | None,
        typer.Option(
            "--range",
            metavar="START:END",
            help="This part of the line, in seconds; it moves as in the whole.",
        ),
    ] = None,
    append: Annotated[
        bool, typer.Option("--append", help="glTF: keep the lines that OUT holds already, and add to them.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="With --append: in place of lines of the same names.")
    ] = False,
    onto: Annotated[
        Path | None,
        typer.Option(
            metavar="CHARACTER.glb",
            help="A character of your own: the lines move its shapes (ARKit, visemes, VRM) and head bone.",
        ),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="With --onto: which shape gets what, instead of a guess."),
    ] = None,
    write_mapping: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="With --onto: write the guess, to be edited.")
    ] = None,
    size: Annotated[int, typer.Option(help="Video: width and height in pixels.")] = Options.size_px,
    extended_shapes: Annotated[
        str, typer.Option(help="Rhubarb: which of the mouth shapes G, H and X there are; '' for none.")
    ] = RhubarbOptions.extended_shapes,
    dat_frame_rate: Annotated[
        float, typer.Option(help="Rhubarb's .dat: frames a second of the Moho or OpenToonz project.")
    ] = RhubarbOptions.dat_frame_rate,
    dat_preston_blair: Annotated[
        bool,
        typer.Option("--dat-preston-blair", help="Rhubarb's .dat: shapes by OpenToonz' names: AI, E, etc."),
    ] = False,
    vat_axes: Annotated[
        Axes, typer.Option(help="Vertex animation textures: in whose axes and unit; the mesh is glTF.")
    ] = VatOptions.axes,
    vat_texels: Annotated[
        Texels,
        typer.Option(help="Vertex animation textures: EXR of halves or floats, or 16 bits in two PNGs."),
    ] = VatOptions.texels,
    vat_size: Annotated[
        int, typer.Option(help="Vertex animation textures: as wide and high as one may be, in pixels.")
    ] = VatOptions.size_px,
    batch: Annotated[
        Path | None,
        typer.Option(
            metavar="LINES.csv",
            help="A list of lines, each into a file of its own in the folder OUT. Columns: line, out, and "
            "any of these options for its row. What is finished is not done again.",
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="With --batch: processes.", show_default="one a core")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="With --batch: by Ray. local, auto, HOST:PORT or ray://HOST:PORT."
        ),
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", help="With --batch: of lines whose row says nothing else.")
    ] = "glb",
    pictures: Annotated[
        bool, typer.Option(help="With --batch: a picture of each line in OUT/index.html.")
    ] = True,
) -> None:
    """Bake a voice line into a clip: glTF for Blender and engines, CSV curves, arrays or a video.

    Example: `talkwire export line.wav -o line.glb`

    The sound goes beside .glb and .gltf under the same name.

    Thousands of lines: `talkwire export --batch lines.csv -o clips/ --jobs 8`, or `--cluster HOST:PORT`.
    """
    began = time.perf_counter()
    options = Options(
        tolerance_mm=tolerance,
        morphs=morphs,
        head_pose=head_pose,
        compress=compress,
        texture=texture,
        textures=textures,
        audio=audio,
        size_px=size,
        rhubarb=RhubarbOptions(extended_shapes, dat_frame_rate, dat_preston_blair),
        vat=VatOptions(vat_axes, vat_texels, vat_size),
    )
    style = style_of(emotion, strength, layer, look_at, follow_voice)
    if batch is not None:
        if lines or append or replace or onto or mapping or write_mapping or part:
            raise typer.BadParameter(
                "it takes no LINE, --append, --replace, --onto or --range", param_hint="--batch"
            )
        recipe = Recipe(avatar, fps, seed, motion, style, f".{format_.lstrip('.').lower()}", options)
        export_batch(batch, out, recipe, jobs=jobs, cluster=cluster, pictures=pictures)
        return
    if not lines:
        raise typer.BadParameter("a voice line, or --batch", param_hint="LINE.wav")
    plan = plan_lines(lines, out, Place(append, replace, onto, mapping, write_mapping), options)
    excerpt, notes = Excerpt.of(part or ":"), list[str]()
    with progress() as advance:
        options = dataclasses.replace(
            options, progress=lambda share: advance("writing", share), note=notes.append
        )
        head = load_avatar(find_avatar(avatar))
        clips = []
        for done, line in enumerate(lines):
            sound = read_audio(line)
            clip = bake(
                sound.samples,
                sound.sample_rate_hz,
                head,
                line=line.stem,
                fps=fps,
                seed=seed,
                motion=motion,
                style=style,
                progress=partial(_listening, advance, done, len(lines)),
            )
            clips.append(cut(clip, excerpt))
        files = plan.write(clips, options)
    for note in (plan.says, *notes):
        if note:
            print(note)
    print(_summary(files, clips, time.perf_counter() - began))


def _listening(advance: Callable[[str, float], None], done: int, lines: int, share: float) -> None:
    advance("listening", (done + share) / lines)


def _summary(files: list[Path], clips: list[Clip], took_s: float) -> str:
    shown = files if len(files) <= _FILES_SHOWN else files[:1]
    sizes = ", ".join(f"{path} ({path.stat().st_size / 1e6:.2f} MB)" for path in shown)
    sizes += f" and {len(files) - 1} files beside it" if len(files) > len(shown) else ""
    duration_s = sum(clip.duration_s for clip in clips)
    frames = sum(clip.frame_count for clip in clips)
    count = f"{len(clips)} lines, " if len(clips) > 1 else ""
    return f"{sizes}: {count}{duration_s:.2f} s, {frames} frames, {duration_s / took_s:.1f}x real time"
