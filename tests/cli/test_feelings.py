"""How a face speaks, as options: what is typed wins over what a file says."""

from pathlib import Path

import pytest
import typer

from talkwire.cli.feelings import style_of
from talkwire.exporters.batch import Recipe
from talkwire.runtime.style import Style


@pytest.fixture
def hero(tmp_path: Path) -> Path:
    file = tmp_path / "hero.toml"
    file.write_text("strength = 1.5\nlook_at = [10, 0]\n[emotions]\njoy = 0.4\nanger = 0.2\n")
    return file


def test_nothing_typed_is_a_plain_style() -> None:
    assert style_of(None, None, None, None, None, None) == Style()


def test_a_file_alone(hero: Path) -> None:
    style = style_of(hero, None, None, None, None, None)
    assert style == Style({"joy": 0.4, "anger": 0.2}, 1.5, look_at_deg=(10.0, 0.0))


def test_what_is_typed_wins(hero: Path) -> None:
    style = style_of(hero, ["joy=0.1"], 0.5, ["blinks=0"], "0,5", 1.0)
    assert style.emotions == {"joy": 0.1, "anger": 0.2}
    assert (style.strength, style.look_at_deg, style.follow_voice) == (0.5, (0.0, 5.0), 1.0)
    assert style.layers == {"blinks": 0.0}


def test_what_is_no_number_is_wrong_usage(hero: Path) -> None:
    with pytest.raises(typer.BadParameter, match="wanted NAME=SHARE"):
        style_of(hero, ["joy=much"], None, None, None, None)


def test_a_row_of_a_list_names_a_file_beside_it(hero: Path) -> None:
    changed = Recipe(style=Style(strength=2.0)).changed({"style": hero.name, "emotion": "fear"}, hero.parent)
    assert (changed.style.strength, changed.style.emotions) == (1.5, {"fear": 1.0})
