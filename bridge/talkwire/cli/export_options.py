"""The options of `talkwire export`, each with its help, by the panels in which the help shows them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from talkwire.exporters import (
    WRITERS,
    Audio,
    Axes,
    Compress,
    HeadPose,
    Morphs,
    Texels,
    Texture,
    Textures,
)
from talkwire.runtime.minds import Preset

_FORMATS: Final = "\n".join(f"- `{suffix}` {written.says}" for suffix, written in WRITERS.items())
_GLTF = partial(typer.Option, rich_help_panel="glTF: .glb and .gltf")
_LINES = partial(typer.Option, rich_help_panel="More lines, and characters of your own")
_OTHER = partial(typer.Option, rich_help_panel="Other formats")
_BATCH = partial(typer.Option, rich_help_panel="A list of lines")

Out = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        metavar="OUT",
        help=f"The file to write, or with --batch a folder. Its ending says what:\n\n{_FORMATS}",
    ),
]
Lines = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="LINE.wav...",
        help="The voice line: WAV, FLAC, OGG or MP3. Several become animations of one .glb or .gltf.",
    ),
]
Fps = Annotated[
    int | None,
    typer.Option(min=1, max=240, help="Frames a second.", show_default="60, or a video as it was filmed"),
]
AvatarName = Annotated[str, typer.Option(help="A shipped avatar's name, or a file.")]
Seed = Annotated[int, typer.Option(min=0, help="Of blinks, gaze and sway; one seed, one clip.")]
Motion = Annotated[
    Preset, typer.Option(help="quality hears what follows; live gives the frames that are streamed.")
]
Part = Annotated[
    str | None,
    typer.Option(
        "--range", metavar="START:END", help="This part of the line, in seconds; it moves as in the whole."
    ),
]

Tolerance = Annotated[float, _GLTF(help="How far a vertex may be off for fewer keys, in mm. 0 keeps all.")]
MorphsOf = Annotated[
    Morphs,
    _GLTF(help="arkit has the 52 shapes by name; basis is near to a learned head, but has no names."),
]
HeadPoseOn = Annotated[
    HeadPose,
    _GLTF(help="The head's motion is on the node above the mesh, or baked into it by a skin's bone."),
]
CompressBy = Annotated[
    Compress, _GLTF(help="quantize has integers for floats, meshopt packs these, too; the tolerance holds.")
]
TextureAs = Annotated[
    Texture, _GLTF(help="The skin's picture. webp and ktx2 are small, and not for every reader.")
]
TexturesThat = Annotated[
    Textures, _GLTF(help="animated puts what of a learned head's skin changes beside it, as a flipbook.")
]
AudioWhere = Annotated[
    Audio, _GLTF(help="The sound as a file beside it, or inside a .glb (KHR_audio_emitter).")
]

Append = Annotated[bool, _LINES("--append", help="Keep the lines that OUT holds already, and add to them.")]
Replace = Annotated[bool, _LINES("--replace", help="With --append: in place of lines of the same names.")]
Onto = Annotated[
    Path | None,
    _LINES(
        metavar="CHARACTER.glb",
        help="A character of your own: the lines move its shapes (ARKit, visemes, VRM) and head bone.",
    ),
]
Mapping = Annotated[
    Path | None,
    _LINES(metavar="FILE.json", help="With --onto: which shape gets what, instead of a guess."),
]
WriteMapping = Annotated[
    Path | None, _LINES(metavar="FILE.json", help="With --onto: write the guess, to be edited.")
]

Size = Annotated[
    int | None,
    _OTHER(help="Video: height in pixels; heads are as wide.", show_default="512, or as it was filmed"),
]
Mark = Annotated[bool, _OTHER("--mark/--no-mark", help="Video: the word 'generated' in a corner.")]
ExtendedShapes = Annotated[
    str, _OTHER(help="Rhubarb: which of the mouth shapes G, H and X there are; '' for none.")
]
DatFrameRate = Annotated[
    float, _OTHER(help="Rhubarb's .dat: frames a second of the Moho or OpenToonz project.")
]
DatPrestonBlair = Annotated[
    bool,
    _OTHER("--dat-preston-blair", help="Rhubarb's .dat: shapes by OpenToonz' names: AI, E, etc."),
]
VatAxes = Annotated[Axes, _OTHER(help="Vertex animation textures: in whose axes and unit; the mesh is glTF.")]
VatTexels = Annotated[
    Texels, _OTHER(help="Vertex animation textures: EXR of halves or floats, or 16 bits in two PNGs.")
]
VatSize = Annotated[int, _OTHER(help="Vertex animation textures: as wide and high as one may be, in pixels.")]

Batch = Annotated[
    Path | None,
    _BATCH(
        metavar="LINES.csv",
        help="A list of lines, each into a file of its own in the folder OUT. Columns: line, out, and "
        "any of these options for its row. What is finished is not done again.",
    ),
]
Jobs = Annotated[int | None, _BATCH(min=1, help="Processes.", show_default="one a core")]
Cluster = Annotated[
    str | None, _BATCH(metavar="ADDRESS", help="By Ray: local, auto, HOST:PORT or ray://HOST:PORT.")
]
Format = Annotated[str, _BATCH("--format", help="Of lines whose row says nothing else.")]
Pictures = Annotated[bool, _BATCH(help="A picture of each line in OUT/index.html.")]
