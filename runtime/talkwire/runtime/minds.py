"""The motion networks that ship: one to talk with, one to bake with."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from talkwire.runtime.engine import Engine
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import EngineError
from talkwire.runtime.mind import Mind
from talkwire.runtime.voices import Voices
from talkwire.runtime.whole_mind import WholeMind

AnyMind = Mind | WholeMind


class Preset(StrEnum):
    """live gives motion a tenth of a second after the sound; quality once it has heard what follows."""

    live = "live"
    quality = "quality"


_GRAPHS: Final[Mapping[Preset, str]] = {
    Preset.live: "motion_live.onnx",
    Preset.quality: "motion_quality.onnx",
}


def open_mind(preset: Preset = Preset.live) -> AnyMind:
    """A new mind on a network that ships. Minds share the loaded graph: their state is their own."""
    return mind_of(_engine(_GRAPHS[preset]))


def open_voices(engine: Engine | None = None) -> Voices:
    """Voices for minds that are to think together, of the live network that ships. engine: which runs it."""
    return Voices(engine or _engine(_GRAPHS[Preset.live]))


def mind_of(engine: Engine) -> AnyMind:
    """A new mind on any motion network. Raises EngineError when the graph is none."""
    return WholeMind(engine) if "window_steps" in engine.metadata else Mind(Voices(engine))


def motion_graphs(*presets: Preset) -> dict[str, bytes]:
    """The ONNX files of these networks, of both where none is named, by name."""
    return {f"motion_{preset}": _read(_GRAPHS[preset]) for preset in presets or _GRAPHS}


@cache
def _engine(file: str) -> Engine:
    return OnnxEngine(_read(file), name=file)


def _read(file: str) -> bytes:
    try:
        return (files("talkwire.runtime") / "data" / file).read_bytes()
    except OSError:
        raise EngineError(
            "a shipped motion network is missing",
            seen="no such file",
            wanted=f"talkwire/runtime/data/{file}",
            cure="reinstall talkwire",
        ) from None
