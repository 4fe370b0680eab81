"""What distinguishes one head of nova's family from another: named changes of her identity.

A mode is two changes, one for each sign; MakeHuman draws most of its targets in such pairs. The numbers are
weights of targets at one standard deviation: details at about a third of what MakeHuman allows at most.
Fitted to the landmarks of faces from scans (ICT-FaceKit's) they come out with a root mean square of 0.8.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

ORIGINS: Final = {"caucasian": 0.40, "asian": 0.30, "african": 0.30}  # nova's, as in `head.IDENTITY`
ORIGIN_SHARE: Final = 0.22


@dataclass(frozen=True)
class Mode:
    """more, less: weights that are added to nova's identity at +1 and at -1, by target; less None: -more.

    Symmetric pairs of targets are written once, as {side}.
    """

    name: str
    more: Mapping[str, float]
    less: Mapping[str, float] | None = field(default=None)


def modes() -> tuple[Mode, ...]:
    """All of them, the broad ones first."""
    return (*_macro(), *_one_sided(), *_pairs())


# folder/stem of a pair of targets, the endings of more and less, weight
_PAIRS: Final = (
    ("head/head-fat", "incr/decr", 0.35),
    ("head/head-scale-horiz", "incr/decr", 0.20),
    ("head/head-scale-depth", "incr/decr", 0.30),
    ("head/head-back-scale-depth", "incr/decr", 0.30),
    ("forehead/forehead-scale-vert", "incr/decr", 0.15),
    ("forehead/forehead-temple", "incr/decr", 0.35),
    ("forehead/forehead-trans", "forward/backward", 0.50),
    ("eyebrows/eyebrows-trans", "up/down", 0.40),
    ("eyebrows/eyebrows-trans", "forward/backward", 0.35),
    ("eyes/{side}-eye-scale", "incr/decr", 0.30),
    ("eyes/{side}-eye-trans", "out/in", 0.35),
    ("eyes/{side}-eye-trans", "up/down", 0.30),
    ("eyes/{side}-eye-height2", "incr/decr", 0.35),
    ("eyes/{side}-eye-corner1", "up/down", 0.35),
    ("eyes/{side}-eye-corner2", "up/down", 0.40),
    ("cheek/{side}-cheek-bones", "incr/decr", 0.40),
    ("cheek/{side}-cheek-volume", "incr/decr", 0.40),
    ("nose/nose-base", "up/down", 0.35),
    ("nose/nose-curve", "convex/concave", 0.35),
    ("nose/nose-flaring", "incr/decr", 0.35),
    ("nose/nose-hump", "incr/decr", 0.35),
    ("nose/nose-point", "up/down", 0.35),
    ("nose/nose-point-width", "incr/decr", 0.35),
    ("nose/nose-scale-depth", "incr/decr", 0.35),
    ("nose/nose-scale-horiz", "incr/decr", 0.30),
    ("nose/nose-scale-vert", "incr/decr", 0.25),
    ("nose/nose-trans", "up/down", 0.30),
    ("mouth/mouth-lowerlip-volume", "incr/decr", 0.40),
    ("mouth/mouth-upperlip-volume", "incr/decr", 0.40),
    ("mouth/mouth-lowerlip-height", "incr/decr", 0.35),
    ("mouth/mouth-upperlip-height", "incr/decr", 0.45),
    ("mouth/mouth-scale-horiz", "incr/decr", 0.35),
    ("mouth/mouth-trans", "up/down", 0.22),
    ("mouth/mouth-trans", "forward/backward", 0.35),
    ("chin/chin-bones", "incr/decr", 0.35),
    ("chin/chin-height", "incr/decr", 0.22),
    ("chin/chin-prognathism", "incr/decr", 0.30),
    ("chin/chin-prominent", "incr/decr", 0.35),
    ("chin/chin-width", "incr/decr", 0.35),
    ("ears/{side}-ear-scale", "incr/decr", 0.35),
    ("ears/{side}-ear-wing", "incr/decr", 0.35),
    ("neck/neck-scale-horiz", "incr/decr", 0.35),
)
_ONE_SIDED: Final = (
    ("head/head-round", 0.30),
    ("head/head-square", 0.30),
    ("head/head-oval", 0.30),
    ("head/head-triangular", 0.30),
    ("head/head-invertedtriangular", 0.30),
    ("head/head-diamond", 0.30),
)


def _pairs() -> Iterator[Mode]:
    for stem, endings, weight in _PAIRS:
        more, less = endings.split("/")
        name = stem.partition("/")[2].replace("{side}-", "")
        yield Mode(f"{name}-{more}", {f"{stem}-{more}": weight}, {f"{stem}-{less}": weight})


def _one_sided() -> Iterator[Mode]:
    for target, weight in _ONE_SIDED:
        yield Mode(target.partition("/")[2], {target: weight})


def _macro() -> Iterator[Mode]:
    """MakeHuman's own axes: a share of the way from nova, a young woman of no one origin, to another."""
    yield Mode("male", _exchange("female-young", "male-young", 0.45))
    yield Mode("old", _exchange("female-young", "female-old", 0.35))
    for origin in ("asian", "african"):
        away = {
            f"macrodetails/{other}-female-young": -ORIGIN_SHARE * share / (1 - ORIGINS[origin])
            for other, share in ORIGINS.items()
            if other != origin
        }
        yield Mode(origin, {f"macrodetails/{origin}-female-young": ORIGIN_SHARE, **away})


def _exchange(who: str, other: str, share: float) -> dict[str, float]:
    """A share of the targets of one kind of person taken back, and of another's added."""
    change: dict[str, float] = {}
    for sign, kind in ((-share, who), (share, other)):
        for origin, weight in ORIGINS.items():
            change[f"macrodetails/{origin}-{kind}"] = sign * weight
        change[f"macrodetails/universal-{kind}-averagemuscle-averageweight"] = sign
    return change
