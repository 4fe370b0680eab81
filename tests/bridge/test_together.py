"""NPCs of one server move by one call of the network; when that fails, each moves alone."""

import time

import pytest

from support import LINE, small_avatar
from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.speaking import speak
from talkwire.runtime.audio import read_audio
from talkwire.runtime.engine import Array
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.session import open_session, think_together
from talkwire.runtime.voices import Voices


class Counting:
    """The live network; notes how many voices are in each call, and refuses those of more than `most`."""

    def __init__(self, most: int) -> None:
        self._engine = OnnxEngine.from_file(LINE.parents[1] / "motion_live.onnx")
        self.metadata, self.most, self.voices = self._engine.metadata, most, [0]

    def run(self, feeds: dict[str, Array]) -> dict[str, Array]:
        self.voices.append(len(feeds["rows"]))
        if self.voices[-1] > self.most:
            raise ZeroDivisionError("a card that is full")
        return self._engine.run(feeds)


@pytest.mark.parametrize("most", [100, 1])
def test_npcs_move_together_and_where_that_fails_alone(most: int) -> None:
    engine, avatar, line = Counting(most), small_avatar(), read_audio(LINE)
    voices = Voices(engine)
    server = Server(lambda: open_session(avatar, voices=voices), port=0, move_together=think_together)
    names = [f"npc{number}" for number in range(4)]
    with serving(server) as address, Client(address, timeout_s=10) as listener:
        for name in names:
            listener.open(name)
            listener.listen(name)
        with Client(address, timeout_s=10) as speaker:
            *_, said = speak(speaker, "npc0", iter([line.samples[:16_000]]), line.sample_rate_hz)
        assert said.state == "done"
        seen: set[str] = set()
        until_s = time.monotonic() + 10
        while seen != set(names) and time.monotonic() < until_s:
            seen |= {m.session for m in listener.poll(0.1) if isinstance(m.message, wire.Frame)}
    assert seen == set(names)
    assert max(engine.voices) > 1
