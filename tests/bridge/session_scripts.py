"""Scripts of a client's connections; `python tests/bridge/session_scripts.py --update` writes them.

docs/connecting.md as numbers, for clients in other languages. session_reference.py and session_lines.py are
the machine that answers. A script is one JSON object:

    about       what it shows, a sentence
    chance      from 0 to 1; each wait before another try is shorter by a quarter of it
    hello       fields of Hello after ref
    steps       what happens, in order of at_ns (the client's clock), and what must come of it

A step has `at_ns`, `in`, `out` (what is to be done, in this order), `state` and `offset_ns` (add it to the
server's time to get the client's; 0 until it is known). `in` is one of

    {"wish": "start"}, {"wish": "stop"}
    {"wish": "open", session, avatar}, {"wish": "leave", session}, {"wish": "interrupt", session}
    {"wish": "read", session, planes}       all that is to be read of it from now on
    {"wish": "say", session, say, sample_rate_hz, samples, ended}, {"wish": "more", say, samples, ended}
        `say` is the speaker's number of what is said; `samples`, how many more there are of it (any that the
        test knows again by their place); `ended`: no more will come
    {"connected": route}, {"lost": route}   route: control, media, motion. lost: or it did not come about
    {"message": hex, "says": {...}}         what came on control; `says` is the same to read
    {"got": plane, session, topology_id}    a mesh, texture, basis or frame came
    {"tick": true}                          time has passed; what had arrived was taken before

`out` has

    {"connect": route, "port": p}   no port for control, which has the client's own
    {"close": route}
    {"send": message}               as `says` has it. Refs count all that is sent, from 1. `samples` of
                                    ChunkS16 is [first, count]
    {"subscribe": {session, plane, socket}}, {"unsubscribe": {...}}      only while that socket is connected
    {"told": "welcome", run, restarted}, {"told": "lost", why}, {"told": "refused", code}
    {"told": "opened", session, frames}, {"told": "closed", session}
    {"told": "interrupted", session, generation}
    {"told": "error", code, of, ...}        of: the request, with its fields; "" where none is known
    {"told": "line", say, state, played, utterance}     when its state has changed, or the utterance that it
                                    is spoken as: 0 until that is known. Also of what was interrupted

States: off, connecting, greeting, ready, waiting (for the next try), failed (until "start").
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bridge.session_scenes import SCENES, denied
from bridge.session_stage import Script, Stage

FOLDER: Final = Path(__file__).parent / "vectors" / "session"


def script(scene: Callable[[Stage], None]) -> Script:
    """What the machine makes of a scene."""
    stage = Stage(**({"token": "open sesame"} if scene is denied else {}))
    scene(stage)
    return stage.script((scene.__doc__ or "").strip())


def as_text(made: Script) -> str:
    """JSON, a step a line."""
    head = "".join(f'"{key}": {json.dumps(made[key])},\n' for key in ("about", "chance", "hello"))
    steps = ",\n".join(" " + json.dumps(step) for step in made["steps"])
    return f'{{\n{head}"steps": [\n{steps}\n]\n}}\n'


def update() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for scene in SCENES:
        (FOLDER / f"{scene.__name__}.json").write_text(as_text(script(scene)))
    print(f"{len(SCENES)} scripts written to {FOLDER}")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit("usage: python tests/bridge/session_scripts.py --update")
    update()
