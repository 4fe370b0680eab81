"""`talkwire doctor`: what is installed, what works here, and what to install for the rest."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from talkwire.bridge.playing.sinks import DeviceSink
from talkwire.runtime.avatar import shipped_avatars
from talkwire.runtime.cards import find_card
from talkwire.runtime.engines import Kind, check
from talkwire.runtime.errors import TalkwireError
from talkwire.runtime.render import describe_gl


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. cure is empty when there is nothing to do."""

    topic: str
    works: bool
    detail: str
    cure: str = ""
    required: bool = False


# package -> what it is for, and how to get it; the base install comes first and is required
BASE = (
    *("numpy", "onnxruntime", "soundfile", "soxr", "pyzmq"),
    *("msgpack", "prometheus-client", "pygltflib", "pillow", "typer", "rich"),
)
EXTRAS = {
    "render": ("moderngl", "av", "matplotlib"),
    "usd": ("usd-core",),
    "vat": ("OpenEXR",),
    "audio": ("sounddevice",),
    "train": ("torch", "onnx", "onnxscript", "scipy", "libigl", "xatlas", "mediapipe"),
    "trt-rtx": ("tensorrt-rtx", "cuda-bindings"),
}


def doctor() -> None:
    """Say what is installed, which engines and cards are usable, and what to install for the rest.

    Exits with 9 when something the base install needs is missing.

    Example: `talkwire doctor`
    """
    findings = [*_machine(), *_packages(), *_engines(), *_pictures(), *_sound(), *_avatars()]
    table = Table("", "what", Column("found", overflow="fold"), Column("to do", overflow="fold"))
    for finding in findings:
        mark = "[green]yes" if finding.works else "[red]no" if finding.required else "[yellow]no"
        table.add_row(mark, finding.topic, escape(finding.detail), escape(finding.cure))
    Console().print(table)
    if any(finding.required and not finding.works for finding in findings):
        raise typer.Exit(9)


def _machine() -> list[Finding]:
    system, python = f"{platform.system()} {platform.machine()}", platform.python_version()
    return [Finding("machine", True, f"{system}, {os.cpu_count()} cores, Python {python}")]


def _packages() -> list[Finding]:
    found = [_package(name, "pip install talkwire", required=True) for name in BASE]
    for extra, names in EXTRAS.items():
        cure = f"pip install 'talkwire[{extra}]'"
        if extra == "train":
            cure = f"pip install torch==2.13.0, then {cure}"
        found += [_package(name, cure) for name in names]
    return found


def _package(name: str, cure: str, *, required: bool = False) -> Finding:
    try:
        return Finding(name, True, importlib.metadata.version(name), required=required)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, False, "not installed", cure, required)


def _engines() -> list[Finding]:
    card = _try("card", lambda: str(find_card()))
    if not card.works:
        card = replace(card, cure="none needed: nova runs on the CPU")
    return [card, *(_try(f"engine: {kind}", partial(check, kind)) for kind in Kind if kind is not Kind.auto)]


def _pictures() -> list[Finding]:
    return [_try("offscreen OpenGL", describe_gl)]


def _sound() -> list[Finding]:
    def device() -> str:
        DeviceSink().close()
        return "the default output"

    return [_try("loudspeaker", device)]


def _avatars() -> list[Finding]:
    names = ", ".join(path.stem for path in shipped_avatars())
    cure = "" if names else "reinstall talkwire"
    return [Finding("avatars", bool(names), names or "none", cure, required=True)]


def _try(topic: str, attempt: Callable[[], str]) -> Finding:
    try:
        return Finding(topic, True, attempt())
    except TalkwireError as error:
        return Finding(topic, False, str(error.seen), error.cure)
