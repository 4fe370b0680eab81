"""The C# core's wire: it reads what the Python side writes, refuses what that refuses, breaks on nothing."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.cases import DAMAGE, FIRST, FOLDER, REFUSED, as_json, cases, read
from plugins import build_cs
from plugins.changed import Change, damaged, exchanged, mean_the_same
from plugins.head_parts import write_parts
from talkwire.bridge import limits, wire
from talkwire.bridge import normals as octahedral
from talkwire.bridge.basis import basis_from, vertices_from
from talkwire.bridge.codec import decode_vertices
from talkwire.bridge.media import decode_media
from talkwire.runtime.mesh import vertex_normals
from talkwire.runtime.types import Float32

CLASSES = ("MsgPackTests", "MessageTests", "TopicTests", "GeometryTests", "JsonTests")


def vectors(folder: Path) -> dict[str, dict[str, Any]]:
    """What the core makes of each .bin of a folder, by name."""
    words = [*build_cs.command("talkwire-vectors"), str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    names = sorted(path.stem for path in folder.glob("*.bin"))
    return dict(zip(names, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("name", CLASSES)
def test_the_cores_own_tests_pass(name: str) -> None:
    assert ", 0 failed" in build_cs.run_tests(name)


def test_every_vector_is_read_as_its_json_says() -> None:
    seen = vectors(FOLDER)
    assert len(seen) == len(cases())
    for name, message in seen.items():
        assert message == json.loads((FOLDER / f"{name}.json").read_text()), name


def test_the_first_versions_bytes_are_read_with_the_same_defaults() -> None:
    for name, now in vectors(FIRST).items():
        then = json.loads((FIRST / f"{name}.json").read_text())
        assert now == {**now, **then}, name
        assert now == as_json(read(name, (FIRST / f"{name}.bin").read_bytes())), name


def test_what_must_be_refused_is() -> None:
    seen = vectors(REFUSED)
    assert sorted(seen) == sorted(DAMAGE)
    for name, message in seen.items():
        assert set(message) == {"refused"}, name
        assert re.fullmatch(r".+: saw .+, wanted .+; .+", message["refused"]), message


@pytest.mark.parametrize("change", [damaged, exchanged])
def test_what_was_changed_means_the_same_to_both_sides(tmp_path: Path, change: Change) -> None:
    mean_the_same(tmp_path, change, vectors)


def test_a_folder_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    words = [*build_cs.command("talkwire-vectors"), str(tmp_path / "none")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage" in done.stderr


def test_vertices_and_normals_are_those_of_the_python_side(tmp_path: Path) -> None:
    write_parts(tmp_path, vertex_count=2_000)
    assert compare(tmp_path) == ["frame_basis", "frame_delta8", "frame_f32", "frame_q16", "frame_q16n"]


def test_so_are_those_of_the_vectors_whose_basis_has_two_blocks(tmp_path: Path) -> None:
    names = {"media_mesh": "mesh", "media_basis": "basis", "media_coefficients": "frame_coefficients"}
    frames = {name: name.removeprefix("media_") for name in cases() if name.startswith("media_frame_")}
    for name, place in {**names, **frames}.items():
        shutil.copy(FOLDER / f"{name}.bin", tmp_path / f"{place}.bin")
    assert len(compare(tmp_path)) == 1 + len(frames) > 8


def compare(folder: Path) -> list[str]:
    """The names of the frames whose vertices and normals both sides decode, once they agree."""
    seen = {}
    for line in build_cs.run_test_program("Decoded", str(folder)).splitlines():
        arrays = json.loads(line)
        name = arrays.pop("name")
        seen[name] = {
            kind: np.frombuffer(bytes.fromhex(text), "<f4").reshape(-1, 3) for kind, text in arrays.items()
        }
    mesh = message(folder / "mesh.bin")
    triangles, weld = (
        np.frombuffer(mesh.triangles_tx3, "<u4").reshape(-1, 3),
        np.frombuffer(mesh.weld_v, "<u4"),
    )
    for name, ours in seen.items():
        frame = message(folder / f"{name}.bin")
        for kind, theirs in decoded(frame, mesh, message(folder / "basis.bin")):
            exact = kind == "vertices" and isinstance(frame, wire.Frame)
            np.testing.assert_allclose(ours[kind], theirs, rtol=0, atol=0 if exact else 1e-6, err_msg=name)
        smooth = vertex_normals(ours["vertices"], triangles, weld)
        assert (ours["normals"] * smooth).sum(axis=1).min() > 1 - 1e-5
    return sorted(seen)


def decoded(frame: Any, mesh: wire.Mesh, basis: wire.Basis) -> Iterator[tuple[str, Float32]]:
    """What the Python side makes of a frame."""
    if isinstance(frame, wire.Coefficients):
        yield "vertices", vertices_from(frame, basis_from(basis))
        return
    yield "vertices", decode_vertices(frame.codec, frame.vertices, mesh.box)
    if frame.normals:
        yield "sent_normals", octahedral.decode(frame.normals)


def message(path: Path) -> Any:
    return decode_media(path.read_bytes()).message


@pytest.mark.parametrize("seed", [1, 2])
def test_bytes_that_nobody_means_well_with_are_read_or_refused(seed: int) -> None:
    assert "messages" in build_cs.run_test_program("Mutations", "50000", str(seed))


def test_limits_are_those_of_the_python_side() -> None:
    source = (build_cs.CORE / "Limits.cs").read_text()
    seen = {
        re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper(): eval(value)  # a product of numbers
        for name, value in re.findall(r"public const \w+ (\w+) = ([\d.* ]+);", source)
    }
    shared = {name: value for name, value in vars(limits).items() if name in seen}
    assert {name: seen[name] for name in shared} == shared
    assert len(shared) > 15
