"""A trained head as graphs for the runtime: whatever depends on the place alone is a constant in them, in
half precision, which a runtime widens once, when it loads them.

feeds    codes [N, 52, W] float32: ARKit weights of W frames, 1 / 25 s apart, the last one is now
geometry      -> vertices [N, V, 3] float32 metres, the skin
coefficients  -> coefficients [N, K] float32, of the basis that stands for the skin
change        -> change [N, P, 3] float32, of the sRGB of P texels against no expression
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from talkwire.training.dyntet.grid import Int64
from talkwire.training.dyntet.light import to_srgb
from talkwire.training.dyntet.model import HeadModel
from talkwire.training.dyntet.networks import LONGEST_REACH_M

MEAN_OF: Final = 40  # expressions: what a place looks like in the mean


class Offsets(nn.Module):
    """Offsets at some places: [N, 52, W] to [N, P, 3] metres."""

    def __init__(self, model: HeadModel, places_px3: Tensor) -> None:
        super().__init__()
        with torch.no_grad():
            place = model.place(places_px3)
            score, features = place.score_p, place.features_pxtx3
            if not model.ablation.elastic_scaling:
                score = torch.full_like(score, LONGEST_REACH_M)
        self.features: Tensor  # [terms, 3 P]
        self.score: Tensor
        self.register_buffer("features", features.transpose(0, 1).flatten(1).contiguous().half())
        self.register_buffer("score", score[:, None].repeat(1, 3))
        self.encoder, self.expression = model.encoder, model.offset.expression

    def forward(self, codes: Tensor) -> Tensor:
        """As in the class."""
        direction = self.expression(self.encoder(codes)) @ self.features.float()
        return torch.tanh(direction.unflatten(1, (-1, 3))) * self.score


class Geometry(nn.Module):
    """[N, 52, W] to vertices [N, V, 3], all of the skin's or those of some rows."""

    def __init__(self, model: HeadModel, rows_m: Int64 | None = None) -> None:
        super().__init__()
        rest = model.rest_vx3
        assert rest is not None
        rows = torch.arange(len(rest)) if rows_m is None else torch.from_numpy(rows_m)
        self.offsets = Offsets(model, model.moves_at_vx3[rows])
        self.rest: Tensor
        self.register_buffer("rest", rest.detach()[rows].clone())

    def forward(self, codes: Tensor) -> Tensor:
        """As in the class."""
        out: Tensor = self.rest + self.offsets(codes)
        return out


class Change(nn.Module):
    """[N, 52, W] to how the sRGB colours [N, P, 3] of places on the skin differ from still ones."""

    def __init__(
        self, model: HeadModel, places_px3: Tensor, still_px3: Tensor, share_p: Tensor, seen_sx52xw: Tensor
    ) -> None:
        """places_px3: lattice.  still_px3: linear albedo without an expression.  share_p: how much of the
        change counts.  seen_sx52xw: expressions of the video: what it did not show is coloured like
        something near that it did, since networks make up colours for the rest: along each principal
        direction of what the features do in the video, they go no farther than there.
        """
        super().__init__()
        colour = model.colour
        with torch.no_grad():
            features = torch.cat([colour.features(some) for some in torch.split(places_px3, 65536)])
            code = model.encoder(seen_sx52xw)
            expressions = colour.expression(code if model.ablation.conditioned_colour else code * 0)
            some = expressions[:: max(1, len(expressions) // MEAN_OF)][:MEAN_OF]
            field = torch.zeros_like(still_px3)
            for expression in some:
                field += colour.of_features(features, expression)[..., :3] / len(some)
        self.encoder, self.colour = model.encoder, colour
        self.conditioned = model.ablation.conditioned_colour
        self.features: Tensor
        self.detail: Tensor
        self.share: Tensor
        self.still: Tensor
        self.middle: Tensor
        self.directions: Tensor
        self.low: Tensor
        self.high: Tensor
        self.register_buffer("features", features.half())
        self.register_buffer("detail", still_px3 - field)
        self.register_buffer("share", share_p[:, None].clone())
        self.register_buffer("still", to_srgb(still_px3.clamp(0, 1)))
        middle = expressions.mean(dim=0)
        directions = torch.linalg.svd((expressions - middle).T @ (expressions - middle)).U
        along = (expressions - middle) @ directions
        self.register_buffer("middle", middle)
        self.register_buffer("directions", directions)
        self.register_buffer("low", along.amin(dim=0))
        self.register_buffer("high", along.amax(dim=0))

    def forward(self, codes: Tensor) -> Tensor:
        """As in the class."""
        code = self.encoder(codes)
        code = code if self.conditioned else code * 0
        along = (self.colour.expression(code) - self.middle) @ self.directions
        along = torch.minimum(torch.maximum(along, self.low), self.high)
        expression = self.middle + along @ self.directions.T
        albedo = self.colour.of_features(self.features.float(), expression[:, None])[..., :3]
        skin = to_srgb((albedo + self.detail).clamp(0, 1))
        return (skin - self.still) * self.share
