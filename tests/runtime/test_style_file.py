"""A style as a file."""

from pathlib import Path

import pytest

from talkwire.runtime.errors import StyleError
from talkwire.runtime.style import Style
from talkwire.runtime.style_file import read_style

WHOLE = """
strength = 1.1
follow_voice = 0.5
look_at = [10, -5]
[emotions]
joy = 0.4
[layers]
blinks = 0
[gains]
jawOpen = 1.2
[offsets]
browDown = -0.1
[limits]
mouthSmile = [0.0, 0.8]
"""


def test_a_file_says_all_that_a_style_has(tmp_path: Path) -> None:
    file = tmp_path / "hero.toml"
    file.write_bytes(b"\xef\xbb\xbf" + WHOLE.encode())  # as editors of Windows begin it
    assert read_style(file) == Style(
        emotions={"joy": 0.4},
        strength=1.1,
        gains={"jawOpen": 1.2},
        offsets={"browDown": -0.1},
        limits={"mouthSmile": (0.0, 0.8)},
        layers={"blinks": 0.0},
        look_at_deg=(10.0, -5.0),
        follow_voice=0.5,
    )


def test_what_is_left_out_is_as_ever(tmp_path: Path) -> None:
    file = tmp_path / "none.toml"
    file.write_text("")
    assert read_style(file) == Style()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("strength = 'much'", "saw strength = 'much', wanted a number for strength"),
        ("strength = true", "wanted a number for strength"),
        ("strength = nan", "strength of speech is out of range"),
        ("joy = 1", "saw joy, wanted strength"),
        ("emotions = 3", r"saw emotions = 3, wanted a table \[emotions\]"),
        ("[emotions]\nglee = 1", "no such emotion: saw glee"),
        ("look_at = [1, 2, 3]", "wanted two numbers for look_at"),
        ("[limits]\njawOpen = 0.5", "wanted two numbers for limits.jawOpen"),
        ("[gains", "is no style: saw .*wanted TOML"),
    ],
)
def test_what_is_no_style_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "hero.toml"
    file.write_text(text)
    with pytest.raises(StyleError, match=sentence):
        read_style(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StyleError, match="saw no such file or directory, wanted a file"):
        read_style(tmp_path / "hero.toml")
