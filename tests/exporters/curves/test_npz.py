"""Arrays that numpy alone reads back, with their units said inside."""

from pathlib import Path

import numpy as np

from talkwire.exporters import write_clip
from talkwire.runtime.arkit import ARKIT_NAMES


def test_everything_reads_back_without_pickle(tmp_path: Path, make_clip) -> None:
    clip = make_clip(line="naïve «line»")
    (path,) = write_clip(clip, tmp_path / "x.npz")
    with np.load(path, allow_pickle=False) as read:
        assert np.array_equal(read["weights"], clip.weights_nx52)
        assert np.array_equal(read["head_rotation"], clip.rotations_nx4)
        assert np.array_equal(read["head_translation_m"], clip.translations_nx3_m)
        assert np.array_equal(read["pts"], clip.pts_n)
        assert np.array_equal(read["samples"], clip.samples)
        assert tuple(read["weight_names"]) == ARKIT_NAMES
        assert (int(read["fps"]), int(read["sample_rate_hz"]), int(read["seed"])) == (60, 16000, 5)
        assert (str(read["line"]), str(read["avatar"])) == ("naïve «line»", "small")
        said = str(read["README"])
        for name in set(read.files) - {"README"}:
            assert name in said
