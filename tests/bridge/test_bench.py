"""Stages are measured by doing them; no figure is asserted, only that each is there."""

import numpy as np
import pytest

from support import LINE, small_avatar
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.trial import stages
from talkwire.bridge.trial.stages import SERVED, frames_per_s, outside_us, sustained, ticks
from talkwire.bridge.trial.wire_bench import first_frames
from talkwire.runtime.audio import read_audio
from talkwire.runtime.avatar import Avatar, DyntetAvatar, find_avatar, load_avatar
from talkwire.runtime.session import open_session

SPEECH = read_audio(LINE)
AVATARS = {"blendshape": small_avatar(), "dyntet": load_avatar(find_avatar("nova-dyntet"))}


@pytest.mark.parametrize("avatar", AVATARS.values(), ids=AVATARS.keys())
def test_every_stage_is_measured(avatar: Avatar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "WARM_UP_TICKS", 12)
    table = ticks(avatar, SPEECH, 2, 4)
    expected, served = {*SERVED["mesh"], stages.DECODE, "all for mesh"}, {"mesh"}
    if isinstance(avatar, DyntetAvatar):
        expected |= {
            stages.BASIS,
            stages.NETWORK,
            stages.TEXTURE,
            "all for basis",
            "all for mesh by the network",
        }
        served.add("basis")
        assert avatar.mode == "basis", "as it was"
    assert set(table) == expected
    assert all(0 < row["p50"] <= row["p95"] <= row["p99"] for row in table.values())
    assert set(outside_us(table, 2)) == served
    assert frames_per_s(table, 2)["mesh"] == round(2000 / table["all for mesh"]["p50"])


def test_a_first_frame_is_waited_for_no_shorter_than_its_look_ahead() -> None:
    avatar = AVATARS["blendshape"]
    look_ahead_s = open_session(avatar).look_ahead_s
    with serving(Server(lambda: open_session(avatar), port=0)) as endpoint:
        took = first_frames(endpoint, SPEECH, 2)
    assert all(ms is not None and 1e3 * look_ahead_s * 0.5 < ms < 5000 for ms in took.values())


def test_npcs_hear_the_line_from_different_places() -> None:
    first, *_ = stages._slices(SPEECH, 3, 1, 60)
    assert len({tuple(np.round(samples, 6)) for samples in first}) == 3


def test_npcs_are_sustained_where_nearly_every_tick_is_in_time() -> None:
    def table(p99: float) -> dict[str, dict[str, float]]:
        return {"all for mesh": {"p50": 1.0, "p95": 2.0, "p99": p99}}

    tables = {1: table(5), 8: table(16), 32: table(17)}
    assert sustained(tables, "mesh", 60) == 8
    assert sustained(tables, "mesh", 30) == 32
    assert sustained(tables, "mesh", 240) == 0
    assert sustained(tables, "basis", 60) == 0
