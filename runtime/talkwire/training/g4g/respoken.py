"""The avatar as it is used: its own video says what is heard in another one.

A generator could follow its surroundings, cheeks and jaw, in place of the sound, and still do well in the
very frame that it fills. Here the surroundings are the avatar's base frames, which know nothing of the line.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.g4g import G4gAvatar
from talkwire.runtime.g4g_geometry import FPS, HEARD_COLUMNS, WINDOW, ping_pong
from talkwire.runtime.texture_file import rgb_pixels
from talkwire.runtime.types import Float32
from talkwire.training.capture import UInt8
from talkwire.training.g4g.footage import NETWORKS, Footage
from talkwire.training.g4g.lips import Progress, TrueLips, look, spoken_figures
from talkwire.training.g4g.measures import aperture
from talkwire.training.g4g.takes import laid

UNEDITED: Final = "its video alone"


def respoken_figures(
    avatar: G4gAvatar, footage: Footage, true: TrueLips, say: Progress = lambda share: None
) -> dict[str, dict[str, Any]]:
    """`lips.spoken_figures` by network, against the lips of the line's own video; and of the avatar's video
    as it was filmed, which no line moves.
    """
    pictures = {
        name: _speaking(avatar, some) for name, some in zip(NETWORKS, footage.heard_kxnx5xc, strict=True)
    }
    pictures[UNEDITED] = partial(_silent, avatar)
    figures = {}
    for done, (name, picture) in enumerate(pictures.items()):
        found = look(footage, picture)
        figures[name] = spoken_figures(aperture(found, found), true, footage)
        say((done + 1) / len(pictures))
    return figures


def _silent(avatar: G4gAvatar, n: int) -> UInt8:
    frames = avatar.data.frames
    return rgb_pixels(frames[ping_pong(n / FPS, len(frames))])


def _speaking(avatar: G4gAvatar, heard_nx5xc: Float32) -> Callable[[int], UInt8]:
    def picture(n: int) -> UInt8:
        weights = np.zeros((WINDOW, len(ARKIT_NAMES)), np.float32)
        weights[:, HEARD_COLUMNS] = heard_nx5xc[n]
        whole, mouth = avatar.painted([weights], [n / FPS])[0]
        return laid(np.array(whole.rgb_hxwx3), mouth)

    return picture
