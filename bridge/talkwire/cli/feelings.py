"""How a face speaks and feels, as options of every command that speaks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from talkwire.runtime.style import EMOTIONS, LAYERS, MOST_STRENGTH, Style

Emotion = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=SHARE", help=f"{', '.join(EMOTIONS)}: from 0 to 1. May be repeated."),
]
Strength = Annotated[float, typer.Option(help=f"Of the lips: 1 as a calm man, at most {MOST_STRENGTH:g}.")]
Layer = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=SHARE", help=f"{', '.join(LAYERS)}: 0 is off, 1 as it is. May be repeated."),
]
LookAt = Annotated[
    str | None,
    typer.Option(metavar="YAW,PITCH", help="What to look at, in degrees: to the face's left, and up."),
]
FollowVoice = Annotated[
    float, typer.Option(help="From 0 to 1: how far strength and emotions go with the voice's effort.")
]


def style_of(
    emotion: Iterable[str] | None,
    strength: float,
    layer: Iterable[str] | None,
    look_at: str | None,
    follow_voice: float,
) -> Style:
    """Options as typed, a bare emotion as all of it. Raises StyleError, and typer.BadParameter for what is no
    number.
    """
    return Style(
        _shares(emotion, rest="1"),
        strength,
        layers=_shares(layer, rest=""),
        look_at_deg=None if look_at is None else _degrees(look_at),
        follow_voice=follow_voice,
    )


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
