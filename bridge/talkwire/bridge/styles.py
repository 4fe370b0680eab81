"""A style as the wire carries it, and back."""

from __future__ import annotations

from typing import Final

from talkwire.bridge import wire
from talkwire.runtime.style import Style

FREE: Final = (0.0, 1.0)


def told(style: Style, ref: int, session: str, line: int = 0, pts: int = 0) -> wire.Style:
    """The message that says a style: from now on, or from sample pts of that line of the sender's."""
    shapes = {**style.gains, **style.offsets, **style.limits}
    return wire.Style(
        ref,
        session,
        float(style.strength),
        tuple((name, float(share)) for name, share in style.emotions.items()),
        tuple((name, float(share)) for name, share in style.layers.items()),
        () if style.look_at_deg is None else ((float(style.look_at_deg[0]), float(style.look_at_deg[1])),),
        float(style.follow_voice),
        tuple(
            (
                name,
                float(style.gains.get(name, 1.0)),
                float(style.offsets.get(name, 0.0)),
                float(style.limits.get(name, FREE)[0]),
                float(style.limits.get(name, FREE)[1]),
            )
            for name in shapes
        ),
        line,
        pts,
    )


def style_of(message: wire.Style) -> Style:
    """The style that a message says. Raises StyleError for names and limits that make no sense."""
    return Style(
        dict(message.emotions),
        message.strength,
        gains={name: gain for name, gain, *_ in message.shapes},
        offsets={name: offset for name, _, offset, *_ in message.shapes},
        limits={name: (least, most) for name, _, _, least, most in message.shapes},
        layers=dict(message.layers),
        look_at_deg=message.look_at_deg[0] if message.look_at_deg else None,
        follow_voice=message.follow_voice,
    )
