"""Scripts that clients in other languages follow: pinned, and what their machine does suits a real server."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest

from bridge.conftest import PATIENCE_S, until
from bridge.session_reference import Machine, hello
from bridge.session_scenes import SCENES
from bridge.session_scripts import FOLDER, as_text, script
from bridge.session_stage import Stage
from bridge.test_restart import RATE, VOICE, ended, port, process, sound_in
from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.media import decode_media, topic
from talkwire.bridge.message import encode
from talkwire.bridge.sockets import ClientSockets

__all__ = ["port"]  # a fixture
NAMES = [scene.__name__ for scene in SCENES]
SAMPLES = np.rint(VOICE * 32767).astype("<i2")


def test_every_scene_has_a_script_and_every_script_a_scene() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("scene", SCENES, ids=NAMES)
def test_the_machine_still_does_what_the_script_says(scene: Callable[[Stage], None]) -> None:
    assert (FOLDER / f"{scene.__name__}.json").read_text() == as_text(script(scene))
    assert json.loads(as_text(script(scene)))["steps"]


class Socketed:
    """The machine on real sockets. libzmq connects again by itself, so that nothing is ever `lost`."""

    def __init__(self, endpoint: str, leave: ExitStack) -> None:
        self.told: list[dict[str, Any]] = []
        self._machine = Machine(hello(), 0.0)
        self._sockets = leave.enter_context(ClientSockets(endpoint))
        self._ports: list[int] = []

    def take(self, **given: Any) -> None:
        for done in self._machine.take(time.monotonic_ns(), given):
            self.told += [done] if "told" in done else []
            if "send" in done:
                self._send(dict(done["send"]))
            for what, act in (
                ("subscribe", self._sockets.subscribe),
                ("unsubscribe", self._sockets.unsubscribe),
            ):
                if what in done:
                    where = done[what]
                    act(topic(where["session"], where["plane"]), motion=where["socket"] == "motion")
            if "connect" in done:
                self._connect(done)

    def until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < deadline, self.told
            self._sockets.poll(0.01)
            for data in list(self._sockets.replies()):
                self.take(message=data.hex())
            for data in list(self._sockets.media() if len(self._ports) == 2 else ()):
                media = decode_media(data)
                topology_id = getattr(media.message, "topology_id", None)
                if topology_id is not None:
                    self.take(got=media.plane, session=media.session, topology_id=topology_id)
            self.take(tick=True)

    def kinds(self) -> list[str]:
        return [one["told"] for one in self.told]

    def states(self) -> list[str]:
        return [one["state"] for one in self.told if one["told"] == "line"]

    def _connect(self, done: dict[str, Any]) -> None:
        if done["connect"] == "control":
            self.take(connected="control")
            return
        self._ports.append(done["port"])
        if len(self._ports) == 2:
            self._sockets.connect_media(*self._ports)
            self.take(connected="media")
            self.take(connected="motion")

    def _send(self, said: dict[str, Any]) -> None:
        kind = getattr(wire, said.pop("type"))
        if "samples" in said:
            first, count = said["samples"]
            said["samples"] = SAMPLES[first : first + count].tobytes()
        fields = {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}
        assert self._sockets.send(encode(kind(**fields)))


def test_the_machine_says_a_line_to_a_real_server_that_is_killed_in_it(port: int) -> None:
    with ExitStack() as leave:
        with process(port) as (first, endpoint):
            machine = Socketed(endpoint, leave)
            machine.take(wish="open", session="nova", avatar="")
            machine.take(wish="read", session="nova", planes=["event", "audio", "mesh", "frame/q16"])
            machine.take(wish="start")
            machine.until(lambda: "opened" in machine.kinds())
            machine.take(
                wish="say", session="nova", say=1, sample_rate_hz=RATE, samples=len(SAMPLES), ended=True
            )
            machine.until(lambda: "speaking" in machine.states())
            first.kill()
        with process(port) as (_, again), Client(again, timeout_s=PATIENCE_S) as listener:
            listener.open("nova")
            listener.listen("nova")
            machine.until(lambda: machine.states()[-1] == "done")
            heard = listener.poll()
            heard += [] if any(map(ended, heard)) else until(listener, ended)
    assert [one["restarted"] for one in machine.told if one["told"] == "welcome"] == [False, True]
    wanted = {"told": "line", "say": 1, "state": "done", "played": len(SAMPLES)}
    assert machine.told[-1].items() >= wanted.items()
    rest = sound_in(heard)
    assert 0 < len(rest) <= len(SAMPLES)
    np.testing.assert_allclose(rest, SAMPLES[-len(rest) :] / 32768, atol=1 / 16384)
