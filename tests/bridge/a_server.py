"""A server in a process of its own, to be killed: `python a_server.py PORT [KEYS]`. Says where it listens."""

import sys
import threading
import time
from pathlib import Path

from talkwire.bridge.access.keys import ServerKeys
from talkwire.bridge.serving.server import Server, first_generation
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology

if __name__ == "__main__":
    topology = synthetic_topology(100)
    generation = first_generation(time.time())
    keys = ServerKeys(Path(sys.argv[2])) if len(sys.argv) > 2 else None
    server = Server(
        lambda: SyntheticSession(topology), port=int(sys.argv[1]), first_generation=generation, keys=keys
    )
    print("serving at", server.endpoint, flush=True)
    server.run(threading.Event())
