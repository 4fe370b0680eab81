"""Oculus' visemes as Unity's OVRLipSyncSequence reads them."""

import json
from pathlib import Path

import numpy as np
import pytest

from talkwire.exporters import write_clip
from talkwire.runtime.visemes import VISEMES, visemes


@pytest.mark.parametrize("fps", [24, 60])
def test_unity_finds_each_frame_at_its_time(tmp_path: Path, make_clip, fps: int) -> None:
    clip = make_clip(frames=100, fps=fps)
    (path,) = write_clip(clip, tmp_path / "x.ovr.json")
    sequence = json.loads(path.read_text())
    entries, length = sequence["entries"], sequence["length"]
    wanted = visemes(clip.weights_nx52)
    for i in range(clip.frame_count):
        time_s = (i + 0.5) / fps
        entry = entries[int(len(entries) * (time_s / length))]  # OVRLipSyncSequence.GetFrameAtTime
        assert entry["frameNumber"] == i
        assert np.allclose(entry["Visemes"], wanted[i], atol=1e-4)
        assert (entry["frameDelay"], entry["laughterScore"]) == (0, 0)
    assert sequence["visemes"] == list(VISEMES)
    assert sequence["fps"] == fps


def test_blocks_join(tmp_path: Path, make_clip, monkeypatch: pytest.MonkeyPatch) -> None:
    from talkwire.exporters.curves import ovr

    clip = make_clip(frames=50)
    (path,) = write_clip(clip, tmp_path / "x.ovr.json")
    whole = path.read_bytes()
    monkeypatch.setattr(ovr, "_BLOCK_FRAMES", 7)
    write_clip(clip, path)
    assert path.read_bytes() == whole
