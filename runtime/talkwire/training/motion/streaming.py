"""The first layers of Whisper's encoder, made to hear while sound arrives: causal, and a step at a time.

Whisper hears half a minute at once and tells places by sinusoids of the time since its beginning, on which
its attention rests. Here a step attends to itself and to the second before it. Sinusoids that turn within
three seconds go on turning, in whole turns a minute, so that an hour is like the first minute; slower ones
stand still, as two seconds after the beginning. Begun with Whisper's weights and trained on, it keeps what
those know of voices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from talkwire.runtime.ear import N_MELS
from talkwire.training.motion.whisper import HEADS, WIDTH, Whisper

LAYERS: Final = 3  # of Whisper's four; each costs 3 ms a second
RECENT_STEPS: Final = 50  # that a step attends to, its own among them
ROWS_BEFORE: Final = 3  # rows that a step hears beside its own two
PERIOD_STEPS: Final = 3000  # after which places are the same again
SLOWEST_STEPS: Final = 150  # that a sinusoid takes to turn, of those that do
SLOWEST_OF_ALL: Final = 1e4  # steps that the last of them takes for a radian
STILL_STEP: Final = 100  # at which slower ones stand
STATE_SIZE: Final = 1 + ROWS_BEFORE * N_MELS
_UNKNOWN: Final = -1e4  # added to attention to what was before the first step
_HEAD_WIDTH: Final = WIDTH // HEADS
RING: Final = (HEADS, RECENT_STEPS - 1, _HEAD_WIDTH)
RINGS: Final = tuple(f"{kind}_{layer}" for layer in range(LAYERS) for kind in ("key", "value"))
"""What each layer keeps of the steps before, in any order: keys know their place."""


class Streaming(nn.Module):
    """Shades [N, T, 2, 80], loudness in Whisper's scale, to features [N, T, 384]: each knows all rows until
    the end of its step, and is centred on the middle one of the last three.
    """

    def __init__(self, whisper: Whisper | None = None) -> None:
        super().__init__()
        self.near1 = nn.Linear(3 * N_MELS, WIDTH)  # Whisper's convolutions, as products
        self.near2 = nn.Linear(3 * WIDTH, WIDTH)
        turns, phase = _sinusoids()
        self.turns, self.phase = nn.Buffer(turns, persistent=False), nn.Buffer(phase, persistent=False)
        self.layers = nn.ModuleList(_RecentLayer() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        if whisper is not None:
            self._begin_as(whisper)

    @torch.no_grad()
    def _begin_as(self, whisper: Whisper) -> None:
        in_our_bands = torch.einsum("oik,ji->okj", whisper.conv1.weight, whisper.bands_80x80)
        self.near1.weight.copy_(in_our_bands.flatten(1))
        self.near2.weight.copy_(whisper.conv2.weight.permute(0, 2, 1).flatten(1))
        self.near1.bias.data = whisper.conv1.bias.clone()
        self.near2.bias.data = whisper.conv2.bias.clone()
        self.norm.load_state_dict(whisper.norm.state_dict())
        for ours, theirs in zip(self.layers, whisper.layers, strict=False):
            ours.load_state_dict(theirs.state_dict())

    def forward(self, shades: Tensor, before: float) -> Tensor:
        """Whole sequences; before: the shade of rows before the first. In training each begins at a place
        of its own.
        """
        x = self._near(functional.pad(shades.flatten(1, 2), (0, 0, ROWS_BEFORE, 0), value=before))
        count = torch.arange(x.shape[1]).expand(x.shape[:2])
        if self.training:
            count = count + torch.randint(PERIOD_STEPS, (len(x), 1))
        x = x + self._places(count)
        for layer in self.layers:
            x = layer(x)
        features: Tensor = self.norm(x)
        return features

    def step(
        self, shades: Tensor, state: Tensor, rings: Sequence[Tensor], before: float
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """One step [N, 2, 80] of `forward`: features [N, 384], the next state, and what each ring is to keep
        of it [N, HEADS, 64]. state [N, STATE_SIZE] and rings [N, *RING] begin with zeros; a step is kept in
        place of the oldest.
        """
        count, rows = state.tensor_split([1], dim=1)
        rows = torch.cat([rows.reshape(-1, ROWS_BEFORE, N_MELS) + before, shades], dim=1)
        x = self._near(rows)[:, 0] + self._places(count)[:, 0]
        hidden = torch.where(torch.arange(RECENT_STEPS - 1) >= count, _UNKNOWN, 0.0)
        kept = []
        for layer, key, value in zip(self.layers, rings[::2], rings[1::2], strict=True):
            x, *now = cast(_RecentLayer, layer).step(x, key, value, hidden)
            kept += now
        again = count + 1 >= PERIOD_STEPS + RECENT_STEPS
        following = [torch.where(again, RECENT_STEPS, count + 1), (rows[:, 2:] - before).flatten(1)]
        return self.norm(x), torch.cat(following, dim=1), kept

    def _near(self, rows: Tensor) -> Tensor:
        """[N, 2 T + 3, 80] to [N, T, 384]."""
        return functional.gelu(self.near2(_threes(functional.gelu(self.near1(_threes(rows, 1))), 2)))

    def _places(self, count: Tensor) -> Tensor:
        """[N, T] steps since the beginning to [N, T, 384]."""
        turned = torch.remainder(count[..., None] * self.turns, PERIOD_STEPS)  # whole numbers: exact
        return torch.sin(turned * (2 * torch.pi / PERIOD_STEPS) + self.phase)


class _RecentLayer(nn.Module):
    """`whisper._Layer`, attending to the last steps only."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.ask, self.answer = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.wide, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        batch, steps, _ = x.shape
        asked = self.ask(self.norm1(x)).reshape(batch, steps, 3, HEADS, _HEAD_WIDTH)
        query, key, value = asked.permute(2, 0, 3, 1, 4).unbind(0)
        ago = torch.arange(steps)[:, None] - torch.arange(steps)
        heard = functional.scaled_dot_product_attention(query, key, value, (ago >= 0) & (ago < RECENT_STEPS))
        return self._moved(x, heard.transpose(1, 2).reshape(batch, steps, WIDTH))

    def step(self, x: Tensor, keys: Tensor, values: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x [N, 384], of the steps before keys and values [N, *RING], hidden [N, RING's steps] that is added
        to attention; and of this step the key and value.
        """
        asked = self.ask(self.norm1(x)).reshape(-1, 3, HEADS, 1, _HEAD_WIDTH)
        query, key, value = asked.unbind(1)
        query = query / _HEAD_WIDTH**0.5
        before = query @ keys.transpose(2, 3) + hidden[:, None, None]
        now = (query * key).sum(dim=3, keepdim=True)
        shares = torch.softmax(torch.cat([before, now], dim=3), dim=3)
        heard = shares[..., :-1] @ values + shares[..., -1:] * value
        return self._moved(x, heard.reshape(-1, WIDTH)), key[:, :, 0], value[:, :, 0]

    def _moved(self, x: Tensor, heard: Tensor) -> Tensor:
        x = x + self.answer(heard)
        moved: Tensor = x + self.narrow(functional.gelu(self.wide(self.norm2(x))))
        return moved


def _sinusoids() -> tuple[Tensor, Tensor]:
    """Of each feature, turns in PERIOD_STEPS and the phase at the beginning: sines, then cosines."""
    per_step = torch.exp(-math.log(SLOWEST_OF_ALL) * torch.arange(WIDTH // 2) / (WIDTH // 2 - 1))
    turning = 2 * torch.pi / per_step <= SLOWEST_STEPS
    turns = torch.where(turning, torch.round(per_step * PERIOD_STEPS / (2 * torch.pi)), 0.0)
    phase = torch.where(turning, 0.0, per_step * STILL_STEP)
    return torch.cat([turns, turns]), torch.cat([phase, phase + torch.pi / 2])


def _threes(x: Tensor, stride: int) -> Tensor:
    """[N, T, D] to each three neighbours in one: [N, (T - 3) / stride + 1, 3 D]."""
    return torch.cat([x[:, i : x.shape[1] - 2 + i : stride] for i in range(3)], dim=2)
