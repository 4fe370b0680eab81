"""What libzmq and the system do with peers that flood, hang and go."""

import subprocess
import sys
import time

from bridge.conftest import zmtp
from talkwire.bridge.limits import MEDIA_QUEUE
from talkwire.bridge.sockets import SILENT_MS, ClientSockets, ServerSockets

UNTIL_TOLD = """
from talkwire.bridge.sockets import ServerSockets
with ServerSockets(port=0) as sockets:
    print(sockets.endpoint, flush=True)
    input()
    print(sum(1 for _ in sockets.requests(1_000_000)), flush=True)
"""


def test_a_flood_whose_sender_goes_before_it_is_read_ends_nothing_and_is_read() -> None:
    """Heartbeats of ZMTP would end the process here, or the connection: libzmq's issue 4364."""
    words = [sys.executable, "-c", UNTIL_TOLD]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin and server.stdout
        with zmtp(server.stdout.readline().strip()) as peer:
            peer.sendall(b"\0\1x" * 2 * MEDIA_QUEUE)
            time.sleep(0.5)
        time.sleep(3.0)
        assert server.poll() is None
        server.stdin.write("\n")
        server.stdin.flush()
        assert int(server.stdout.readline()) == 2 * MEDIA_QUEUE


def test_a_reader_that_takes_nothing_of_what_waits_is_hung_up_on() -> None:
    with ServerSockets(port=0) as server, ClientSockets(server.endpoint) as hung:
        hung.connect_media(server.media_port, server.motion_port)
        hung.subscribe(b"tw1/", motion=True)
        began_s, told = time.monotonic(), [(True, True, b"tw1/")]
        seen: list[tuple[bool, bool, bytes]] = []
        while (
            seen[:2] != [*told, (True, False, b"tw1/")] and time.monotonic() - began_s < 4 * SILENT_MS / 1e3
        ):
            server.publish_motion(b"tw1/nova/frame/q16\0" + bytes(1_000_000))
            server.poll(0.01)
            seen += server.subscriptions(16)
        assert seen[:2] == [*told, (True, False, b"tw1/")]
