"""A trained model to an avatar: the references' maps, once; the rest as a graph; the base clip's frames."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch
from PIL import Image

from talkwire.runtime.avatar_card import AvatarCard
from talkwire.runtime.g4g import G4gAvatar
from talkwire.runtime.g4g_file import G4gData
from talkwire.runtime.g4g_geometry import WINDOW
from talkwire.runtime.picture_card import picture_card
from talkwire.training.capture import UInt8
from talkwire.training.g4g.batches import Batches
from talkwire.training.g4g.footage import Footage
from talkwire.training.g4g.model import MouthModel
from talkwire.training.g4g.stretch import choose_stretch
from talkwire.training.g4g.trainer import Trainer
from talkwire.training.heads.points import LEFT_EYE, RIGHT_EYE
from talkwire.training.onnx_export import check_graph, to_onnx

QUALITIES: Final = (92, 85, 75)  # of JPEG, the first with which the frames are small enough
MOST_BYTES: Final = 18_000_000
TOLERANCE: Final = 2e-3  # of a colour in [0, 1]: half a level
MAPS: Final = ("maps_quarter", "maps_half")
CHECKED: Final = 3  # frames
OPSET: Final = 18  # the oldest that the exporter knows, for engines that are no newer

Progress = Callable[[str, float], None]


@torch.no_grad()
def compile_avatar(
    trainer: Trainer, card: AvatarCard, figures: dict[str, Any], progress: Progress
) -> G4gAvatar:
    """figures: shown in the card. Raises TrainingError where the graph is not the network, or where the
    footage has no second to put mouths into; MissingDependency.
    """
    footage, model = trainer.batches.footage, trainer.networks.model.cpu().eval()
    progress("base clip", 0.0)
    stretch = choose_stretch(footage)
    frames = encode_frames([np.asarray(frame) for frame in footage.frames_nxhxwx3[stretch]])
    progress("graph", 0.5)
    exact = model.reference(trainer.references_rx3xhxw.cpu())
    maps = tuple(one.half().float() for one in exact)  # as they are kept
    data = G4gData(
        frames=frames,
        size_hw=footage.size_hw,
        side=footage.side,
        radius_px=footage.radius_px,
        centres_nx2=footage.centres_nx2[stretch],
        drawings_nxhxw=np.array(footage.drawings_nxhxw[stretch]),
        maps_quarter=maps[0].numpy().astype(np.float16),
        maps_half=maps[1].numpy().astype(np.float16),
        graph=export(model, trainer.batches, maps),
    )
    texture = picture_card(frames[0], footage.size_hw, eyes_px(footage))
    progress("graph", 1.0)
    return G4gAvatar(card, texture, data, figures)


def export(model: MouthModel, batches: Batches, maps: tuple[torch.Tensor, ...]) -> bytes:
    """frame.onnx, checked on frames of the footage, and on black and white ones that hear nothing and
    everything.
    """
    some = batches.frames_k[np.linspace(0, len(batches.frames_k) - 1, CHECKED).astype(int)]
    real = {
        "crop": batches.crops(some),
        "drawing": batches.drawings(some),
        "heard": torch.from_numpy(batches.footage.heard_kxnx5xc[0, some]),
    }
    kept = dict(zip(MAPS, maps, strict=True))
    graph = to_onnx(model, {**real, **kept}, ["rgb"], {"window": str(WINDOW)}, alone=MAPS, opset=OPSET)
    for feeds in (
        real,
        {name: feed[:1] for name, feed in real.items()},
        *({name: torch.full_like(feed[:2], level) for name, feed in real.items()} for level in (0.0, 1.0)),
    ):
        check_graph(model, graph, {**feeds, **kept}, TOLERANCE)
    return graph


def encode_frames(frames: list[UInt8]) -> tuple[bytes, ...]:
    """JPEGs, as good as MOST_BYTES allow."""
    for quality in QUALITIES:
        encoded = tuple(_jpeg(frame, quality) for frame in frames)
        if sum(map(len, encoded)) <= MOST_BYTES:
            break
    return encoded


def eyes_px(footage: Footage) -> float:
    """Between the middles of the eyes, in the median frame."""
    eyes = [
        footage.landmarks_nx478x2[footage.usable][:, list(eye)].mean(axis=1) for eye in (LEFT_EYE, RIGHT_EYE)
    ]
    return float(np.median(np.linalg.norm(eyes[0] - eyes[1], axis=1)))


def _jpeg(frame_hxwx3: UInt8, quality: int) -> bytes:
    data = io.BytesIO()
    Image.fromarray(frame_hxwx3).save(data, "JPEG", quality=quality)
    return data.getvalue()
