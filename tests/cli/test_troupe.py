"""Whom `talkwire serve` opens: with the label in their videos, where it was told to."""

from pathlib import Path

import pytest

from g4g_support import jaw_open, small_g4g
from talkwire.cli.troupe import Troupe
from talkwire.runtime.engines import Kind


@pytest.mark.parametrize(("mark", "patches"), [(False, 2), (True, 3)])
def test_a_video_is_served_with_its_label_where_that_is_wanted(
    tmp_path: Path, mark: bool, patches: int
) -> None:
    small_g4g().save(tmp_path / "ann.talkwire")
    troupe = Troupe(
        [str(tmp_path / "ann.talkwire")],
        engine=Kind.onnx,
        precision=None,
        npcs=1,
        mode="basis",
        fps=25,
        seed=0,
        mark=mark,
        say=lambda what, share: None,
    )
    session = troupe.cast.session(troupe.first)  # loading ends soon
    assert len(session.avatar.painted([jaw_open(0.5)], [0.0])[0]) == patches
    session.close()
