"""Every bound of the wire in one table. PROTOCOL.md states the same numbers; a test compares them.

A bound is checked before memory is taken for what it bounds.
"""

from __future__ import annotations

from typing import Final

PROTOCOL_MAJOR: Final = 1
PROTOCOL_MINOR: Final = 3

MAX_CONTROL_BYTES: Final = 2 * 1024 * 1024  # one message to the server
MAX_MEDIA_BYTES: Final = 32 * 1024 * 1024  # one message from the server
MAX_VERTICES: Final = 262_144
MAX_TRIANGLES: Final = 524_288
MAX_TEXTURE_BYTES: Final = 16 * 1024 * 1024
MAX_TEXTURE_SIDE_PX: Final = 16_384
MAX_PATCHES: Final = 16  # rectangles of a texture that change
MAX_COMPONENTS: Final = 1_024  # of a basis
MAX_PARTS: Final = 64
MAX_TEXT_CHARS: Final = 512
MAX_ARRAY_ITEMS: Final = 64  # of any msgpack array; bulk data is never one

MIN_SAMPLE_RATE_HZ: Final = 4_000
MAX_SAMPLE_RATE_HZ: Final = 384_000
MAX_CHUNK_S: Final = 1.0
MAX_CHUNK_SAMPLES: Final = int(MAX_CHUNK_S * MAX_SAMPLE_RATE_HZ)

MAX_SESSIONS: Final = 64  # NPCs on one server
MAX_PEERS: Final = 256
MAX_QUEUED_S: Final = 30.0  # audio one NPC holds that it has not begun to speak
MAX_QUEUED_LINES: Final = 32
MAX_LINE_STYLES: Final = 64  # that wait for their sample
MAX_SUBSCRIPTIONS: Final = 4_096  # distinct prefixes, of all readers together
MAX_PREFIX_BYTES: Final = 128
MESSAGES_PER_S: Final = 1_000  # of one peer, sustained
MESSAGE_BURST: Final = 4_000  # and at once: 30 s of audio in 10 ms chunks
PEER_TIMEOUT_S: Final = 5.0  # silence after which a peer has gone
LINGER_S: Final = 10.0  # how long an NPC outlives its last peer and reader

MOTION_QUEUE: Final = 64  # frames a slow reader can be behind, per side; a line begins with a dozen
MEDIA_QUEUE: Final = 4_000  # audio chunks, events: over a minute at 60 a second
RETAINED_GAP_S: Final = 0.08  # mesh, texture and key frame are repeated at most this often

MAX_WAITING: Final = 256  # requests that wait for avatars to be loaded
MAX_CLIENT_SESSIONS: Final = 64  # NPCs that one client has open, unless the server was told another number
MAX_CLIENT_AUDIO_S: Final = 960.0  # waiting in all NPCs of one client: 32 lines of 30 s
MAX_AUDIO_S: Final = 1_920.0  # and of all clients together
MAX_NAMES: Final = 65_536  # of NPCs, that one key has ever opened
MAX_WRONG_TOKENS: Final = 3  # then the connection is ignored until it pauses
