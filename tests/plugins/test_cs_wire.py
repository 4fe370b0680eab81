"""The C# core reads and refuses what the protocol's vectors say, and its numbers are the reference's."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from plugins import build_cs
from plugins.head_files import write_head
from talkwire.bridge import limits

CLASSES = ("MsgPackTests", "MessageTests", "TopicTests", "GeometryTests")


def vectors(folder: Path) -> list[dict[str, object]]:
    done = subprocess.run(
        [*build_cs.command("talkwire-vectors"), str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("name", CLASSES)
def test_the_cores_own_tests_pass(name: str) -> None:
    assert ", 0 failed" in build_cs.run_tests(name)


def test_every_vector_is_read_as_its_json_says() -> None:
    paths = sorted(build_cs.VECTORS.glob("*.json"))
    assert vectors(build_cs.VECTORS) == [json.loads(path.read_text()) for path in paths]


def test_the_first_versions_bytes_are_read_for_ever() -> None:
    folder = build_cs.VECTORS / "1.0"
    then = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    now = vectors(folder)
    assert now == [line | old for line, old in zip(now, then, strict=True)]


def test_what_must_be_refused_is() -> None:
    lines = vectors(build_cs.VECTORS / "refused")
    assert len(lines) == len(list((build_cs.VECTORS / "refused").glob("*.bin")))
    assert [list(line) for line in lines] == [["refused"]] * len(lines)


def test_a_folder_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    words = [*build_cs.command("talkwire-vectors"), str(tmp_path / "none")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage" in done.stderr


@pytest.mark.parametrize(("side", "components"), [(2, 1), (23, 30)])
def test_vertices_and_normals_are_the_references(tmp_path: Path, side: int, components: int) -> None:
    wanted = write_head(tmp_path, side=side, components=components)
    lines = build_cs.run_test_program("Decoded", str(tmp_path)).splitlines()
    seen = {line.pop("name"): line for line in map(json.loads, lines)}
    assert {name: set(arrays) for name, arrays in seen.items()} == {n: set(a) for n, a in wanted.items()}
    for name, arrays in wanted.items():
        for kind, array in arrays.items():
            ours = np.frombuffer(bytes.fromhex(seen[name][kind]), "<f4").reshape(-1, 3)
            exact = kind == "vertices" and name != "frame_basis"
            close = 0.0 if exact else 2e-4 if kind == "normals" else 1e-6  # sums in another order
            np.testing.assert_allclose(ours, array, rtol=0, atol=close, err_msg=f"{name} {kind}")


def test_bytes_that_nobody_means_well_with_are_read_or_refused() -> None:
    assert "messages" in build_cs.run_test_program("Mutations", "4", "1")


def test_the_limits_are_the_protocols() -> None:
    source = (build_cs.CORE / "Limits.cs").read_text()
    names = {
        "ProtocolMajor": "PROTOCOL_MAJOR",
        "ProtocolMinor": "PROTOCOL_MINOR",
        "MaxVertices": "MAX_VERTICES",
        "MaxTriangles": "MAX_TRIANGLES",
        "MaxTextureSidePx": "MAX_TEXTURE_SIDE_PX",
        "MaxPatches": "MAX_PATCHES",
        "MaxComponents": "MAX_COMPONENTS",
        "MaxParts": "MAX_PARTS",
        "MaxTextChars": "MAX_TEXT_CHARS",
        "MaxArrayItems": "MAX_ARRAY_ITEMS",
        "MinSampleRateHz": "MIN_SAMPLE_RATE_HZ",
        "MaxSampleRateHz": "MAX_SAMPLE_RATE_HZ",
        "MaxChunkSamples": "MAX_CHUNK_SAMPLES",
        "MaxPrefixBytes": "MAX_PREFIX_BYTES",
        "MessagesPerS": "MESSAGES_PER_S",
        "MotionQueue": "MOTION_QUEUE",
        "MediaQueue": "MEDIA_QUEUE",
    }
    for ours, theirs in names.items():
        assert f" {ours} = {getattr(limits, theirs)};" in source, ours
    for ours, megabytes in {"MaxControlBytes": 2, "MaxMediaBytes": 32, "MaxTextureBytes": 16}.items():
        assert f" {ours} = {megabytes} * 1024 * 1024;" in source, ours
