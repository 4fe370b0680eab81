"""Morphable heads by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from talkwire.runtime.errors import TrainingError
from talkwire.training.capture import Capture
from talkwire.training.heads.ict import load_ict_head
from talkwire.training.heads.morphable import MorphableHead
from talkwire.training.heads.nova import load_nova_head

HEADS: Final[Mapping[str, Callable[[], MorphableHead]]] = {
    "ict": load_ict_head,
    "nova": load_nova_head,
}


def fitted_head(capture: Capture) -> MorphableHead:
    """The family of a capture, with its face's own rest as the shape that all weights count from."""
    return load_head(capture.card.head).resting(capture.rest_52)


def load_head(name: str) -> MorphableHead:
    """A family by the name that a person gives or that a capture's card holds; "auto" is ICT where its file
    is found, else nova. Raises TrainingError.
    """
    if name == "auto":
        try:
            return load_ict_head()
        except TrainingError:
            return load_nova_head()
    for known, load in HEADS.items():
        if name.startswith(known):
            return load()
    raise TrainingError(
        "no such morphable head", seen=name, wanted=f"auto, {' or '.join(HEADS)}", cure="choose one of them"
    )
