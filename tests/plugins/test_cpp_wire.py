"""The C++ core's wire: it reads what the Python side writes, refuses what that refuses, breaks on nothing."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bridge.cases import DAMAGE, FIRST, FOLDER, REFUSED, as_json, cases, read
from plugins.build import CORE, UNREAL, cpp_program, needs, run
from plugins.changed import Change, damaged, exchanged, mean_the_same
from plugins.head_parts import write_parts
from talkwire.bridge import limits, wire
from talkwire.bridge import normals as oct_normals
from talkwire.bridge.basis import basis_from, vertices_from
from talkwire.bridge.codec import decode_vertices
from talkwire.runtime.mesh import vertex_normals

UNIT_TESTS = (
    "test_msgpack",
    "test_messages",
    "test_half",
    "test_vertices",
    "test_normals",
    "test_axis_map",
    "test_json",
)
FUZZ_RUNS = 300_000


def read_folder(folder: Path, kind: str = "release") -> dict[str, dict[str, object]]:
    """What the core makes of each .bin of a folder, by name."""
    lines = run(cpp_program("talkwire-vectors", kind), folder).splitlines()
    names = sorted(path.stem for path in folder.glob("*.bin"))
    return dict(zip(names, map(json.loads, lines), strict=True))


@pytest.mark.parametrize("name", UNIT_TESTS)
def test_unit_tests_pass_under_sanitizers(name: str) -> None:
    assert "0 failures" in run(cpp_program(name, "address"))


def test_every_vector_is_read_as_its_json_says() -> None:
    seen = read_folder(FOLDER)
    assert len(seen) == len(cases())
    for name, message in seen.items():
        assert message == json.loads((FOLDER / f"{name}.json").read_text()), name


def test_the_first_versions_bytes_are_read() -> None:
    for name, now in read_folder(FIRST).items():
        then = json.loads((FIRST / f"{name}.json").read_text())
        assert now == {**now, **then}, name  # the rest are defaults, which the next test compares


def test_what_an_older_minor_version_does_not_say_has_the_same_default() -> None:
    for name, seen in read_folder(FIRST).items():
        assert seen == as_json(read(name, (FIRST / f"{name}.bin").read_bytes())), name


def test_what_must_be_refused_is() -> None:
    seen = read_folder(REFUSED)
    assert sorted(seen) == sorted(DAMAGE)
    for name, message in seen.items():
        assert set(message) == {"refused"}, name
        assert re.fullmatch(r".+: saw .+, wanted .+; .+", str(message["refused"])), message


@pytest.mark.parametrize("change", [damaged, exchanged])
def test_what_was_changed_means_the_same_to_both_sides(tmp_path: Path, change: Change) -> None:
    mean_the_same(tmp_path, change, read_folder)


def test_any_bytes_break_nothing() -> None:
    said = run(cpp_program("fuzz_messages", "address"), "--runs", str(FUZZ_RUNS), FOLDER, REFUSED, FIRST)
    assert f"{FUZZ_RUNS} damaged ones" in said


def test_vertices_and_normals_are_those_of_the_python_side(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "out").mkdir()
    parts = write_parts(tmp_path / "parts", vertex_count=2_000)
    run(cpp_program("tool_decode"), tmp_path / "parts", tmp_path / "out")
    topology, basis = parts.topology, basis_from(parts.basis)
    for name, frame in parts.frames.items():
        vertices, looking = (
            np.fromfile(tmp_path / "out" / f"{name}.{what}", "<f4").reshape(-1, 3)
            for what in ("vertices", "normals")
        )
        if isinstance(frame, wire.Coefficients):
            assert np.abs(vertices - vertices_from(frame, basis)).max() < 1e-7
        else:
            assert frame.codec in name  # none left its codec's range
            np.testing.assert_array_equal(
                vertices, decode_vertices(frame.codec, frame.vertices, parts.mesh.box)
            )
        if isinstance(frame, wire.Frame) and frame.normals:
            assert np.abs(looking - oct_normals.decode(frame.normals)).max() < 1e-6
        else:
            smooth = vertex_normals(vertices, topology.triangles_tx3, topology.weld_v)
            assert (looking * smooth).sum(axis=1).min() > 1 - 1e-5
            np.testing.assert_array_equal(looking, looking[topology.weld_v])


def test_limits_are_those_of_the_python_side() -> None:
    header = (CORE / "Public/Talkwire/Limits.h").read_text()
    seen = {
        name: eval(value.replace("'", ""))  # a product of numbers
        for name, value in re.findall(r"inline constexpr \S+ (?:int )?(\w+) = ([\d'.* ]+);", header)
    }
    shared = {name: value for name, value in vars(limits).items() if name in seen}
    assert {name: seen[name] for name in shared} == shared
    assert len(shared) > 15


def test_the_core_exports_all_that_programs_use() -> None:
    """As Unreal's editor builds it: a library of its own, whose names are hidden unless they are exported."""
    for program in (UNREAL / "client").glob("talkwire-*.cpp"):
        assert cpp_program(program.stem, "modular").exists()
    assert read_folder(FOLDER, "modular") == read_folder(FOLDER)


@pytest.mark.parametrize("standard", ["c++17", "c++20"])  # the latter is Unreal's
def test_every_header_stands_alone(standard: str) -> None:
    needs("g++")
    for header in sorted((CORE / "Public/Talkwire").glob("*.h")):
        flags = (
            f"-std={standard}",
            "-fno-exceptions",
            "-fno-rtti",
            "-fsyntax-only",
            "-Wall",
            "-Wextra",
            "-Werror",
        )
        words = ["g++", *flags, "-I", str(CORE / "Public"), "-include", str(header), "-x", "c++", "/dev/null"]
        ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert ended.returncode == 0, ended.stderr[:2000]
