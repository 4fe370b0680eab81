"""`talkwire serve` in a process of its own, as it would be in earnest: for the demo, trials and benches."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from talkwire.bridge.trial.processes import OwnServer
from talkwire.runtime.errors import LinkError

LONGEST_START_S, LONGEST_STOP_S = 30.0, 40.0


@contextmanager
def own_server(*options: object) -> Iterator[OwnServer]:
    """Runs while it is used. Raises LinkError with what it said when it does not come up."""
    command = [sys.executable, "-m", "talkwire.cli", "serve", *map(str, options)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    alarm = threading.Timer(LONGEST_START_S, process.kill)
    alarm.start()
    assert process.stdout is not None
    assert process.stderr is not None
    drain = threading.Thread(target=process.stderr.read, daemon=True)  # or it would wait for a reader
    try:
        ready = next((line for line in process.stdout if " at tcp://" in line), "")
        alarm.cancel()
        if not ready:
            process.wait()
            raise LinkError(
                "the server did not start",
                seen=process.stderr.read().strip() or f"exit code {process.returncode}",
                wanted="a line that it serves",
                cure="run: talkwire serve, and see what it says",
            )
        drain.start()
        yield OwnServer(ready.split(" at ")[1].split()[0], process)
    finally:
        alarm.cancel()
        process.terminate()
        try:
            process.wait(timeout=LONGEST_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if drain.ident is not None:
            drain.join()
        for pipe in filter(None, (process.stdout, process.stderr)):
            pipe.close()
