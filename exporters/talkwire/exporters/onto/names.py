"""What the morph target names of a rig mean: ARKit's shapes, OVR's visemes, VRM's vowels, in odd spellings.

A source is an ARKit name ("jawOpen") or a viseme ("viseme_aa"); a meaning is sources with gains, whose sum a
target gets. Sources of the spellings: Apple, ARFaceAnchor.BlendShapeLocation; Meta, OVRLipSync.Viseme and
Ready Player Me's documentation; VRM 0.x and 1.0, and VRoid Studio's exports; VRChat; MikuMikuDance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.visemes import VISEMES

Meaning = Mapping[str, float]

PREFIX: Final = "viseme_"
SOURCES: Final = (*ARKIT_NAMES, *(PREFIX + name for name in VISEMES))
_MOUTH: Final = ("jaw", "mouth")

# Vowels of cartoon mouths, from visemes: between two consonants such a mouth stays a little open.
_VOWELS: Final[Mapping[str, Meaning]] = {
    "A": {"viseme_aa": 1.0, "viseme_kk": 0.3},
    "I": {"viseme_ih": 1.0, "viseme_SS": 0.5, "viseme_DD": 0.3, "viseme_nn": 0.3, "viseme_TH": 0.3},
    "U": {"viseme_ou": 1.0, "viseme_RR": 0.6, "viseme_CH": 0.6, "viseme_FF": 0.2},
    "E": {"viseme_E": 1.0, "viseme_kk": 0.2},
    "O": {"viseme_oh": 1.0},
}
_VOWEL_NAMES: Final = {
    "A": ("a", "aa", "あ"),
    "I": ("i", "ih", "い"),
    "U": ("u", "ou", "う"),
    "E": ("e", "ee", "え"),
    "O": ("o", "oh", "お"),
}
_VISEME_NAMES: Final = {name.lower(): name for name in VISEMES} | {"i": "ih", "o": "oh", "u": "ou", "e": "E"}
_BOTH_EYES: Final = ("eyeBlinkLeft", "eyeBlinkRight")
# names of other conventions, squashed: what they are of ARKit's
_ALIASES: Final[Mapping[str, Meaning]] = {
    "mouthopen": {"jawOpen": 1.0},
    "blink": dict.fromkeys(_BOTH_EYES, 0.5),
    "eyesclosed": dict.fromkeys(_BOTH_EYES, 0.5),
    "fcleyeclose": dict.fromkeys(_BOTH_EYES, 0.5),
    "まばたき": dict.fromkeys(_BOTH_EYES, 0.5),
    "blinkleft": {"eyeBlinkLeft": 1.0},
    "blinkright": {"eyeBlinkRight": 1.0},
    "fcleyecloseleft": {"eyeBlinkLeft": 1.0},
    "fcleyecloseright": {"eyeBlinkRight": 1.0},
    "eyeslookdown": {"eyeLookDownLeft": 0.5, "eyeLookDownRight": 0.5},
    "eyeslookup": {"eyeLookUpLeft": 0.5, "eyeLookUpRight": 0.5},
}
_VRM_PREFIX: Final = re.compile(
    r"(^|.*[_.:])(fcl_)?(mth|mouth|vrm|expression|v)_(?P<vowel>[a-z]{1,2})$", re.I
)
_VISEME: Final = re.compile(r"(^|.*[^a-z])(viseme[_ .]*|v[_ .])(?P<name>sil|[a-z]{1,2})$", re.I)


@dataclass(frozen=True, slots=True)
class Known:
    """What one target name means. family: which convention moves a mouth by it, or "other" for what moves no
    mouth; rank: the more, the less sure.
    """

    meaning: Meaning
    family: str
    rank: int


def guess(names: Sequence[str]) -> list[Known | None]:
    """The meaning of each target name of one mesh by itself; None for what has none."""
    bare = {name.lower() for name in names}
    few = {"e": sum(name in bare for name in ("a", "i", "u", "e", "o")) >= 3}
    few["あ"] = sum(name in bare for name in "あいうえお") >= 3
    few["ee"] = {"aa", "ih", "ou", "ee", "oh"} <= bare
    few["pp"] = sum(viseme.lower() in bare for viseme in VISEMES) >= 8
    return [_arkit(name) or _viseme(name, few) or _vowel(name, few) for name in names]


def choose(meshes: Sequence[Sequence[Known | None]]) -> list[list[Meaning | None]]:
    """One convention for the mouths of a whole character, and no source twice by names of unequal sureness.

    Rigs that know several would otherwise open their mouths twice.
    """
    family = _family([known for mesh in meshes for known in mesh if known])
    return [_once([k if k and k.family in (family, "other") else None for k in mesh]) for mesh in meshes]


def _family(known: Sequence[Known]) -> str:
    covered = {
        family: {source for k in known if k.family == family for source in k.meaning}
        for family in ("arkit", "viseme", "vowel")
    }
    if "jawOpen" in covered["arkit"] and len(covered["arkit"]) >= 4:
        return "arkit"
    return "viseme" if covered["viseme"] else "vowel" if covered["vowel"] else "arkit"


def _once(known: Sequence[Known | None]) -> list[Meaning | None]:
    best: dict[str, int] = {}
    for one in known:
        for source in one.meaning if one else ():
            best[source] = min(best.get(source, 9), one.rank if one else 9)
    return [
        one.meaning if one and all(best[source] >= one.rank for source in one.meaning) else None
        for one in known
    ]


def _arkit(name: str) -> Known | None:
    squashed = _squash(name)
    for rank, table in enumerate((_EXACT, _ALIASES)):
        if squashed in table:
            return _known(table[squashed], 2 * rank)
    endings = [end for end in _EXACT if len(end) >= 6 and squashed.endswith(end)]
    return _known(_EXACT[max(endings, key=len)], 1) if endings else None


def _known(meaning: Meaning, rank: int) -> Known:
    """Half a pair is less sure than either of it, however it is spelt."""
    family = "arkit" if next(iter(meaning)).startswith(_MOUTH) else "other"
    return Known(meaning, family, rank + 2 * (len(meaning) > 1))


def _viseme(name: str, few: Mapping[str, bool]) -> Known | None:
    found = _VISEME.match(name)
    viseme = _VISEME_NAMES.get(found["name"].lower()) if found else None
    if viseme is None and few["pp"] and not few["ee"]:
        viseme = _VISEME_NAMES.get(name.lower())
    return Known({PREFIX + viseme: 1.0}, "viseme", 0) if viseme else None


def _vowel(name: str, few: Mapping[str, bool]) -> Known | None:
    found = _VRM_PREFIX.match(name)
    said = found["vowel"].lower() if found else name.lower()
    for vowel, spellings in _VOWEL_NAMES.items():
        bare = any(said == s and few[hint] for s, hint in zip(spellings, ("e", "ee", "あ"), strict=True))
        if said in spellings and (found or bare):
            return Known(_VOWELS[vowel], "vowel", 0)
    return None


def _squash(name: str) -> str:
    """Lower case without signs, sides written out: "Head.eyeBlink_L" is headeyeblinkleft."""
    parts = [p for p in re.split(r"[^0-9A-Za-z\u3040-\u9fff]+", name) if p]
    if parts and len(parts) > 1:
        parts[-1] = {"l": "left", "r": "right"}.get(parts[-1].lower(), parts[-1])
    whole = "".join(parts)
    if re.search(r"[a-z][LR]$", whole):
        whole = whole[:-1] + {"L": "Left", "R": "Right"}[whole[-1]]
    return whole.lower()


def _spellings() -> dict[str, Meaning]:
    """Squashed spellings of ARKit's names: side behind or before, both sides as one, a middle in two."""
    table: dict[str, Meaning] = {}
    for name in ARKIT_NAMES:
        stem = name.removesuffix("Left").removesuffix("Right")
        side = name[len(stem) :]
        if side and stem not in _MOUTH:  # jawLeft and mouthLeft are ways, not sides
            table[f"{stem}{side}".lower()] = table[f"{side}{stem}".lower()] = {name: 1.0}
            table[stem.lower()] = {f"{stem}Left": 0.5, f"{stem}Right": 0.5}
        else:
            table[name.lower()] = {name: 1.0}
            for way in ("left", "right"):
                table.setdefault(f"{name.lower()}{way}", {name: 1.0})
    return table


_EXACT: Final = _spellings()
