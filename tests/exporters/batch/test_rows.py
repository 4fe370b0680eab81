"""Lists as spreadsheets write them, and as nobody should: each row for itself, by its number."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import LINE
from talkwire.exporters.batch import Recipe
from talkwire.exporters.batch.rows import Rows, read_rows
from talkwire.exporters.options import Options
from talkwire.runtime.errors import BatchError
from talkwire.runtime.minds import Preset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.wav", "b.wav", "ümlaut.wav", "sub/c.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(LINE.read_bytes())
    return tmp_path


def read(folder: Path, text: str | bytes, recipe: Recipe | None = None) -> Rows:
    path = folder / "lines.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_rows(path, recipe or Recipe(), folder / "out")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_way_in_which_a_spreadsheet_writes(
    folder: Path, delimiter: str, end: str, encoding: str
) -> None:
    rows = [["Line", "Name", "Look At"], ["ümlaut.wav", "one", '"20,-5"'], ["", "", ""], ['"b.wav"', "", ""]]
    text = end.join(delimiter.join(row) for row in rows) + end
    found = read(folder, text.encode(encoding))
    assert [(job.row, job.line.name, job.name) for job in found.jobs] == [
        (2, "ümlaut.wav", "one.glb"),
        (4, "b.wav", "b.glb"),
    ]
    assert found.jobs[0].recipe.style.look_at_deg == (20, -5)
    assert (found.refused, found.remarks) == ([], [])


def test_a_line_that_names_the_delimiter_is_not_counted(folder: Path) -> None:
    assert [job.row for job in read(folder, "sep=;\nline;out\na.wav;x\n").jobs] == [2]


def test_cells_change_what_the_command_says(folder: Path) -> None:
    plain = Recipe(seed=3, options=Options(tolerance_mm=0.2))
    found = read(
        folder,
        "line;out;fps;seed;motion;emotion;strength;layer;follow_voice;tolerance;format\n"
        "a.wav;x;30;;live;joy=0,6 anger=.2;1,2;blinks=0;0,5;0,4;csv\n"
        "b.wav;y.gltf;;;;surprise;;;;;\n",
        plain,
    )
    changed, other = (job.recipe for job in found.jobs)
    assert (changed.fps, changed.seed, changed.motion, changed.format) == (30, 3, Preset.live, ".csv")
    assert changed.style.emotions == {"joy": 0.6, "anger": 0.2}
    assert (changed.style.strength, changed.style.layers) == (1.2, {"blinks": 0})
    assert (changed.style.follow_voice, changed.options.tolerance_mm) == (0.5, 0.4)
    assert (other.fps, other.style.emotions, other.format) == (None, {"surprise": 1.0}, ".gltf")
    assert [job.name for job in found.jobs] == ["x.csv", "y.gltf"]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("none.wav,,", "there is no such voice line: saw 'none.wav'"),
        (",x,", "saw a blank cell"),
        ("sub,x,", "there is no such voice line"),
        ("a.wav,x,y,z", "saw 4 cells under 3 columns"),
        ('"a.wav,x,', "quotes that do not match"),
        ("a.wav,../x,", "the character '/'"),
        ("a.wav,x\\y,", "the character"),
        ("a.wav,..,", "a blank name"),
        ("a.wav,con,", "Windows keeps for a device"),
        ("a.wav,Lpt1.glb,", "Windows keeps for a device"),
        ("a.wav,x?,", "the character '?'"),
        ("a.wav,.x,", "a dot in front"),
        ("a.wav,x.,", "a dot or a blank at its end"),
        (f"a.wav,{'x' * 300},", "300 bytes"),
        ("a.wav,summary.csv,", "a file that the batch itself writes"),
        ("a.wav,x.csv,glb", "name and format disagree"),
        ("a.wav,x,fbx", "the column 'format' cannot say this: saw 'fbx'"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_rest_goes_on(folder: Path, cells: str, said: str) -> None:
    found = read(folder, f"line,out,format\nb.wav,,\n{cells}\na.wav,after,\n")
    assert [job.row for job in found.jobs] == [2, 4]
    assert [one.row for one in found.refused] == [3]
    assert said in found.refused[0].error


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("fps", "fast"), ("fps", "-3"), ("seed", "1.5"), ("seed", "inf"), ("motion", "slow"),
        ("emotion", "joy=much"), ("emotion", "bliss=1"), ("emotion", "joy=-1"), ("strength", "9"),
        ("strength", "nan"), ("layer", "ears=0"), ("look_at", "left"), ("look_at", "1"), ("tolerance", "-1"),
        ("size", "13"), ("follow_voice", "2"), ("morphs", "all"),
    ],
)  # fmt: skip
def test_a_cell_that_says_nothing_sensible_costs_its_row_alone(folder: Path, column: str, cell: str) -> None:
    found = read(folder, f"line,{column}\na.wav,{cell}\nb.wav,\n")
    assert ([job.row for job in found.jobs], [one.row for one in found.refused]) == ([3], [2])


def test_no_two_rows_write_one_file(folder: Path) -> None:
    text = "line,out\na.wav,x\nb.wav,X.GLB\na.wav,x.csv\nb.wav,x.npz\nsub/c.wav,\nsub\\c.wav,\n"
    found = read(folder, text)
    assert [job.row for job in found.jobs] == [2, 4, 6]
    assert [one.row for one in found.refused] == [3, 5, 7]
    assert all("another row has this name" in one.error for one in found.refused)


def test_no_row_replaces_another_rows_voice_line(folder: Path) -> None:
    (folder / "lines.csv").write_text("line,out\na.wav,b\nb.wav,other\na.wav,a\n")
    found = read_rows(folder / "lines.csv", Recipe(), folder)
    assert [job.row for job in found.jobs] == [3, 4]
    assert "would replace another row's voice line" in found.refused[0].error


def test_what_is_odd_and_harmless_is_remarked(folder: Path) -> None:
    found = read(folder, "line,emotoin,actor,line\na.wav,joy,Ann,b.wav\n")
    assert [job.line.name for job in found.jobs] == ["a.wav"]
    assert found.remarks == [
        "row 1: the column 'line' is there 2 times; the first one counts",
        "row 1: the column 'emotoin' is not known and not read; was 'emotion' meant?",
        "row 1: the column 'actor' is not known and not read",
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no header"),
        (b"file,out\na.wav,x\n", "the columns file, out"),
        (b"PK\x03\x04rest", "save it as CSV"),
        (b"\x00\xff\x00\xff", "the columns"),
    ],
)
def test_what_is_no_list(folder: Path, data: bytes, said: str) -> None:
    with pytest.raises(BatchError, match=said):
        read(folder, data)


def test_an_absent_list(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="no such file"):
        read_rows(tmp_path / "none.csv", Recipe(), tmp_path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_one_sentence(folder: Path, data: bytes) -> None:
    for head in (b"", b"line,out,emotion\n"):
        try:
            found = read(folder, head + data)
        except BatchError:
            continue
        assert all(one.error for one in found.refused)
