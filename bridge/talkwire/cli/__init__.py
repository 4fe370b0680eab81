"""The `talkwire` command: composes the other layers and holds no logic of its own."""

import os

# Before numpy is loaded: its threads wait by spinning, and take the cores from a game or server beside them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
