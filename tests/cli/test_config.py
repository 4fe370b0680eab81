"""`talkwire serve --config`: every option may stand in the file, the command line wins, and what is wrong is
one sentence."""

import inspect
import json
import re
import tomllib
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli.conftest import Start, finish
from support import ROOT
from talkwire.cli.config import COMMAND_LINE_ONLY, Allowed, allowed_in_file
from talkwire.cli.serve import serve

EXAMPLE = ROOT / "bridge/deploy/talkwire.toml"
CONTAINER = ROOT / "bridge/deploy/container.toml"


def other_than(default: object, option: Allowed) -> object:
    """A value for it that is not its default."""
    if option.many:
        return ["x", "y"]
    if option.words:
        return next(word for word in option.words if word != default)
    if option.kind in (int, float):
        return option.kind(str(default)) + 1
    return {bool: True, str: "9464"}[option.kind]


@pytest.fixture
def heard() -> dict[str, object]:
    """What the command was called with, last."""
    return {}


@pytest.fixture
def app(heard: dict[str, object]) -> typer.Typer:
    """`serve` with its own options, but it only notes them."""

    def note(**values: object) -> None:
        heard.update(values)

    note.__signature__ = inspect.signature(serve, eval_str=True)  # type: ignore[attr-defined]
    note.__annotations__ = inspect.get_annotations(serve, eval_str=True)
    app = typer.Typer()
    app.command("serve")(note)
    app.command("other")(lambda: None)
    return app


def toml(path: Path, **options: object) -> Path:
    """A file with these options."""
    lines = [f"{name.replace('_', '-')} = {json.dumps(value)}" for name, value in options.items()]
    path.write_text("\n".join(["[serve]", *lines]) + "\n")
    return path


def test_each_option_may_stand_in_the_file(
    app: typer.Typer, heard: dict[str, object], tmp_path: Path
) -> None:
    allowed = allowed_in_file(serve)
    named = {p for p in inspect.signature(serve).parameters if p not in COMMAND_LINE_ONLY}
    assert {option.parameter for option in allowed.values()} == named
    for name, option in allowed.items():
        default = inspect.signature(serve).parameters[option.parameter].default
        value = other_than(default, option)
        result = CliRunner().invoke(
            app, ["serve", "--config", str(toml(tmp_path / "c.toml", **{name: value}))]
        )
        assert result.exit_code == 0, result.output
        got = heard[option.parameter]
        assert str(list(map(str, got)) if isinstance(got, list) else got) == str(value) != str(default)


def test_the_command_line_wins(app: typer.Typer, heard: dict[str, object], tmp_path: Path) -> None:
    file = toml(tmp_path / "c.toml", port=7000, npcs=3)
    for words in (["--config", str(file), "--port", "8000"], ["--port", "8000", "--config", str(file)]):
        assert CliRunner().invoke(app, ["serve", *words]).exit_code == 0
        assert (heard["port"], heard["npcs"], heard["fps"]) == (8000, 3, 60)


def test_a_port_needs_no_quotes(app: typer.Typer, heard: dict[str, object], tmp_path: Path) -> None:
    CliRunner().invoke(app, ["serve", "--config", str(toml(tmp_path / "c.toml", metrics=9464))])
    assert heard["metrics"] == "9464"


@pytest.mark.parametrize("path", [EXAMPLE, CONTAINER], ids=lambda path: path.name)
def test_what_ships_is_good(app: typer.Typer, path: Path) -> None:
    result = CliRunner().invoke(app, ["serve", "--config", str(path)])
    assert result.exit_code == 0, result.output


def test_the_example_names_every_option() -> None:
    uncommented = re.sub(r"(?m)^# (\S+ = )", r"\1", EXAMPLE.read_text())
    assert set(tomllib.loads(uncommented)["serve"]) == set(allowed_in_file(serve))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[serve]\navatr = "nova"', "no such option of [serve]: saw avatr, wanted 'avatar'; did you mean"),
        ('[serve]\nlog_format = "json"', "saw log_format, wanted 'log-format'; did you mean that?"),
        ('[sreve]\navatar = "nova"', "no such table: saw sreve, wanted 'serve'; did you mean that?"),
        ("[serve]\nconfig = 'x.toml'", "no such option of [serve]: saw config, wanted avatar, "),
        ("port = 5", "no such table: saw port, wanted serve; remove it"),
        ("serve = 3", "'serve' is no table: saw 3, wanted [serve]"),
        ('[serve]\nport = "5"', "'port' is wrong: saw \"5\", wanted a whole number from 0 to 65533"),
        ("[serve]\nport = 70000", "'port' is wrong: saw 70000, wanted a whole number from 0 to 65533"),
        ("[serve]\nport = true", "'port' is wrong: saw true, wanted a whole number"),
        ("[serve]\nport = 5.0", "'port' is wrong: saw 5.0, wanted a whole number"),
        ("[serve]\ndrain-s = nan", "'drain-s' is wrong: saw NaN, wanted a number from 0 to 3600"),
        ("[serve]\navatar = 2026-01-01", "'avatar' is wrong: saw \"2026-01-01\", wanted text in quotes"),
        ("[serve]\navatar = ['nova']", "'avatar' is wrong: saw [\"nova\"], wanted text in quotes"),
        ("[serve]\ninsecure = 1", "'insecure' is wrong: saw 1, wanted true or false"),
        ("[serve]\nengine = 'cuda'", "'engine' is wrong: saw \"cuda\", wanted one of 'auto', 'onnx', "),
        ("[serve]\nport = 1\nport = 2", "not valid TOML: saw Cannot overwrite a value"),
        ("[serve\n", "it is not valid TOML: saw Expected ']'"),
        ("a = " + "[" * 5000, "it is not valid TOML: saw arrays without end"),
        ("#" * (1 << 20) + "\n", "it is too long"),
        (b"\xff\xfe", "it is not valid TOML: saw 'utf-8' codec can't decode"),
    ],
    ids=lambda value: None if isinstance(value, bytes) or len(value) > 60 else value,
)
def test_what_is_wrong_is_one_sentence_and_exit_2(
    app: typer.Typer, heard: dict[str, object], tmp_path: Path, text: str | bytes, sentence: str
) -> None:
    file = tmp_path / "c.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = CliRunner().invoke(app, ["serve", "--config", str(file)])
    assert (result.exit_code, heard, result.output.count("\n")) == (2, {}, 1)
    assert result.output.startswith(f"talkwire: {file}: ") and sentence in result.output


@pytest.mark.parametrize("path", ["/nowhere.toml", "/dev/zero", "/"])
def test_what_is_no_file_is_exit_2(app: typer.Typer, path: str) -> None:
    result = CliRunner().invoke(app, ["serve", "--config", path])
    assert result.exit_code == 2 and result.output.startswith(f"talkwire: {path}: it ")


def test_check_opens_all_and_says_so(start: Start, small_file: Path, tmp_path: Path) -> None:
    file = toml(tmp_path / "c.toml", avatar=str(small_file), port=0, metrics="0")
    code, out, err = finish(start("serve", "--config", file, "--check"))
    assert (code, err) == (0, "") and out.endswith("config is good\n")
    assert "serving" not in out


def test_check_finds_what_the_file_cannot_know(
    start: Start, serving: str, small_file: Path, tmp_path: Path
) -> None:
    port = int(serving.rpartition(":")[2])
    code, _, err = finish(
        start("serve", "--config", toml(tmp_path / "c.toml", avatar=str(small_file), port=port), "--check")
    )
    assert code == 7 and "the port is taken" in err
    code, _, err = finish(start("serve", "--config", toml(tmp_path / "c.toml", avatar="nobody"), "--check"))
    assert code == 4 and "there is no avatar 'nobody'" in err
