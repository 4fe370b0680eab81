"""A server in a process of its own, to be killed: `python a_server.py PORT`. Says where it listens."""

import sys
import threading
import time

from talkwire.bridge.serving.server import Server, first_generation
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology

if __name__ == "__main__":
    topology = synthetic_topology(100)
    generation = first_generation(time.time())
    server = Server(lambda: SyntheticSession(topology), port=int(sys.argv[1]), first_generation=generation)
    print("serving at", server.endpoint, flush=True)
    server.run(threading.Event())
