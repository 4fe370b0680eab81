"""Names of shapes as rigs spell them, and which convention moves a mouth that knows several."""

import pytest

from talkwire.exporters.onto.names import choose, guess
from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.visemes import VISEMES


def meaning(name: str) -> dict[str, float] | None:
    (known,) = guess([name])
    return dict(known.meaning) if known else None


@pytest.mark.parametrize("spelt", [
    lambda n: n,
    lambda n: n[0].upper() + n[1:],
    str.lower,
    str.upper,
    lambda n: f"blendShape1.{n}",
    lambda n: f"Head:{n}",
    lambda n: f"ARKit_{n}",
    lambda n: n.replace("Left", "_L").replace("Right", "_R") if n not in ("jawLeft", "jawRight") else n,
    lambda n: n.replace("Left", "_left").replace("Right", "_right"),
])  # fmt: skip
def test_every_name_of_arkits_is_known_in_every_spelling(spelt) -> None:
    for name in ARKIT_NAMES:
        assert meaning(spelt(name)) == {name: 1.0}, spelt(name)


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("mouthSmile", {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}),
        ("browInnerUp_L", {"browInnerUp": 1.0}),
        ("jawL", {"jawLeft": 1.0}),
        ("left_eye_blink", {"eyeBlinkLeft": 1.0}),
        ("Fcl_EYE_Close_R", {"eyeBlinkRight": 1.0}),
        ("Blink", {"eyeBlinkLeft": 0.5, "eyeBlinkRight": 0.5}),
        ("mouthOpen", {"jawOpen": 1.0}),
        ("viseme_O", {"viseme_oh": 1.0}),
        ("Viseme_CH", {"viseme_CH": 1.0}),
        ("vrc.v_sil", {"viseme_sil": 1.0}),
        ("Fcl_ALL_Joy", None),
        ("Basis", None),
        ("", None),
        ("A", None),
        ("vest", None),
        ("open", None),
        ("面", None),
    ],
)
def test_other_conventions(name: str, means: dict[str, float] | None) -> None:
    assert meaning(name) == means


def test_bare_letters_mean_vowels_only_in_company() -> None:
    assert all(known and known.family == "vowel" for known in guess(list("AIUEO")))
    assert all(known and known.family == "vowel" for known in guess(["aa", "ih", "ou", "ee", "oh"]))
    assert guess(["a", "b", "c"]) == [None, None, None]
    assert [dict(k.meaning) if k else {} for k in guess(VISEMES)] == [{f"viseme_{v}": 1.0} for v in VISEMES]


def chosen(*names: str) -> list[str]:
    (meanings,) = choose([guess(names)])
    return [name for name, one in zip(names, meanings, strict=True) if one]


def test_a_mouth_that_knows_two_conventions_is_moved_by_one() -> None:
    arkit = ["jawOpen", "mouthFunnel", "mouthClose", "mouthPucker"]
    assert chosen(*arkit, "viseme_aa", "viseme_PP", "eyeBlinkLeft") == [*arkit, "eyeBlinkLeft"]
    assert chosen("mouthOpen", "mouthSmile", "viseme_aa", "viseme_PP") == ["viseme_aa", "viseme_PP"]
    assert chosen("mouthOpen", "mouthSmile") == ["mouthOpen", "mouthSmile"]


def test_both_eyes_are_not_closed_twice() -> None:
    sided = ["Fcl_EYE_Close_L", "Fcl_EYE_Close_R"]
    assert chosen("Fcl_EYE_Close", *sided, "Fcl_MTH_A") == [*sided, "Fcl_MTH_A"]
    assert chosen("browInnerUp_L", "browInnerUp_R") == ["browInnerUp_L", "browInnerUp_R"]
