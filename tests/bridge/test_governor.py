"""Quality falls in its order while the server is too busy, and comes back; told by the clock of the test."""

from itertools import pairwise

from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.serving.governor import AT_EASE, CALM_S, LADDER, TOO_BUSY, WINDOW_NS, Economy, Governor

TURN_NS = NS_PER_S // 120


class Work:
    """Turns of so much work each."""

    def __init__(self) -> None:
        self.governor, self.now_ns = Governor(), 5 * NS_PER_S
        self.levels: list[int] = [0]

    def at(self, load: float, seconds: float) -> None:
        for _ in range(round(seconds * NS_PER_S / TURN_NS)):
            if self.governor.turn(self.now_ns, self.now_ns + round(load * TURN_NS)):
                self.levels.append(self.governor.level)
            self.now_ns += TURN_NS


def test_an_idle_server_saves_nothing_and_says_how_busy_it_is() -> None:
    work = Work()
    work.at(0.3, 5)
    assert work.levels == [0]
    assert abs(work.governor.load - 0.3) < 0.02
    assert work.governor.economy == LADDER[0]


def test_a_busy_one_goes_down_the_ladder_step_by_step_and_no_farther() -> None:
    work = Work()
    work.at(TOO_BUSY + 0.05, 3)
    assert work.levels == list(range(len(LADDER)))
    assert work.governor.economy == LADDER[-1]


def test_the_order_is_texture_rate_mesh_rate_and_then_the_basis() -> None:
    first = [
        next(
            level
            for level, economy in enumerate(LADDER)
            if getattr(economy, name) != getattr(Economy(), name)
        )
        for name in ("patch_every", "mesh_every", "basis")
    ]
    assert first == [1, 2, 3]
    assert LADDER[0] == Economy()
    for better, worse in pairwise(LADDER):
        assert (better.patch_every, better.mesh_every, better.basis) < (
            worse.patch_every,
            worse.mesh_every,
            True,
        )
        assert better.mesh_every <= worse.mesh_every and better.basis <= worse.basis


def test_one_late_turn_is_no_reason() -> None:
    work = Work()
    work.at(0.3, 1)
    work.governor.turn(work.now_ns, work.now_ns + WINDOW_NS // 4)
    work.now_ns += WINDOW_NS // 4
    work.at(0.3, 1)
    assert work.levels == [0]


def test_quality_comes_back_when_there_is_ease_and_not_while_there_is_little() -> None:
    work = Work()
    work.at(0.95, 4 * WINDOW_NS / NS_PER_S)
    work.at((AT_EASE + TOO_BUSY) / 2, 1)
    down = work.governor.level
    assert down
    work.at((AT_EASE + TOO_BUSY) / 2, 10)
    assert work.governor.level == down
    work.at(0.1, 4 * CALM_S * down)
    assert work.governor.level == 0


def test_where_it_came_back_in_vain_it_waits_longer_before_it_tries_again() -> None:
    work, changes = Work(), []
    for _ in range(1200 * 120):
        load = 0.95 if work.governor.level == 0 else 0.3  # what is saved just suffices
        work.at(load, 1 / 120)
        if len(work.levels) > len(changes) + 1:
            changes.append(work.now_ns)
    ups = changes[1::2]
    gaps = [b - a for a, b in pairwise(ups)]
    assert len(gaps) >= 3
    assert gaps[1] > 1.5 * gaps[0] and gaps[2] > 1.5 * gaps[1]
    assert gaps[-1] < 65 * NS_PER_S, "but not for ever"
