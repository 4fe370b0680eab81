"""What each English phone wants of an ARKit mouth, before its neighbours pull at it.

Bilabials and labiodentals have no row of shapes: closing the lips, and the lower lip against the upper
teeth, are gates (SEAL, BITE) that the network predicts apart from the curves; `network.compose` says
what a gate does to a face. Values are for lively speech on a linear rig.
"""

from __future__ import annotations

from typing import Final, NamedTuple

CURVES: Final = (
    "jawOpen",
    "mouthFunnel",
    "mouthPucker",
    "mouthSmile",
    "mouthStretch",
    "mouthLowerDown",
    "mouthUpperUp",
)


class Phone(NamedTuple):
    """strength: how hard the phone holds its targets against its neighbours; the rest as CURVES."""

    strength: float
    jaw: float
    funnel: float = 0.0
    pucker: float = 0.0
    smile: float = 0.0
    stretch: float = 0.0
    lower_down: float = 0.0
    upper_up: float = 0.0


SEAL: Final = frozenset({"P", "B", "M"})
BITE: Final = frozenset({"F", "V"})
OPEN_VOWELS: Final = frozenset({"AA", "AE", "AO", "AH", "AY", "AW", "EH", "EY"})
VOWELS: Final = OPEN_VOWELS | {"IH", "IY", "UH", "UW", "OW", "OY", "ER", "AX"}

PHONES: Final[dict[str, Phone]] = {
    "SIL": Phone(0.8, 0.0),
    "P": Phone(0.7, 0.12),  # [p]ie
    "B": Phone(0.7, 0.12),  # [b]uy
    "M": Phone(0.7, 0.12),  # [m]y
    "F": Phone(1.2, 0.08, upper_up=0.1),  # [f]ine
    "V": Phone(1.2, 0.08, upper_up=0.1),  # [v]ine
    "TH": Phone(1.0, 0.14, lower_down=0.20, upper_up=0.10),  # [th]in
    "DH": Phone(0.7, 0.14, lower_down=0.18, upper_up=0.08),  # [th]en
    "T": Phone(0.7, 0.10, stretch=0.06, lower_down=0.22, upper_up=0.08),  # [t]ie
    "D": Phone(0.7, 0.11, stretch=0.06, lower_down=0.22, upper_up=0.08),  # [d]ie
    "N": Phone(0.6, 0.14, lower_down=0.20, upper_up=0.07),  # [n]ot
    "L": Phone(0.7, 0.18, lower_down=0.20, upper_up=0.10),  # [l]ot
    "S": Phone(1.4, 0.05, smile=0.08, stretch=0.22, lower_down=0.30, upper_up=0.14),  # [s]ee
    "Z": Phone(1.3, 0.06, smile=0.08, stretch=0.20, lower_down=0.28, upper_up=0.13),  # [z]oo
    "SH": Phone(1.6, 0.08, funnel=0.45, pucker=0.15, lower_down=0.12, upper_up=0.12),  # [sh]e
    "ZH": Phone(1.5, 0.08, funnel=0.42, pucker=0.15, lower_down=0.12, upper_up=0.12),  # plea[s]ure
    "CH": Phone(1.5, 0.08, funnel=0.42, pucker=0.15, lower_down=0.12, upper_up=0.12),  # [ch]in
    "JH": Phone(1.4, 0.09, funnel=0.40, pucker=0.15, lower_down=0.12, upper_up=0.12),  # [g]in
    "K": Phone(0.4, 0.20, lower_down=0.14, upper_up=0.06),  # [k]ey
    "G": Phone(0.4, 0.20, lower_down=0.14, upper_up=0.06),  # [g]o
    "NG": Phone(0.4, 0.20, lower_down=0.14, upper_up=0.06),  # si[ng]
    "HH": Phone(0.15, 0.25),  # [h]e
    "Y": Phone(0.8, 0.10, smile=0.22, stretch=0.12, lower_down=0.14),  # [y]es
    "R": Phone(1.0, 0.15, funnel=0.24, pucker=0.28),  # [r]ed
    "W": Phone(1.8, 0.09, funnel=0.12, pucker=0.75),  # [w]et
    "UW": Phone(1.5, 0.13, funnel=0.15, pucker=0.68),  # t[oo]
    "UH": Phone(1.0, 0.20, funnel=0.15, pucker=0.38),  # g[oo]d
    "OW": Phone(1.2, 0.40, funnel=0.26, pucker=0.36),  # g[o]
    "AO": Phone(1.2, 0.58, funnel=0.34, pucker=0.12),  # f[a]ll
    "AA": Phone(1.2, 0.75, lower_down=0.14, upper_up=0.08),  # f[a]ther
    "AE": Phone(1.2, 0.68, smile=0.12, stretch=0.14, lower_down=0.26, upper_up=0.14),  # b[a]t
    "AH": Phone(0.9, 0.46, lower_down=0.12, upper_up=0.06),  # c[u]t
    "AX": Phone(0.5, 0.24, lower_down=0.10, upper_up=0.05),  # [a]bout
    "EH": Phone(1.1, 0.54, smile=0.10, stretch=0.12, lower_down=0.24, upper_up=0.12),  # b[e]t
    "ER": Phone(1.0, 0.22, funnel=0.22, pucker=0.26),  # b[ir]d
    "IH": Phone(0.8, 0.24, smile=0.14, stretch=0.10, lower_down=0.20, upper_up=0.08),  # b[i]t
    "IY": Phone(1.2, 0.15, smile=0.32, stretch=0.20, lower_down=0.22, upper_up=0.10),  # b[ea]t
}

GLIDES: Final[dict[str, tuple[str, str]]] = {  # vowels that move: first half, second half
    "AY": ("AA", "IY"),
    "AW": ("AA", "UW"),
    "EY": ("EH", "IY"),
    "OY": ("AO", "IY"),
    "OW": ("AO", "UW"),
}

CLASSES: Final = tuple(sorted({*PHONES, *GLIDES}))
"""The phone names that the network is also asked for while it learns."""
UNKNOWN_CLASS: Final = -100
"""Where nobody knows the phone: torch's cross_entropy leaves it out."""
