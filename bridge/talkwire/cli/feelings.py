"""How a face speaks and feels, as options of every command that speaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from talkwire.runtime.style import EMOTIONS, LAYERS, MOST_STRENGTH, Style
from talkwire.runtime.style_file import read_style

Emotion = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=SHARE", help=f"{', '.join(EMOTIONS)}: from 0 to 1. May be repeated."),
]
StyleFile = Annotated[
    Path | None,
    typer.Option(
        "--style",
        metavar="FILE.toml",
        help="Strength, emotions, layers, gaze, and gains and limits by shape; the options here win over it.",
    ),
]
Strength = Annotated[
    float | None,
    typer.Option(help=f"Of the lips: 1 as a calm man, at most {MOST_STRENGTH:g}.", show_default="1.0"),
]
Layer = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=SHARE", help=f"{', '.join(LAYERS)}: 0 is off, 1 as it is. May be repeated."),
]
LookAt = Annotated[
    str | None,
    typer.Option(metavar="YAW,PITCH", help="What to look at, in degrees: to the face's left, and up."),
]
FollowVoice = Annotated[
    float | None,
    typer.Option(
        help="From 0 to 1: how far strength and emotions go with the voice's effort.",
        show_default="0.0",
    ),
]


def style_of(
    style: Path | None,
    emotion: Iterable[str] | None,
    strength: float | None,
    layer: Iterable[str] | None,
    look_at: str | None,
    follow_voice: float | None,
) -> Style:
    """Options as typed, a bare emotion as all of it, over those of a file. Raises StyleError, and
    typer.BadParameter for what is no number.
    """
    base = Style() if style is None else read_style(style)
    typed: dict[str, Any] = {
        "emotions": {**base.emotions, **_shares(emotion, rest="1")},
        "layers": {**base.layers, **_shares(layer, rest="")},
        "strength": strength,
        "look_at_deg": None if look_at is None else _degrees(look_at),
        "follow_voice": follow_voice,
    }
    return replace(base, **{name: value for name, value in typed.items() if value is not None})


def _shares(typed: Iterable[str] | None, rest: str) -> dict[str, float]:
    shares = {}
    for one in typed or []:
        name, _, share = one.partition("=")
        try:
            shares[name] = float(share or rest)
        except ValueError:
            raise typer.BadParameter(f"{one!r}: saw {share!r}, wanted NAME=SHARE, a number") from None
    return shares


def _degrees(typed: str) -> tuple[float, float]:
    try:
        yaw, pitch = (float(part) for part in typed.split(","))
    except ValueError:
        raise typer.BadParameter(f"saw {typed!r}, wanted YAW,PITCH", param_hint="--look-at") from None
    return yaw, pitch
