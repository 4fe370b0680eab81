"""`talkwire preview` before a real browser: headless Chromium, drawing in software, without a sound card."""

import base64
import io
import shutil
import socket
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, sync_playwright

from g4g_support import small_g4g
from support import LINE
from talkwire.bridge.preview.server import previewing
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology
from talkwire.runtime.arkit import INDEX
from talkwire.runtime.audio import read_audio
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.session import open_session
from talkwire.runtime.texture_file import rgb_pixels

PATIENCE_S = 60.0
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",  # a microphone that beeps
)
DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0)), files = new DataTransfer();
  files.items.add(new File([bytes], name));
  dispatchEvent(new DragEvent("drop", { dataTransfer: files, cancelable: true }));
}"""
# a display tick that notes what is shown: what a script outside would miss between two looks
WATCH = """() => {
  window.seen = [];
  const { player } = talkwire, present = player.present.bind(player);
  player.present = (nowMs) => {
    const p = present(nowMs);
    if (p) window.seen.push([p.generation, p.idle, p.timeS, ...p.weights]);
    return p;
  };
}"""


# a browser that lets nothing sound before somebody has touched the page, as browsers do (this one takes a
# question from outside for a touch)
SHY = """
  addEventListener("pointerdown", () => (window.touched = true), true);
  const { resume } = AudioContext.prototype;
  AudioContext.prototype.resume = function () {
    return window.touched ? resume.call(this) : new Promise(() => {});
  };
  window.AudioContext = class extends AudioContext {
    constructor(options) {
      super(options);
      this.suspend();
    }
  };
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def nova() -> Iterator[str]:
    """The address of a page that shows a real head."""
    head = load_avatar(find_avatar("nova-dyntet"))
    with (
        serving(Server(lambda: open_session(head), port=0)) as endpoint,
        previewing(endpoint, 0, {"npc": "nova", "codec": "q16"}) as url,
    ):
        yield url


@contextmanager
def sphere(port: int = 0) -> Iterator[str]:
    """The endpoint of a server whose head is drawn quickly."""
    topology = synthetic_topology(400)
    with serving(Server(lambda: SyntheticSession(topology), port=port)) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def ball() -> Iterator[str]:
    """The address of a page that shows it."""
    with sphere() as endpoint, previewing(endpoint, 0, {"npc": "ball", "codec": "basis"}) as url:
        yield url


# what a browser says by itself: of pictures taken, and of a page that outlives its preview
BORNE = ("GPU stall due to ReadPixels", "net::ERR_CONNECTION_REFUSED")


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page whose every trouble is a failure: errors, warnings, requests to anywhere else."""
    contexts, troubles = [], []

    def visit(url: str, *, width: int = 860, height: int = 480, script: str = "") -> Page:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()

        def admit(route: Route) -> None:
            if not route.request.url.startswith(url):
                troubles.append(f"asked for {route.request.url}")
                route.abort()
            else:
                route.continue_()

        page.route("**/*", admit)
        page.add_init_script(script)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None
        )
        page.goto(url)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert [trouble for trouble in troubles if not any(words in trouble for words in BORNE)] == []


def until(page: Page, script: str, wanted: Callable[[Any], bool] = bool) -> Any:
    """The first answer of the page's that is as wanted."""
    deadline = time.monotonic() + PATIENCE_S
    while not wanted(answer := page.evaluate(script)):
        assert time.monotonic() < deadline, f"{script} is still {answer!r}; {page.inner_text('#state')}"
        page.wait_for_timeout(50)
    return answer


def drop(page: Page, path: Path = LINE) -> None:
    page.evaluate(DROP, [path.name, base64.b64encode(path.read_bytes()).decode()])


def long_line(folder: Path) -> Path:
    """Two minutes of noise."""
    with wave.open(str(folder / "long.wav"), "wb") as line:
        line.setparams((1, 2, 16_000, 0, "NONE", ""))
        line.writeframes(np.random.default_rng(0).integers(-3000, 3000, 120 * 16_000, "<i2").tobytes())
    return folder / "long.wav"


def test_a_dropped_line_is_said_with_moving_lips_in_sync(nova: str, visit: Callable[..., Page]) -> None:
    page = visit(nova)
    until(page, "window.talkwire?.ready")
    until(page, "talkwire.audible")
    page.evaluate(WATCH)
    before = page.evaluate("talkwire.stats")
    drop(page)
    until(page, "seen.some(([, idle]) => !idle)")
    until(page, "talkwire.player.silent && talkwire.shown.idle")
    after, seen = page.evaluate("talkwire.stats"), page.evaluate("seen")
    spoken = [row for row in seen if not row[1]]
    jaw = [row[3 + INDEX["jawOpen"]] for row in spoken]
    assert max(jaw) > 0.1 and min(jaw) < 0.06
    assert [row[2] for row in spoken] == sorted(row[2] for row in spoken), "time goes forward"
    assert spoken[-1][2] == pytest.approx(read_audio(LINE).duration_s, abs=0.5)
    frames = after["received"] - before["received"]
    assert frames > 12 * read_audio(LINE).duration_s, "60 a second, or a quarter where the server must save"
    assert after["pictures"] > 0 and after["av_error_p50_ms"] is not None
    assert after["first_frame_ms"] is not None
    rows = page.inner_text("#stats").splitlines()
    assert "ms" in rows[rows.index("A/V error p50 / p95") + 1]
    until(page, "talkwire.scene.patch?.images?.length === 0 && talkwire.scene.patch.patches.length === 2")


def test_it_says_that_the_face_is_generated_and_whom_it_shows(ball: str, visit: Callable[..., Page]) -> None:
    page = visit(ball)
    until(page, "window.talkwire?.ready")
    assert page.inner_text("#generated") == "Generated · nobody: a sphere"


def test_a_filmed_person_is_shown_whole_and_without_light(visit: Callable[..., Page]) -> None:
    filmed = small_g4g()
    with (
        serving(Server(lambda: open_session(filmed), port=0)) as endpoint,
        previewing(endpoint, 0, {"npc": "filmed", "codec": "basis"}) as url,
    ):
        page = visit(url)
        until(page, "window.talkwire?.ready && talkwire.scene.patch?.images?.length === 0")
        box = page.locator("#face").bounding_box()
        assert box is not None
        with Image.open(io.BytesIO(page.screenshot())) as shot:
            picture = np.asarray(shot.convert("RGB")).astype(int)
    high = box["height"] / 1.04  # of the card in the picture
    for x, y in ((6, 6), (42, 6), (42, 34)):  # of 48 x 40: beside the mouth, and what lies over the page
        across = round(box["x"] + box["width"] / 2 + high * 1.2 * ((x + 0.5) / 48 - 0.5))
        down = round(box["y"] + box["height"] / 2 + high * ((y + 0.5) / 40 - 0.5))
        frames = [rgb_pixels(frame)[y, x].astype(int) for frame in filmed.data.frames]
        seen = picture[down - 1 : down + 2, across - 1 : across + 2].mean(axis=(0, 1))
        assert min(np.abs(frame - seen).max() for frame in frames) < 8


PREPARED = """async () => {
  const { prepare } = await import("./js/scene.js");
  const patch = { patches: [[0, 0, 2, 1, "rgb", Uint8Array.of(255, 0, 1, 2, 3, 250)]] };
  await prepare(patch);
  const drawing = new OffscreenCanvas(2, 1).getContext("2d");
  drawing.drawImage(patch.images[0].image, 0, 0);
  return [...drawing.getImageData(0, 0, 2, 1).data];
}"""


def test_the_texture_changes_without_loss(visit: Callable[..., Page]) -> None:
    with sphere() as endpoint, previewing(endpoint, 0, {"npc": "ball", "patches": "rgb"}) as url:
        page = visit(url)
        until(page, "window.talkwire?.ready")
        until(
            page, "talkwire.scene.patch?.images?.length === 0 && talkwire.scene.patch.patches[0][4] === 'rgb'"
        )
        assert page.evaluate(PREPARED) == [255, 0, 1, 255, 2, 3, 250, 255]


def test_interrupting_cuts_the_line(ball: str, visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit(ball)
    until(page, "window.talkwire?.ready")
    page.evaluate(WATCH)
    drop(page, long_line(tmp_path))
    spoken = "(seen.find(([, idle]) => !idle) ?? [null])[0]"
    generation = until(page, spoken, lambda answer: answer is not None)
    page.click("#interrupt")
    until(page, f"seen.at(-1)[0] > {generation} && seen.at(-1)[1]")
    assert page.evaluate("[talkwire.player.silent, talkwire.link.lines.size]") == [True, 0]


def test_emotions_and_gains_reach_the_face_and_reset_takes_them_back(
    nova: str, visit: Callable[..., Page]
) -> None:
    page = visit(nova)
    until(page, "window.talkwire?.ready")
    smile = f"talkwire.shown.weights[{INDEX['mouthSmileLeft']}]"
    page.locator("input[name=joy]").fill("1")
    until(page, smile, lambda weight: weight > 0.4)
    assert page.locator("#emotions output").first.inner_text() == "100 %"
    page.locator("summary").click()
    page.fill("#find", "smileleft")
    assert page.locator("#shapes label:visible").count() == 1
    page.locator("input[name=mouthSmileLeft]").fill("0")
    until(page, smile, lambda weight: weight < 0.05)
    page.click("#calm")
    until(page, f"talkwire.shown.weights[{INDEX['cheekSquintLeft']}]", lambda weight: weight < 0.1)


def test_without_a_touch_the_lips_move_in_silence_and_the_sound_joins_them(
    ball: str, visit: Callable[..., Page], tmp_path: Path
) -> None:
    page = visit(ball, script=SHY)
    until(page, "window.talkwire?.ready && talkwire.sound.context?.state === 'suspended'")
    drop(page, long_line(tmp_path))
    until(page, "!talkwire.shown.idle && talkwire.shown.timeS > 0.5")
    assert not page.evaluate("talkwire.audible")
    page.click("#unmute")
    until(page, "talkwire.audible && talkwire.sound.anchors[0]?.playing")
    assert page.locator("#unmute").is_hidden()
    joined = page.evaluate("talkwire.sound.base / talkwire.sound.rateHz")
    assert joined > 0.4, "where the lips were, not from the beginning"
    until(page, f"talkwire.shown.timeS > {joined} + 0.5")
    page.click("#interrupt")
    until(page, "talkwire.shown.idle")


def test_on_a_phone_nothing_runs_over_the_edge(ball: str, visit: Callable[..., Page]) -> None:
    page = visit(ball, width=390, height=844)
    until(page, "window.talkwire?.ready")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for name in ("#microphone", "#file", "#interrupt", "#face"):
        box = page.locator(name).bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert box["y"] + box["height"] <= 844
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_microphone_is_one_line_from_press_to_press(ball: str, visit: Callable[..., Page]) -> None:
    page = visit(ball)
    until(page, "window.talkwire?.ready")
    page.evaluate(WATCH)
    page.click("#microphone")
    until(page, f"seen.some(([, idle, , ...weights]) => !idle && weights[{INDEX['jawOpen']}] > 0)")
    page.click("#microphone")
    until(page, "talkwire.shown.idle && talkwire.player.silent")


def test_what_is_no_audio_is_said_in_a_sentence(
    ball: str, visit: Callable[..., Page], tmp_path: Path
) -> None:
    page = visit(ball)
    until(page, "window.talkwire?.ready")
    (tmp_path / "notes.txt").write_text("no sound")
    page.set_input_files("#file input", tmp_path / "notes.txt")
    until(
        page, "document.querySelector('#notice').textContent", lambda said: "notes.txt is not audio" in said
    )


def test_two_tabs_show_the_same_npc(ball: str, visit: Callable[..., Page]) -> None:
    one, two = visit(ball), visit(ball)
    for page in (one, two):
        until(page, "window.talkwire?.ready")
    drop(one)
    for page in (one, two):
        until(page, "talkwire.stats.pictures > 0")


def test_a_server_that_is_restarted_is_met_again(visit: Callable[..., Page]) -> None:
    port = three_free_ports()
    with previewing(f"tcp://127.0.0.1:{port}", 0, {"npc": "ball", "codec": "q16"}) as url:
        page = visit(url)
        until(page, "document.querySelector('#state').textContent", lambda said: "no talkwire server" in said)
        with sphere(port):
            until(page, "talkwire.ready && talkwire.link.open")
            assert page.evaluate("document.querySelector('#state').classList.contains('good')")
        until(page, "!talkwire.link.open")
        assert "trying again" in page.inner_text("#state")
        with sphere(port):
            until(page, "talkwire.link.open && talkwire.shown !== null")
            drop(page)
            until(page, "talkwire.stats.pictures > 0")


def test_a_preview_that_is_restarted_is_met_again(visit: Callable[..., Page]) -> None:
    with sphere() as endpoint:
        with previewing(endpoint, 0, {"npc": "ball", "codec": "q16"}) as url:
            page = visit(url)
            until(page, "window.talkwire?.ready")
        until(page, "!talkwire.link.open")
        with previewing(endpoint, int(url.rstrip("/").rpartition(":")[2]), {"npc": "ball", "codec": "q16"}):
            until(page, "talkwire.link.open && talkwire.shown !== null")


def three_free_ports() -> int:
    """A port that is free with the next two, and for an address that is to be reached again."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port = int(first.getsockname()[1])
        try:
            for following in (1, 2):
                socket.create_server(("127.0.0.1", port + following)).close()
        except OSError:
            continue
        return port


def test_the_threads_of_a_preview_end_with_it() -> None:
    before = threading.active_count()
    with sphere() as endpoint, previewing(endpoint, 0):
        assert threading.active_count() > before
    assert threading.active_count() == before
