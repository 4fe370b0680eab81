"""The traces that players in other languages follow are what the reference player does."""

import json
from typing import Any

import pytest

from bridge import traces
from bridge.scenes import SCENES, Scene
from bridge.traces import FOLDER, Ear, as_text, as_words, differences, from_words, replay, trace

NAMES = [scene.__name__ for scene in SCENES]


def read(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{name}.json").read_text()))


def test_every_scene_has_a_trace_and_every_trace_a_scene() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("scene", SCENES, ids=NAMES)
def test_the_scene_still_sends_the_same_at_the_same_times(scene: Scene) -> None:
    def sent(made: dict[str, Any]) -> list[tuple[int, str | None]]:
        return [(step["at_ns"], step.get("part")) for step in made["steps"]]

    assert sent(trace(scene)) == sent(read(scene.__name__))


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_player_gives_the_answers(name: str) -> None:
    given = read(name)
    assert differences(given, replay(given)) == []
    assert len(as_text(given)) < 100_000


class Off(Ear):
    """A loudspeaker that is a little ahead or behind: another language's arithmetic at its worst."""

    by_ns = 0

    def _follow(self, now_ns: int) -> float:
        return super()._follow(now_ns + self.by_ns)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("by_ns", [-3, 3])
def test_no_step_stands_where_rounding_decides(
    name: str, by_ns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Off, "by_ns", by_ns)
    monkeypatch.setattr(traces, "Ear", Off)
    given = read(name)
    assert differences(given, replay(given)) == []


def test_a_wrong_answer_is_a_difference() -> None:
    given = read("plain_line")
    for key, wrong in (("heard", 2), ("speed", 1.01), ("shown", None)):
        answers = [i for i, step in enumerate(given["steps"]) if step.get("answer", {}).get("shown")]
        steps = list(given["steps"])
        answer = dict(steps[answers[-1]]["answer"])
        answer[key] = wrong if wrong is None else answer[key] + wrong
        steps[answers[-1]] = {**steps[answers[-1]], "answer": answer}
        assert differences(given, {**given, "steps": steps}) != []


@pytest.mark.parametrize("part", [b"\0", b"\1" * 6, b"tw1\0\0\0\0\0\0\0\0\xff\xff\xff", bytes(range(256))])
def test_words_are_bytes(part: bytes) -> None:
    assert from_words(as_words(part)) == part
