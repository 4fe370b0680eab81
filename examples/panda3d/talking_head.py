"""A talking head in Panda3D; README.md beside this file says how to run it. `show` is the game's loop:
whatever may wait for the server runs in threads, and the loop waits for nothing.
"""

from __future__ import annotations

import argparse
import math
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue

from direct.showbase.ShowBase import ShowBase
from panda3d import core
from streamed_head import StreamedHead, TextureCard

from talkwire.bridge.client import DEFAULT_ENDPOINT, Client
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.sinks import SilentSink, best_sink
from talkwire.bridge.speaking import speak
from talkwire.runtime.audio import Audio, read_audio
from talkwire.runtime.errors import ExportError, MissingDependency, TalkwireError

FOV_DEG = 20.0
SETTINGS = "window-title talkwire\nwin-size 600 600\nclock-mode limited\nclock-frame-rate 60\n"
HEADLESS = "load-display p3headlessgl\naux-display p3tinydisplay\naudio-library-name null\n"
QUIET = "print-pipe-types 0\nnotify-level-display fatal\nnotify-level-device fatal\n"


def show(options: argparse.Namespace) -> None:
    """Until the window is closed, or the moment of --offscreen has come."""
    audio = read_audio(options.say) if options.say else None
    headless, voice, seen_ns, moment_s = options.offscreen is not None, None, 0, 0.0
    with ExitStack() as stack:
        client = stack.enter_context(Client(options.server))
        client.open(options.npc)
        client.listen(options.npc, "arkit" if options.texture_card else options.codec)
        threads, stopping = stack.enter_context(ThreadPoolExecutor(2)), threading.Event()
        stack.callback(stopping.set)
        arrived: SimpleQueue = SimpleQueue()  # media, and what to add to the server's time to get ours
        ears = threads.submit(receive, client, arrived, stopping)
        player = Player(SilentSink() if headless else best_sink())
        base, head = stage(headless), TextureCard() if options.texture_card else StreamedHead()
        head.node.reparent_to(base.render)
        while not headless or moment_s < options.offscreen:
            now_ns = time.monotonic_ns()
            while not arrived.empty():
                media, offset_ns = arrived.get()
                player.receive(media, now_ns, offset_ns=offset_ns)
            picture = player.present(now_ns)
            if head.show(player, picture) and not seen_ns:
                seen_ns = now_ns
                put_camera(base, head.node)
                voice = threads.submit(say, options, audio, stopping) if audio is not None else None
            base.task_mgr.step()  # Panda draws; once its window is closed, it raises SystemExit
            player.displayed(time.monotonic_ns())
            if ears.done() or (voice is not None and voice.done() and (headless or voice.exception())):
                break
            if audio is None:
                moment_s = (now_ns - seen_ns) / 1e9 if seen_ns else 0.0
            elif picture is not None and not picture.idle:  # of the line, however slowly it is drawn
                moment_s = picture.time_s
    for task in filter(None, (ears, voice)):
        task.result()  # raises what it failed with
    file = options.screenshot
    if file and not base.win.save_screenshot(core.Filename.from_os_specific(file)):
        raise ExportError("no screenshot", seen=file, wanted="a place for a .png", cure="name another")
    for name, value in player.stats.rows():
        print(f"{name}: {value}")


def receive(client: Client, arrived: SimpleQueue, stopping: threading.Event) -> None:
    """In a thread: the player takes it from there before its next picture."""
    while not stopping.is_set():
        if media := client.poll(0.02):
            arrived.put((media, client.offset_ns))


def say(options: argparse.Namespace, audio: Audio, stopping: threading.Event) -> None:
    """In a thread: a line, as fast as the server takes it. A game that ends takes back what is not said."""
    with Client(options.server) as client:
        for _ in speak(client, options.npc, [audio.samples], audio.sample_rate_hz):
            if stopping.is_set():
                client.interrupt(options.npc)
                return


def stage(headless: bool) -> ShowBase:
    """A window, or a picture without one, and light: most of it from the upper left."""
    core.load_prc_file_data("", SETTINGS + QUIET + headless * HEADLESS)
    try:
        base = ShowBase(windowType="offscreen" if headless else None)
    except Exception as error:  # Panda raises no narrower one
        raise MissingDependency("no window", seen=error, wanted="one", cure="try --offscreen 1") from None
    base.disable_mouse()  # it would move the camera
    base.set_background_color(0.36, 0.38, 0.41, 1)
    key, fill, around = core.DirectionalLight("key"), core.DirectionalLight("fill"), core.AmbientLight("all")
    key.direction, fill.direction = core.Vec3(0.42, 0.76, -0.50), core.Vec3(-0.75, 0.65, -0.10)
    key.color, fill.color, around.color = (0.75, 0.71, 0.66, 1), (0.20, 0.22, 0.25, 1), (0.38, 0.39, 0.41, 1)
    for light in (key, fill, around):
        base.render.set_light(base.render.attach_new_node(light))
    return base


def put_camera(base: ShowBase, node: core.NodePath) -> None:
    """In front of it, so far away that its height fills the picture."""
    low, high = node.get_tight_bounds(base.render)
    centre, half = (low + high) / 2, (high - low) / 2
    distance = half.z * 1.12 / math.tan(math.radians(FOV_DEG / 2)) + half.y
    base.camera.set_pos(centre.x, centre.y - distance, centre.z)
    base.camLens.set_min_fov(FOV_DEG)
    base.camLens.set_near_far(0.05, 10.0)


def arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(description="A talking head in Panda3D.")
    parser.add_argument("--npc", default="nova", help="whom to show (default: nova)")
    parser.add_argument("--server", default=DEFAULT_ENDPOINT, help="where `talkwire serve` listens")
    parser.add_argument("--codec", choices=("q16", "basis"), default="q16", help="how vertices come")
    parser.add_argument("--say", metavar="LINE.wav", help="let it say this once it is seen")
    parser.add_argument("--texture-card", action="store_true", help="the texture alone, on a card")
    parser.add_argument("--offscreen", type=float, metavar="SECONDS", help="no window; or of the line")
    parser.add_argument("--screenshot", metavar="FILE.png", help="of the last picture")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        show(arguments())
    except TalkwireError as failure:
        sys.exit(f"talking_head: {failure}")
