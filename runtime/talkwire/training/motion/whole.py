"""The network for baking: it hears a line whole, through Whisper's encoder, before it moves."""

from __future__ import annotations

from typing import Final

from torch import Tensor, nn
from torch.nn import functional

from talkwire.training.motion.network import Heads, weights
from talkwire.training.motion.whisper import WIDTH, Whisper

HIDDEN: Final = 192
DROPOUT: Final = 0.3
GATES: Final = ((0.4, 0.25), (0.8, 0.65))  # it knows what comes, and is surer than the live network


class Whole(nn.Module):
    """Rows [N, T, 2, 80] to curves [N, T, 7], gate logits [N, T, 2] and phone logits; T <= 1500.

    Rows of step s are those centred on 2 s and 2 s + 1 hundredths of a second, as in `network.Motion`.
    """

    look_ahead_steps = 0
    gates = GATES

    def __init__(self, whisper: Whisper) -> None:
        super().__init__()
        self.whisper = whisper.requires_grad_(False)
        self.enter = nn.Linear(WIDTH, HIDDEN)
        self.drop = nn.Dropout(DROPOUT)
        self.recur = nn.GRU(HIDDEN, HIDDEN, 2, batch_first=True, bidirectional=True, dropout=DROPOUT)
        self.heads = Heads(2 * HIDDEN)

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As the class says."""
        known: tuple[Tensor, Tensor, Tensor] = self.heads(self.hidden(rows))
        return known

    def bake(self, rows: Tensor) -> Tensor:
        """The exported graph. rows [N, 2 T, 80] from the moment of step 0, to weights [N, T, 52]."""
        curves, gates, phones = self.heads(self._known(self.whisper(rows)))
        return weights(curves, gates, phones, self.gates)

    def hidden(self, rows: Tensor) -> Tensor:
        """[N, T, 2 HIDDEN] what is known of each step."""
        return self._known(self.whisper(rows.flatten(1, 2), rounded=self.training))

    def _known(self, features: Tensor) -> Tensor:
        known: Tensor = self.recur(self.drop(functional.gelu(self.enter(features))))[0]
        return known
