"""Speed that follows a sender's clock, never by more than is inaudible."""

import pytest

from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.playing.drift import MOST, ROOM_S, Drift

TARGET_S = 0.05


def settled(ahead_s: float, lead_s: float = 0.0) -> float:
    drift = Drift()
    return [drift.speed(ahead_s, TARGET_S, lead_s, i * NS_PER_S // 60) for i in range(600)][-1]


@pytest.mark.parametrize(
    ("ahead_s", "lead_s", "speed"),
    [
        (TARGET_S, 0.0, 1.0),
        (TARGET_S + ROOM_S, 0.0, 1.0),
        (TARGET_S + 0.2, 0.2, 1.0),  # a recorded line is sent ahead: that is no delay
        (TARGET_S - 0.005, 0.0, 1 - MOST / 2),
        (0.0, 0.0, 1 - MOST),
        (-9.0, 0.0, 1 - MOST),
        (TARGET_S + ROOM_S + 0.005, 0.0, 1 + MOST / 2),
        (9.0, 0.2, 1 + MOST),
    ],
)
def test_outside_of_its_zone_speed_changes_a_little(ahead_s: float, lead_s: float, speed: float) -> None:
    assert settled(ahead_s, lead_s) == pytest.approx(speed, abs=1e-9)


def test_a_stall_is_not_drift() -> None:
    drift = Drift()
    for i in range(600):
        drift.speed(TARGET_S + 0.035, TARGET_S, 0.0, i * NS_PER_S // 60)
    dip = [drift.speed(TARGET_S - 0.1, TARGET_S, 0.0, (600 + i) * NS_PER_S // 60) for i in range(12)]
    assert min(dip) == 1.0


@pytest.mark.parametrize("ppm", [-200, 200])
def test_it_holds_against_200_parts_in_a_million(ppm: float) -> None:
    drift, ahead_s, seen = Drift(), TARGET_S + ROOM_S / 2, []
    for i in range(60 * 1200):
        speed = drift.speed(ahead_s, TARGET_S, 0.0, i * NS_PER_S // 60)
        ahead_s += (1 - speed * (1 + ppm * 1e-6)) / 60
        seen.append(ahead_s)
    assert min(seen) > TARGET_S - 0.005 and max(seen) < TARGET_S + ROOM_S + 0.005
