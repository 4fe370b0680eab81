"""The steps of each stage, and what is looked at on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch
from torch import Tensor

from talkwire.runtime.g4g_geometry import WINDOW
from talkwire.training.devices import moved
from talkwire.training.g4g.alignment import WINDOW_OF, diagonal_loss, near_positives, own_loss, similarity
from talkwire.training.g4g.batches import Batch, Batches, Int64
from talkwire.training.g4g.critics import critics_loss, persuasion_loss
from talkwire.training.g4g.losses import picture_terms
from talkwire.training.g4g.model import Networks, Spoken, held_still
from talkwire.training.g4g.recipe import Recipe
from talkwire.training.g4g.regions import masks_of, mouths_of
from talkwire.training.g4g.sync import TRUSTED, off_sync, sync_loss

Terms = Mapping[str, Tensor]
SYNC_PAIRS: Final = 48
HARDER: Final = 3.0  # times the noise, where sounds are told apart: else stretches are learned by heart
CRITICS_FROM: Final = 0.78  # share of all steps, or of the time: from there on they are believed


@dataclass
class Trainer:
    """Everything a step needs. `share` is how much of all is done."""

    networks: Networks
    recipe: Recipe
    batches: Batches
    held_k: Int64  # frames to judge by
    references_r: Int64  # frames that are references
    references_rx3xhxw: Tensor
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def __post_init__(self) -> None:
        # true and drawn masks of the last step, for the critics
        self.shown: tuple[Tensor, Tensor] | None = None

    @property
    def steps(self) -> Mapping[str, Callable[[float], Terms]]:
        """The step of each stage."""
        return {"sync": self.sync_step, "frame": self.frame_step, "clip": self.clip_step}

    @property
    def side(self) -> int:
        """M."""
        return self.batches.footage.side

    def half_precision(self) -> AbstractContextManager[None]:
        """Where the processor multiplies so natively, a step takes two thirds of the time."""
        kind = self.device.type
        able = kind == "cuda" or torch.cpu._is_avx512_bf16_supported()
        return torch.autocast(kind, torch.bfloat16, enabled=able)

    def sync_step(self, share: float) -> Terms:
        """Pairs in sync and off."""
        batches, sync = self.batches, self.networks.sync
        frames, others = off_sync(batches, batches.frames_k, SYNC_PAIRS)
        heard = [moved(batches.heard(k, noise=self.recipe.noise), self.device) for k in (frames, others)]
        with self.half_precision():
            logits = sync.of_pairs(moved(batches.seen(frames, varied=True), self.device), heard)
        return {"sync": sync_loss(logits)}

    def frame_step(self, share: float) -> Terms:
        """Single frames."""
        recipe = self.recipe
        batch = self.batches.frames(recipe.frames, borrowed=recipe.borrowed, noise=recipe.noise)
        return self._picture_step(moved(batch, self.device), clips=False)

    def clip_step(self, share: float) -> Terms:
        """Frames in a row, and critics."""
        recipe = self.recipe
        batch = self.batches.clips_of(recipe.clips, borrowed=recipe.borrowed, noise=recipe.noise)
        return self._picture_step(moved(batch, self.device), clips=True, believed=share > CRITICS_FROM)

    def criticise(self) -> Tensor:
        """What critics learn of the pictures that the last step made."""
        assert self.shown is not None
        true, drawn = self.shown
        critics = self.networks.critics
        with self.half_precision():
            return critics_loss(critics.score(true, clips=True), critics.score(drawn.detach(), clips=True))

    def maps(self) -> tuple[Tensor, Tensor]:
        """Of the references."""
        maps: tuple[Tensor, Tensor] = self.networks.model.reference(self.references_rx3xhxw)
        return maps

    def _picture_step(self, batch: Batch, *, clips: bool, believed: bool = False) -> Terms:
        model, self.shown = self.networks.model, None
        with self.half_precision():
            spoken = model.speak(batch.crop, batch.drawing, batch.heard, self.maps())
            terms = {
                name: of_b.mean()
                for name, of_b in picture_terms(
                    spoken.drawn, spoken.fused, batch.wanted, batch.weights_bx1xhxw
                ).items()
            }
            terms["drawing"] = model.intra.drawing_loss(spoken.aligned, batch.drawing)
            if self.recipe.ablation.diagonal:
                terms |= self._diagonal_terms(batch, spoken, clips=clips)
            if self.networks.sync_accuracy > TRUSTED:
                terms["sync"] = self._sync_term(batch, spoken, clips=clips)
            if clips:
                self.shown = masks_of(batch.wanted, self.side), masks_of(spoken.fused, self.side)
            if self.shown is not None and believed:
                with held_still(self.networks.critics):
                    terms["critics"] = persuasion_loss(self.networks.critics.score(self.shown[1], clips=True))
        return terms

    def _diagonal_terms(self, batch: Batch, spoken: Spoken, *, clips: bool) -> Terms:
        """Of true mouths and their sounds; of drawn mouths among these sounds and their own."""
        networks, batches = self.networks, self.batches
        moments = batches.moments(self.recipe.stretches)
        heard = moved(
            batches.heard(moments, noise=HARDER * self.recipe.noise, together=WINDOW_OF), self.device
        )
        v = networks.eye(moved(batches.seen(moments, varied=True), self.device))
        a = networks.a(networks.model.heard(heard))
        shots = batches.footage.shots_n
        near = near_positives(moments, moments, shots)
        terms = {"diagonal": diagonal_loss(similarity(v, a), moved(torch.from_numpy(near), self.device))}
        rows, mouths = self._drawn_windows(batch, spoken, clips=clips)
        frames = batch.frames_b[rows]
        own = networks.a(spoken.code[torch.from_numpy(rows)])
        with held_still(networks.eye):
            v_drawn = networks.eye(mouths)
        columns = np.concatenate([frames, moments])
        barred = near_positives(frames, columns, shots) | (frames[:, None] == columns[None])
        barred[np.arange(len(frames)), np.arange(len(frames))] = False
        scores = similarity(v_drawn, torch.cat([own, a]).detach())
        terms["own"] = own_loss(scores, moved(torch.from_numpy(barred), self.device))
        return terms

    def _sync_term(self, batch: Batch, spoken: Spoken, *, clips: bool) -> Tensor:
        rows, mouths = self._drawn_windows(batch, spoken, clips=clips)
        sync = self.networks.sync
        with held_still(sync):
            return torch.nn.functional.softplus(-sync(mouths, batch.heard[torch.from_numpy(rows)])).mean()

    def _drawn_windows(self, batch: Batch, spoken: Spoken, *, clips: bool) -> tuple[Int64, Tensor]:
        """Five drawn mouths each where a clip was drawn; else four true ones, and the drawn one last. And of
        which rows of the batch the last ones are.
        """
        drawn = mouths_of(spoken.fused, self.side)
        if clips:
            rows = np.arange(WINDOW - 1, len(drawn), WINDOW)
            return rows, drawn.reshape(-1, WINDOW, *drawn.shape[1:])
        true = moved(self.batches.seen(batch.frames_b, varied=False), self.device)
        return np.arange(len(drawn)), torch.cat([true[:, :-1], drawn[:, None]], dim=1)
