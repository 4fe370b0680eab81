"""How small a .glb becomes, how far its vertices are off then, and how long it takes.

    python tests/bench/bench_compress.py [--out benchmarks/compress.json]

The same line in every file, at the same tolerance. The second file is one of a batch, where the head's part
is kept. What vertices are off is seen by a second reading of the files, at 40 moments: of meshopt as glTF
Transform unpacks it. gltfpack, where it is installed (tests/judges/install.py), packs the plain file for
comparison.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from machine import ROOT, hardware, write_report
from scipy.spatial import cKDTree

sys.path.insert(0, str(ROOT / "tests"))

from exporters.gltf.read_gltf import Gltf
from judges.install import MODULES
from judges.meshopt import unpacked
from talkwire.exporters import Clip, Compress, Options, Texture, bake, write_clip
from talkwire.runtime.audio import read_audio
from talkwire.runtime.avatar import find_avatar, load_avatar

LINE = ROOT / "runtime/talkwire/runtime/data/lines/he_turned_sharply.wav"
CASES = (("nova", 3.0), ("nova", 60.0), ("nova-dyntet", 3.0))
MOMENTS = 40
GLTFPACK = ["-cc", "-kn", "-km", "-ke", "-af", "0", "-vp", "16", "-vt", "16", "-ar", "16", "-at", "24"]


def spoken(name: str, length_s: float) -> Clip:
    """The shipped line, repeated to a length."""
    audio = read_audio(LINE)
    count = round(length_s * audio.sample_rate_hz)
    samples = np.tile(audio.samples, -(-count // len(audio.samples)))[:count]
    return bake(samples, audio.sample_rate_hz, load_avatar(find_avatar(name)), line=LINE.stem)


def off_mm(plain: Gltf, other: Gltf, clip: Clip) -> float:
    """How far the worst vertex of one file is from where the other has it.

    Vertices are matched by place and texture coordinates; packed ones have another order.
    """
    a, b = (np.hstack([_rest(one), _uvs(one)]) for one in (plain, other))
    _, place = cKDTree(a).query(b)
    times_s = np.linspace(0, clip.times_n_s[-1], MOMENTS)
    off = [np.linalg.norm(plain.vertices(t)[place] - other.vertices(t), axis=1).max() for t in times_s]
    return 1000 * float(max(off))


def _rest(gltf: Gltf) -> np.ndarray:
    face = next(node for node in gltf.json["nodes"] if "mesh" in node)
    parts = [gltf.array(p["attributes"]["POSITION"]) for p in gltf.json["meshes"][0]["primitives"]]
    return np.concatenate(parts).astype(float) * face.get("scale", 1) + face.get("translation", 0)


def _uvs(gltf: Gltf) -> np.ndarray:
    parts = [gltf.array(p["attributes"]["TEXCOORD_0"]) for p in gltf.json["meshes"][0]["primitives"]]
    return np.concatenate(parts).astype(float) * 0.1  # in comparison with metres


def one_file(clip: Clip, folder: Path, compress: Compress, texture: Texture) -> dict[str, Any]:
    """Written twice: the second one finds the head's part done."""
    out, took_s = folder / f"{compress}_{texture}.glb", []
    for _ in range(2):
        began = time.perf_counter()
        write_clip(clip, out, Options(compress=compress, texture=texture))
        took_s.append(time.perf_counter() - began)
    said = Gltf(out).json["asset"]["extras"]
    return {
        "compress": compress.value,
        "texture": texture.value,
        "size_bytes": out.stat().st_size,
        "first_took_s": took_s[0],
        "next_took_s": took_s[1],
        "keys": said["keys"]["weights"],
        "says_largest_error_mm": said["largest_error_mm"],
        "says_quantization_error_mm": said.get("quantization_error_mm", 0.0),
    }


def by_gltfpack(clip: Clip, folder: Path) -> dict[str, Any] | None:
    """The plain file through gltfpack: its size, and what its weights of 8 bits cost."""
    program = MODULES / "gltfpack/cli.js"
    if not program.exists():
        return None
    plain, out = folder / "none_keep.glb", folder / "gltfpack.glb"
    subprocess.run(["node", str(program), "-i", str(plain), "-o", str(out), *GLTFPACK], check=True)
    theirs, ours = Gltf(unpacked(out, folder / "back.glb")), Gltf(plain)
    deltas = clip.avatar.deltas_kxvx3.reshape(len(clip.avatar.deltas_kxvx3), -1)  # type: ignore[attr-defined]
    off = [
        (theirs.channel("weights", t) - ours.channel("weights", t)) @ deltas  # type: ignore[operator]
        for t in np.linspace(0, clip.times_n_s[-1], MOMENTS)
    ]
    worst_m = np.linalg.norm(np.reshape(off, (MOMENTS, -1, 3)), axis=2).max()
    return {
        "options": " ".join(GLTFPACK),
        "size_bytes": out.stat().st_size,
        "error_of_its_weights_mm": 1000 * float(worst_m),
        "keeps": sorted({"copyright"} & set(theirs.json["asset"]))
        + sorted({"name"} & set(theirs.json["meshes"][0])),
    }


def measured(name: str, length_s: float) -> list[dict[str, Any]]:
    """All files of one line."""
    clip, rows = spoken(name, length_s), []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for compress, texture in [*((c, Texture.keep) for c in Compress), (Compress.meshopt, Texture.webp)]:
            row = one_file(clip, folder, compress, texture)
            out = folder / f"{compress}_{texture}.glb"
            plain = Gltf(folder / "none_keep.glb")
            if compress is not Compress.none:
                read = unpacked(out, folder / "back.glb") if compress is Compress.meshopt else out
                row["off_plain_mm"] = off_mm(plain, Gltf(read), clip)
            rows.append({"avatar": name, "line_s": length_s, **row})
            rows[-1]["of_plain"] = row["size_bytes"] / rows[0]["size_bytes"]
            _print(rows[-1])
        packed = by_gltfpack(clip, folder)
        if packed is not None:
            rows.append({"avatar": name, "line_s": length_s, "compress": "gltfpack", **packed})
            rows[-1]["of_plain"] = packed["size_bytes"] / rows[0]["size_bytes"]
            print(
                f"{name:12}{length_s:5.0f} s  {'gltfpack':20}{packed['size_bytes'] / 1e6:7.2f} MB"
                f"{100 * rows[-1]['of_plain']:7.1f} %"
                f"   its weights alone are {packed['error_of_its_weights_mm']:.3f} mm off"
            )
    return rows


def _print(row: dict[str, Any]) -> None:
    what = row["compress"] + ("" if row["texture"] == "keep" else f", {row['texture']}")
    print(
        f"{row['avatar']:12}{row['line_s']:5.0f} s  {what:20}{row['size_bytes'] / 1e6:7.2f} MB"
        f"{100 * row['of_plain']:7.1f} %{row['says_largest_error_mm']:9.3f} mm"
        f"{row['says_quantization_error_mm']:9.3f} mm{row.get('off_plain_mm', 0):9.3f} mm"
        f"{row['first_took_s']:8.2f} s{row['next_took_s']:8.2f} s",
        flush=True,
    )


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/compress.json")
    words = parser.parse_args()
    report: dict[str, Any] = {
        "hardware": hardware(),
        "line": LINE.name,
        "fps": 60,
        "tolerance_mm": Options.tolerance_mm,
        "cases": [],
    }
    print(f"glTF at {Options.tolerance_mm} mm, {report['hardware']}")
    print(
        f"{'':41}{'size':>8}{'of plain':>11}{'says':>9}{'integers':>12}"
        f"{'off plain':>12}{'first':>10}{'next':>10}"
    )
    for name, length_s in CASES:
        report["cases"] += measured(name, length_s)
    write_report(words.out, report)


if __name__ == "__main__":
    main()
