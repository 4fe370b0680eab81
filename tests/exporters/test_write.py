"""Which writer a suffix means, what is refused before any work, and the sound beside the clip."""

from pathlib import Path

import numpy as np
import pytest

from talkwire.exporters import Options, check_out, write_clip
from talkwire.exporters.wav import wav_bytes
from talkwire.runtime.errors import ExportError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("x.glb", ["x.glb", "x.wav"]),
        ("x.GLB", ["x.GLB", "x.wav"]),
        ("take.1.gltf", ["take.1.bin", "take.1.gltf", "take.1.wav", "take.1_skin.png"]),
        ("x.csv", ["x.csv"]),
        ("x.npz", ["x.npz"]),
        ("take.1.OVR.json", ["take.1.OVR.json"]),
        ("x.usda", ["x.usda", "x.wav", "x_skin.png"]),
        ("x.USDZ", ["x.USDZ"]),
        (
            "x.1.vat.json",
            ["x.1.vat.json", "x.1.wav", "x.1_vat.glb", "x.1_vat_normal.exr", "x.1_vat_position.exr"],
        ),
        ("x.rhubarb.tsv", ["x.rhubarb.tsv"]),
    ],
)
def test_each_format_writes_its_files_and_names_the_main_one_first(
    tmp_path: Path, make_clip, name: str, beside: list[str]
) -> None:
    clip = make_clip(frames=4)
    written = write_clip(clip, tmp_path / name)
    assert written[0] == tmp_path / name
    assert names(tmp_path) == sorted(path.name for path in written) == beside
    if any(path.suffix == ".wav" for path in written):
        sound = next(path for path in written if path.suffix == ".wav").read_bytes()
        assert sound == wav_bytes(clip.samples, clip.sample_rate_hz)


@pytest.mark.parametrize("name", ["x.fbx", "x", "x.wav", ".glb", "x.json", ".rhubarb.json", "rhubarb.tsv"])
def test_an_unknown_suffix_lists_the_known_ones(tmp_path: Path, make_clip, name: str) -> None:
    with pytest.raises(ExportError, match=r"no format that can be written.*\.glb \.gltf .*\.npz"):
        write_clip(make_clip(frames=2), tmp_path / name)
    assert names(tmp_path) == []


def test_the_voice_line_itself_is_never_overwritten(tmp_path: Path, make_clip) -> None:
    line = tmp_path / "line.wav"
    line.write_bytes(b"the only copy")
    written = write_clip(make_clip(frames=2), tmp_path / "line.glb", source=line)
    assert [path.name for path in written] == ["line.glb"]
    assert line.read_bytes() == b"the only copy"
    odd = tmp_path / "line.csv"
    odd.symlink_to(line)
    with pytest.raises(ExportError, match=r"line\.csv would overwrite the voice line: saw one path for both"):
        check_out(odd, line)


def test_writing_again_gives_the_same_bytes(tmp_path: Path, make_clip) -> None:
    for name in ("x.glb", "x.csv", "x.npz", "x.usda", "x.usdc", "x.usdz", "x.ovr.json", "x.rhubarb.xml"):
        write_clip(make_clip(), tmp_path / name)
        first = (tmp_path / name).read_bytes()
        write_clip(make_clip(), tmp_path / name)
        assert (tmp_path / name).read_bytes() == first


@pytest.mark.parametrize("tolerance_mm", [-0.1, 11.0, np.nan])
def test_an_absurd_tolerance_is_refused(tolerance_mm: float) -> None:
    with pytest.raises(
        ExportError, match=r"keys cannot be reduced to this tolerance: saw .* mm, wanted 0 to 10 mm"
    ):
        Options(tolerance_mm=tolerance_mm)


@pytest.mark.parametrize("size_px", [0, 63, 513, 10_000])
def test_an_absurd_size_is_refused(size_px: int) -> None:
    with pytest.raises(
        ExportError, match=r"a video cannot have this size: saw .* pixels, wanted an even number"
    ):
        Options(size_px=size_px)
