"""Any bytes, from hypothesis; and every input that has ever found a bug."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.targets import CORPUS, TARGETS, seeds

FOUND = sorted(CORPUS.rglob("*.bin"))
SETTINGS = settings(
    max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_found_a_bug_finds_none(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_right_is_no_bug(target: str) -> None:
    assert [TARGETS[target](seed) for seed in seeds(target)]


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_nearly_right_finds_no_bug(target: str) -> None:
    right = list(seeds(target))

    @SETTINGS
    @given(st.data())
    def search(data: st.DataObject) -> None:
        bytes_ = bytearray(data.draw(st.sampled_from(right)))
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(bytes_)))
            bytes_[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
        TARGETS[target](bytes(bytes_))

    search()


@pytest.mark.parametrize("target", TARGETS)
def test_any_bytes_find_no_bug(target: str) -> None:
    SETTINGS(given(st.binary(max_size=400))(TARGETS[target]))()
