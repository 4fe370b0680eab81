"""The network: level, an ear that streams, two recurrent layers, curves and gates, and what gates do to a
face.

Everything is causal over its input; the look-ahead comes from asking, at step s, for the motion of
step s - LOOK_AHEAD_STEPS.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from talkwire.runtime.arkit import ARKIT_NAMES, sides
from talkwire.runtime.ear import N_MELS
from talkwire.runtime.style import BITTEN_ROLL, SEALED_PRESS
from talkwire.runtime.types import Float32
from talkwire.training.motion import streaming
from talkwire.training.motion.phones import CLASSES, CURVES
from talkwire.training.motion.whisper import WIDTH, Whisper

STEP_HZ: Final = 50
ROWS_PER_STEP: Final = 2
LOOK_AHEAD_STEPS: Final = 2
HIDDEN: Final = 256
LAYERS: Final = 2
STATE_SIZE: Final = 1 + streaming.STATE_SIZE + LAYERS * HIDDEN
DROPOUT: Final = 0.1

# The running level, in nats of mel power: rises within a syllable, sinks by 2.6 dB a second, and never
# below what a whisper has, so that a quiet room does not become a voice.
LEVEL_REST: Final = -3.5  # at first: a louder voice is found within a fifth of a second, a quieter one slowly
LEVEL_SPEAKING: Final = -1.5
LEVEL_RISE: Final = 0.15
LEVEL_SINK: Final = 0.012
LEVEL_LEAST: Final = -8.5
LONGEST_PAUSE: Final = 6.0  # nats that it may have sunk by
SHADE_RANGE: Final = (-10.0, 5.0)  # about the level
SHADE_SCALE: Final = 4 * float(np.log(10))  # nats to what Whisper hears: (log10 of power + 4) / 4
SHADE_AT_LEVEL: Final = 0.84
QUIET_SHADE: Final = SHADE_RANGE[0] / SHADE_SCALE + SHADE_AT_LEVEL

SEAL_JAW: Final = 0.55  # share of the jaw's opening that goes when the lips meet; mouthClose does the rest
BITE_JAW: Final = 0.55
# Gate probabilities that become 0 and 1: seal, bite. Lower ones close more, and at t and k too; further apart
# they close more softly.
Edges = tuple[tuple[float, float], tuple[float, float]]
GATES: Final[Edges] = ((0.0, 0.0), (1.0, 1.0))
WEAKER_SIDE: Final = 0.94  # faces are not mirrors: the right side shows a little less

SEALED: Final = {"mouthPress": SEALED_PRESS, "mouthRollLower": 0.10, "mouthRollUpper": 0.08}
LEAST_SEEN: Final = 0.3  # share of a curve that gates leave, to tell it by
BITTEN: Final = {"mouthRollLower": BITTEN_ROLL, "mouthUpperUp": 0.18}
HEARD: Final = {  # shapes that no tracker sees, at a phone that is certain
    "tongueOut": {"TH": 0.45, "DH": 0.4, "L": 0.2},
    "cheekPuff": {"P": 0.14, "B": 0.12},
}
_SHAPES: Final = (*CURVES, "mouthClose", "mouthPress", "mouthRollLower", "mouthRollUpper")


def compose(curves: Tensor, gates: Tensor) -> Tensor:
    """Curves [..., 7] as if no lips ever met, gates [..., 2] seal and bite: to weights [..., 52].

    A sealed mouth on an ARKit rig is jawOpen with mouthClose equal to it: the corrective closes the lips
    over whatever jaw is left.
    """
    shape = dict(zip(CURVES, curves.unbind(-1), strict=True))
    seal, bite = gates.unbind(-1)
    parted = 1 - seal
    shape["jawOpen"] = shape["jawOpen"] * (1 - SEAL_JAW * seal) * (1 - BITE_JAW * bite)
    shape["mouthClose"] = seal * shape["jawOpen"]
    shape["mouthLowerDown"] = shape["mouthLowerDown"] * parted * (1 - bite)
    shape["mouthFunnel"] = shape["mouthFunnel"] * parted * (1 - bite)
    shape["mouthUpperUp"] = torch.maximum(shape["mouthUpperUp"], BITTEN["mouthUpperUp"] * bite) * parted
    shape["mouthStretch"] = shape["mouthStretch"] * parted
    shape["mouthPress"] = SEALED["mouthPress"] * seal
    shape["mouthRollLower"] = torch.maximum(SEALED["mouthRollLower"] * seal, BITTEN["mouthRollLower"] * bite)
    shape["mouthRollUpper"] = SEALED["mouthRollUpper"] * seal
    stacked = torch.stack([shape[name] for name in _SHAPES], dim=-1)
    return stacked @ _TO_ARKIT.to(stacked.dtype)


def decompose(weights_tx52: Float32) -> tuple[Float32, Float32]:
    """The inverse of `compose`: curves [T, 7] and gates [T, 2]; curves that a closed mouth hid go straight
    from what was seen before to what was seen after.
    """
    shape = {name: weights_tx52[:, sides(name)[0]] for name in _SHAPES}
    seal = np.clip(shape["mouthPress"] / SEALED["mouthPress"], 0, 1)
    bitten = np.clip(shape["mouthRollLower"] / BITTEN["mouthRollLower"], 0, 1)
    bite = np.where(shape["mouthRollLower"] > SEALED["mouthRollLower"] * seal + 1e-3, bitten, 0)
    jaw = shape["jawOpen"] / ((1 - SEAL_JAW * seal) * (1 - BITE_JAW * bite))
    parted, unbitten = 1 - seal, 1 - bite
    hidden_by = {
        "mouthLowerDown": parted * unbitten,
        "mouthFunnel": parted * unbitten,
        "mouthUpperUp": np.where(shape["mouthUpperUp"] > BITTEN["mouthUpperUp"] * bite, parted, 0),
        "mouthStretch": parted,
    }
    curves, steps = [], np.arange(len(weights_tx52))
    for name in CURVES:
        share = hidden_by.get(name, np.ones(len(steps)))
        value = (jaw if name == "jawOpen" else shape[name]) / np.maximum(share, 1e-6)
        seen = share > LEAST_SEEN
        curves.append(np.interp(steps, steps[seen], value[seen]) if seen.any() else 0 * value)
    gates = np.stack([seal, bite], axis=1)
    return np.stack(curves, axis=1).astype(np.float32), gates.astype(np.float32)


def _to_arkit() -> Tensor:
    """[11, 52]: one curve drives the shape of its name, or its left and right."""
    matrix = np.zeros((len(_SHAPES), len(ARKIT_NAMES)), np.float32)
    for row, name in enumerate(_SHAPES):
        for column, strength in zip(sides(name), (1, WEAKER_SIDE), strict=False):
            matrix[row, column] = strength
    return torch.from_numpy(matrix)


_TO_ARKIT = _to_arkit()
_HEARD = [
    (
        name,
        torch.tensor([float(other == name) for other in ARKIT_NAMES]),
        torch.tensor([phones.get(phone, 0.0) for phone in CLASSES]),
    )
    for name, phones in HEARD.items()
]


class Motion(nn.Module):
    """Rows [N, T, 2, 80] to curves, gate logits and phone logits at each step; state [N, STATE_SIZE]."""

    look_ahead_steps = LOOK_AHEAD_STEPS
    gates = GATES

    def __init__(self, whisper: Whisper | None = None) -> None:
        """whisper: whose weights the ear begins with."""
        super().__init__()
        self.hears = streaming.Streaming(whisper)
        self.drop = nn.Dropout(DROPOUT)
        self.recur = nn.GRU(WIDTH, HIDDEN, LAYERS, batch_first=True)
        self.heads = Heads(HIDDEN)
        self.overheard = nn.Linear(HIDDEN, WIDTH)  # what a larger ear hears: only to learn by, not exported

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Whole sequences from a fresh state: curves [N, T, 7], gate logits [N, T, 2], phone logits."""
        known: tuple[Tensor, Tensor, Tensor] = self.heads(self.hidden(rows))
        return known

    def hidden(self, rows: Tensor) -> Tensor:
        """[N, T, HIDDEN] what is known after each step."""
        with torch.no_grad():
            level = torch.full_like(rows[:, 0, 0, 0], LEVEL_REST)
            # as in the middle of speech, or after a pause longer than what is learned at once
            if self.training:
                level = LEVEL_SPEAKING - LONGEST_PAUSE * torch.rand_like(level) ** 2
            loudness, levels = _loudness(rows), []
            for step in range(rows.shape[1]):
                level = _next_level(level, loudness[:, step])
                levels.append(level)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.training):  # half the time
            features = self.hears(_shade(rows, torch.stack(levels, dim=1)), QUIET_SHADE)
            known: Tensor = self.recur(self.drop(features))[0]
        return known.float()

    def step(self, rows: Tensor, state: Tensor, *rings: Tensor) -> tuple[Tensor, ...]:
        """The exported graph. rows [N, 2, 80], state [N, STATE_SIZE], rings as `streaming` has them, to
        weights [N, 52], next state, and what each ring is to keep.
        """
        level, heard, before = state.tensor_split([1, 1 + streaming.STATE_SIZE], dim=1)
        level = _next_level(level[:, 0] + LEVEL_REST, _loudness(rows))
        x, heard, kept = self.hears.step(_shade(rows, level), heard, rings, QUIET_SHADE)
        states = [(level - LEVEL_REST)[:, None], heard]
        for layer, was in enumerate(before.chunk(LAYERS, dim=1)):
            x = self._cell(layer, x, was)
            states.append(x)
        curves, gates, phones = self.heads(x)
        return weights(curves, gates, phones, self.gates), torch.cat(states, dim=1), *kept

    def _cell(self, layer: int, x: Tensor, before: Tensor) -> Tensor:
        """One GRU step, spelt out (torch.nn.GRU's equations): the exporter then needs no sequence axis."""
        w_ih, w_hh, b_ih, b_hh = (
            getattr(self.recur, f"{name}_l{layer}")
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        reset_x, update_x, new_x = functional.linear(x, w_ih, b_ih).chunk(3, dim=1)
        reset_h, update_h, new_h = functional.linear(before, w_hh, b_hh).chunk(3, dim=1)
        update = torch.sigmoid(update_x + update_h)
        new = torch.tanh(new_x + torch.sigmoid(reset_x + reset_h) * new_h)
        return new + update * (before - new)


class Heads(nn.Module):
    """What is known [..., D] to curves [..., 7], logits of gates [..., 2] and of phones. Curves overshoot
    [0, 1] a little so that a closed mouth can be closed; clamp them to use.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.curves = nn.Linear(width, len(CURVES))
        self.gates = nn.Linear(width, 2)
        self.phones = nn.Linear(width, len(CLASSES))
        nn.init.constant_(self.curves.bias, -2.0)
        nn.init.constant_(self.gates.bias, -3.0)

    def forward(self, known: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Curves, gates, phones."""
        return 1.06 * torch.sigmoid(self.curves(known)) - 0.03, self.gates(known), self.phones(known)


def weights(curves: Tensor, gate_logits: Tensor, phone_logits: Tensor, edges: Edges = GATES) -> Tensor:
    """What the network says to what the rig gets: [..., 52] in [0, 1]. Tongues and cheeks, which no tracker
    sees, show as far as a phone is heard that shows them.
    """
    low, high = (torch.tensor(edge, dtype=curves.dtype) for edge in edges)
    gates = ((torch.sigmoid(gate_logits) - low) / (high - low)).clamp(0, 1)
    face, phones = compose(curves.clamp(0, 1), gates), torch.softmax(phone_logits, dim=-1)
    for name, column, by_phone in _HEARD:  # no matrix: one of zeros cannot be kept in 8 bits
        shows = (phones * by_phone.to(phones.dtype)).sum(dim=-1, keepdim=True)
        if name == "tongueOut":
            shows = shows * (1 - gates[..., :1])
        face = face + shows * column.to(face.dtype)
    return face.clamp(0, 1)


def _shade(rows: Tensor, level: Tensor) -> Tensor:
    """[..., 2, 80] and [...]: rows about their level, in Whisper's scale."""
    return (rows - level[..., None, None]).clamp(*SHADE_RANGE) / SHADE_SCALE + SHADE_AT_LEVEL


def _loudness(rows: Tensor) -> Tensor:
    """[..., 2, 80] log power to [...]: log of the mean power."""
    return torch.logsumexp(rows.flatten(-2), dim=-1) - float(np.log(ROWS_PER_STEP * N_MELS))


def _next_level(level: Tensor, loudness: Tensor) -> Tensor:
    risen = level + LEVEL_RISE * (loudness - level)
    return torch.maximum(risen, level - LEVEL_SINK).clamp(min=LEVEL_LEAST)
