"""How fast a voice line becomes a file, where the time goes, how large it is, and how near to the avatar.

    python tests/bench/bench_export.py [--avatar NAME|FILE ...] [--out benchmarks/export.json]
    python tests/bench/bench_export.py --hours 3      # one long line: memory and time, not in the JSON

Real speech: the shipped line, and the same repeated to 20 s and 60 s (repetition changes nothing in the
cost: the network and the idle model run on every frame). Every case is run in its own process, as a
user's command is. Two figures: of the export alone, from opening the line to the renamed file, and with the
imports that a fresh process pays once. glTF is made with both kinds of morph targets, for both shipped heads,
and its size is taken apart: mesh with targets, texture, keys, JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from machine import ROOT, hardware, write_report

LINE = ROOT / "runtime/talkwire/runtime/data/lines/he_turned_sharply.wav"
LENGTHS_S = (3.0, 20.0, 60.0)
AVATARS = ("nova", "nova-dyntet")
REPEATS = 3
ALLOWED_BYTES = 60_000  # of motion, beside mesh and texture, of which the file may be half as large again


class Case(NamedTuple):
    """What one process exports."""

    avatar: str
    suffix: str
    morphs: str
    length_s: float


def cases(avatars: list[str]) -> Iterator[Case]:
    """glTF with each kind of targets at all lengths, other formats at the longest."""
    for avatar in avatars:
        for morphs in ("arkit", "basis"):
            yield from (Case(avatar, ".glb", morphs, length_s) for length_s in LENGTHS_S)
        yield from (Case(avatar, suffix, "arkit", LENGTHS_S[-1]) for suffix in (".csv", ".npz"))


def one_export(case: Case) -> dict[str, Any]:
    """One export in this process, cold, with its stages timed; a second line of the same avatar after it."""
    began = time.perf_counter()
    from talkwire.exporters import Morphs, Options, bake, write_clip
    from talkwire.runtime.audio import read_audio
    from talkwire.runtime.avatar import find_avatar, load_avatar

    marks = {"imports": time.perf_counter() - began}
    cpu_began = time.process_time()

    def lap(name: str) -> None:
        marks[name] = time.perf_counter() - began - sum(marks.values())

    with tempfile.TemporaryDirectory() as folder:
        audio = read_audio(long_line(Path(folder), case.length_s))
        lap("read audio")
        avatar = load_avatar(find_avatar(case.avatar))
        lap("load avatar")
        clip = bake(audio.samples, audio.sample_rate_hz, avatar, line=LINE.stem)
        lap("hear and move")
        options = Options(morphs=Morphs(case.morphs))
        out, *_ = write_clip(clip, Path(folder) / f"line{case.suffix}", options)
        lap("reduce keys, measure, write")
        took_s, cpu_s = sum(marks.values()), time.process_time() - cpu_began
        parts = parts_of(out) if case.suffix == ".glb" else {}
        size_bytes = out.stat().st_size
        again_began = time.perf_counter()
        again = bake(audio.samples, audio.sample_rate_hz, avatar, line=LINE.stem)
        write_clip(again, Path(folder) / f"line{case.suffix}", options)
        again_s = time.perf_counter() - again_began
    return {
        **case._asdict(),
        "vertices": avatar.topology.vertex_count,
        "took_s": took_s - marks["imports"],
        "with_imports_s": took_s,
        "times_real_time": case.length_s / (took_s - marks["imports"]),
        "times_real_time_with_imports": case.length_s / took_s,
        "again_s": again_s,
        "cpu_s": cpu_s,
        "frames": clip.frame_count,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "size_bytes": size_bytes,
        "stages_s": marks,
        **parts,
    }


def long_line(folder: Path, length_s: float) -> Path:
    """A file of the shipped line again and again."""
    import soundfile

    samples, rate_hz = soundfile.read(LINE, dtype="int16")
    left, path = round(length_s * rate_hz), folder / "line_in.wav"
    with soundfile.SoundFile(path, "w", rate_hz, 1, subtype="PCM_16") as file:
        while left > 0:
            file.write(samples[:left])
            left -= len(samples[:left])
    return path


def parts_of(path: Path) -> dict[str, Any]:
    """Bytes of a .glb by what they are, and what it says of its geometry."""
    data = path.read_bytes()
    json_bytes = int.from_bytes(data[12:16], "little")
    document = json.loads(data[20 : 20 + json_bytes])
    parts: dict[str, int] = {"json": json_bytes, "keys": 0, "texture": 0, "mesh and targets": 0}
    image = document["images"][0]["bufferView"]
    for i, view in enumerate(document["bufferViews"]):
        kind = "texture" if i == image else "keys" if view.get("name") == "keys" else "mesh and targets"
        parts[kind] += view["byteLength"]
    still = len(data) - parts["keys"] + ALLOWED_BYTES
    extras = document["asset"]["extras"]
    return {
        "bytes_by_part": parts,
        "targets": len(document["meshes"][0]["extras"]["targetNames"]),
        "of_mesh_texture_and_60_kb": len(data) / still,
        "geometry_error_mm": extras["geometry_error_mm"],
        "key_error_mm": extras["largest_error_mm"],
    }


def median_export(case: Case) -> dict[str, Any]:
    """The run of median duration of a few, each in a fresh process."""
    words = [sys.executable, __file__, "--one", json.dumps(case)]
    runs = [
        json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        for _ in range(REPEATS)
    ]
    return dict(sorted(runs, key=lambda run: float(run["took_s"]))[REPEATS // 2])


def row(case: dict[str, Any]) -> str:
    """One line of the table."""
    stages = ", ".join(f"{name} {1000 * took:.0f}" for name, took in case["stages_s"].items())
    text = (
        f"{case['avatar']:12}{case['suffix']:6}{case['morphs']:6}{case['length_s']:6.0f} s"
        f"{case['with_imports_s']:7.2f} s{case['times_real_time']:7.1f}{case['again_s']:7.2f} s"
        f"{case['peak_mb']:6.0f} MB{case['size_bytes'] / 1e6:8.2f} MB"
    )
    if "geometry_error_mm" in case:
        off = case["geometry_error_mm"]
        text += f"{case['of_mesh_texture_and_60_kb']:6.2f}"
        text += f"  {off['p99']:.3f} / {off['p99.9']:.3f} / {off['worst']:.2f} mm"
    return f"{text}   {stages}"


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/export.json")
    parser.add_argument("--avatar", nargs="+", default=AVATARS, help="shipped avatars' names, or files")
    parser.add_argument("--hours", type=float, help="one line so long, by ARKit's shapes")
    parser.add_argument("--one", metavar="CASE", help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.one:
        print(json.dumps(one_export(Case(*json.loads(words.one)))))
        return
    if words.hours:
        print(row(one_export(Case(words.avatar[0], ".glb", "arkit", 3600 * words.hours))))
        return
    report: dict[str, Any] = {"hardware": hardware(), "line": LINE.name, "fps": 60, "cases": []}
    print(f"Export at 60 frames/s, {report['hardware']}; median of {REPEATS} fresh processes")
    print("avatar, format, targets, line; with imports; x real time without; a second line; peak of memory;")
    print("size, over (mesh + texture + 60 kB); p99 / p99.9 / worst vertex; stages in ms")
    for case in cases(list(words.avatar)):
        report["cases"].append(median_export(case))
        print(row(report["cases"][-1]), flush=True)
    write_report(words.out, report)


if __name__ == "__main__":
    main()
