"""The fusion network: what was drawn is set into the crop, and where they meet they are mended.

The crop is known in a ring around the mask. There both are mixed, by the soft mask with which the runtime
pastes, and a U-Net of three levels adds what it has learned to be missing. It begins with nothing, so that
it mends and does not repaint; where the crop alone is shown it has no say.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from talkwire.runtime.g4g_geometry import soft_mask
from talkwire.training.g4g.encoders import Sizes, Widths
from talkwire.training.g4g.generator import exactly
from talkwire.training.g4g.layers import FOLD, bent, conv, enlarged, zeroed

INPUTS = 7  # drawn, masked crop, soft mask


class Fusion(nn.Module):
    """(drawn, masked crop), [B, 3, H, W] each, to the picture. mends: False mixes only."""

    soft_1x1xhxw: Tensor

    def __init__(self, side: int, widths: Widths, *, mends: bool = True) -> None:
        super().__init__()
        self.register_buffer("soft_1x1xhxw", torch.from_numpy(soft_mask(side))[None, None], persistent=False)
        self.mends, self.sizes = mends, Sizes.of(side)
        if mends:
            width = widths.fusion
            self.fold, self.unfold = nn.PixelUnshuffle(FOLD), nn.PixelShuffle(FOLD)
            self.top = conv(INPUTS * FOLD**2, width)
            self.middle = conv(width, 2 * width, stride=2)
            self.bottom = conv(2 * width, 3 * width, stride=2)
            self.deepest = conv(3 * width, 2 * width)
            self.to_middle = conv(4 * width, width)
            self.to_top = conv(2 * width, width)
            self.residual = zeroed(conv(width, 3 * FOLD**2))

    def forward(self, drawn: Tensor, masked: Tensor) -> Tensor:
        """[B, 3, H, W]; in [0, 1] but for what is mended too much: cut off, that would learn no more."""
        soft = self.soft_1x1xhxw
        mixed = soft * drawn + (1 - soft) * masked
        if not self.mends:
            return mixed
        known = torch.cat([drawn, masked, soft.expand(drawn.shape[0], -1, -1, -1)], dim=1)
        top = bent(self.top(self.fold(known)))
        middle = bent(self.middle(top))
        x = bent(self.deepest(bent(self.bottom(middle))))
        x = bent(self.to_middle(torch.cat([enlarged(x, self.sizes.quarter), middle], dim=1)))
        x = bent(self.to_top(torch.cat([enlarged(x, self.sizes.half), top], dim=1)))
        mended: Tensor = mixed + soft * self.unfold(exactly(self.residual, x))
        return mended
