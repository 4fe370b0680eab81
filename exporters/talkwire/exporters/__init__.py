"""Baked clips: glTF, video, curves and raw arrays.

clip = bake(audio.samples, audio.sample_rate_hz, load_avatar(find_avatar("nova")), line="hello")
write_clip(clip, Path("hello.glb"))
"""

from talkwire.exporters.clip import Clip, bake
from talkwire.exporters.curves.rhubarb_options import RhubarbOptions
from talkwire.exporters.excerpt import Excerpt, cut
from talkwire.exporters.inspection.report import Report, inspect
from talkwire.exporters.lines import Place, Plan, plan_lines
from talkwire.exporters.options import Audio, Compress, HeadPose, Morphs, Options, Texture, Textures
from talkwire.exporters.vat.options import Axes, Texels, VatOptions
from talkwire.exporters.write import WRITERS, check_out, usual_fps, write_clip

__all__ = [
    "WRITERS",
    "Audio",
    "Axes",
    "Clip",
    "Compress",
    "Excerpt",
    "HeadPose",
    "Morphs",
    "Options",
    "Place",
    "Plan",
    "Report",
    "RhubarbOptions",
    "Texels",
    "Texture",
    "Textures",
    "VatOptions",
    "bake",
    "check_out",
    "cut",
    "inspect",
    "plan_lines",
    "usual_fps",
    "write_clip",
]
