"""`talkwire export`: a voice line in, a clip file out."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import typer

from talkwire.cli import export_options as choose
from talkwire.cli.export_batch import export_batch
from talkwire.cli.feelings import Emotion, FollowVoice, Layer, LookAt, Strength, StyleFile, style_of
from talkwire.cli.progress import progress
from talkwire.exporters import (
    Clip,
    Excerpt,
    Options,
    Place,
    RhubarbOptions,
    VatOptions,
    bake,
    cut,
    plan_lines,
    usual_fps,
)
from talkwire.exporters.batch import Recipe
from talkwire.runtime.audio import read_audio
from talkwire.runtime.avatar import DEFAULT_AVATAR, find_avatar, load_avatar
from talkwire.runtime.minds import Preset

_FILES_SHOWN = 6


def export(
    out: choose.Out,
    lines: choose.Lines = None,
    fps: choose.Fps = None,
    avatar: choose.AvatarName = DEFAULT_AVATAR,
    seed: choose.Seed = 0,
    motion: choose.Motion = Preset.quality,
    part: choose.Part = None,
    style: StyleFile = None,
    emotion: Emotion = None,
    strength: Strength = None,
    layer: Layer = None,
    look_at: LookAt = None,
    follow_voice: FollowVoice = None,
    tolerance: choose.Tolerance = Options.tolerance_mm,
    morphs: choose.MorphsOf = Options.morphs,
    head_pose: choose.HeadPoseOn = Options.head_pose,
    compress: choose.CompressBy = Options.compress,
    texture: choose.TextureAs = Options.texture,
    textures: choose.TexturesThat = Options.textures,
    audio: choose.AudioWhere = Options.audio,
    append: choose.Append = False,
    replace: choose.Replace = False,
    onto: choose.Onto = None,
    mapping: choose.Mapping = None,
    write_mapping: choose.WriteMapping = None,
    size: choose.Size = None,
    mark: choose.Mark = Options.mark,
    extended_shapes: choose.ExtendedShapes = RhubarbOptions.extended_shapes,
    dat_frame_rate: choose.DatFrameRate = RhubarbOptions.dat_frame_rate,
    dat_preston_blair: choose.DatPrestonBlair = False,
    vat_axes: choose.VatAxes = VatOptions.axes,
    vat_texels: choose.VatTexels = VatOptions.texels,
    vat_size: choose.VatSize = VatOptions.size_px,
    batch: choose.Batch = None,
    jobs: choose.Jobs = None,
    cluster: choose.Cluster = None,
    format_: choose.Format = "glb",
    pictures: choose.Pictures = True,
) -> None:
    """Bake a voice line into a clip: glTF, OpenUSD, video, curves, mouth shapes or vertex animation textures.

    Example: `talkwire export line.wav -o line.glb`

    The sound goes beside what cannot hold it.

    Several lines: `talkwire export a.wav b.wav -o lines.glb`

    Onto your own character: `talkwire export line.wav --onto me.glb -o me_speaks.glb`

    Thousands of lines: `talkwire export --batch lines.csv -o clips/`
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
        mark=mark,
        rhubarb=RhubarbOptions(extended_shapes, dat_frame_rate, dat_preston_blair),
        vat=VatOptions(vat_axes, vat_texels, vat_size),
    )
    manner = style_of(style, emotion, strength, layer, look_at, follow_voice)
    if batch is not None:
        if lines or append or replace or onto or mapping or write_mapping or part:
            raise typer.BadParameter(
                "it takes no LINE, --append, --replace, --onto or --range", param_hint="--batch"
            )
        recipe = Recipe(avatar, fps, seed, motion, manner, f".{format_.lstrip('.').lower()}", options)
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
        plan.check(head)
        clips = []
        for done, line in enumerate(lines):
            sound = read_audio(line)
            clip = bake(
                sound.samples,
                sound.sample_rate_hz,
                head,
                line=line.stem,
                fps=fps or usual_fps(out, head),
                seed=seed,
                motion=motion,
                style=manner,
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
