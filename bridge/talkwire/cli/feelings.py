"""Emotion and liveliness, as options of every command that speaks."""

from __future__ import annotations

from typing import Annotated

import typer

from talkwire.runtime.style import EMOTIONS, MOST_STRENGTH, Style

Emotion = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=SHARE", help=f"{', '.join(EMOTIONS)}: from 0 to 1. May be repeated."),
]
Strength = Annotated[float, typer.Option(help=f"Of the lips: 1 as a calm man, at most {MOST_STRENGTH:g}.")]


def style_of(emotion: list[str] | None, strength: float) -> Style:
    """NAME=SHARE as typed, a bare NAME as all of it. Raises StyleError, and typer.BadParameter for a share
    that is no number.
    """
    shares = {}
    for one in emotion or []:
        name, _, share = one.partition("=")
        try:
            shares[name] = float(share or 1)
        except ValueError:
            raise typer.BadParameter(f"{one!r}: saw {share!r}, wanted a number from 0 to 1") from None
    return Style(shares, strength)
