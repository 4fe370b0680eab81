"""The example in Panda3D against a real server, without a window, looked at pixel by pixel.

Where a vertex is in the picture is computed here from the wire's numbers and a pinhole of our own: what Panda
draws must be there, lit from where the light is, and must move where the face does.
"""

import io
import math
import re
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from cli.conftest import ENVIRONMENT, PATIENCE_S
from g4g_support import small_g4g
from support import ROOT
from talkwire.bridge.client import Client
from talkwire.bridge.texture import PICTURES
from talkwire.bridge.wire_media import Patch, Texture
from talkwire.cli.own_server import own_server
from talkwire.runtime.avatar import Avatar, find_avatar, load_avatar
from talkwire.runtime.mesh import vertex_normals
from talkwire.runtime.style import LAYERS, Style
from talkwire.runtime.texture_file import texture_pixels
from talkwire.runtime.types import Float32

pytest.importorskip("panda3d", reason="pip install panda3d")

EXAMPLE = ROOT / "examples/panda3d"
SIDE_PX, FOV_DEG, MARGIN = 600, 20.0, 1.12
BACKGROUND = np.array([92, 97, 105])
FILMED = small_g4g()
STILL = {**dict.fromkeys(LAYERS, 0.0), "lips": 1.0}
VOWEL_S, MOMENT_S = 2.5, 1.6
Picture = npt.NDArray[np.float64]  # [SIDE_PX, SIDE_PX, 3], 0 to 255
Draw = Callable[..., Picture]
Shapes = dict[str, float]
Box = tuple[slice, slice]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    filmed = tmp_path_factory.mktemp("filmed") / "filmed.talkwire"
    FILMED.save(filmed)
    with own_server("--avatar", "nova", "--also", "nova-dyntet", "--also", filmed, "--port", 0) as server:
        yield server.endpoint


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    return load_avatar(find_avatar("nova"))


@pytest.fixture(scope="module")
def draw(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Draw:
    """Runs the example, with a face that does only what is asked of it, and gives its screenshot."""
    folder = tmp_path_factory.mktemp("panda3d")

    def draw(
        *words: object,
        name: str = "nova",
        seconds: float = 0.5,
        shapes: Shapes | None = None,
        strength: float = 1.0,
    ) -> Picture:
        npc = f"npc{len(list(folder.iterdir()))}"
        file = folder / f"{npc}.png"
        with Client(endpoint) as client:
            client.open(npc, name)
            client.set_style(npc, Style(layers=STILL, offsets=shapes or {}, strength=strength))
            run = example(
                "--server", endpoint, "--npc", npc, "--offscreen", seconds, "--screenshot", file, *words
            )
        assert (run.returncode, run.stderr) == (0, "")
        assert "frames sent / late / dropped" in run.stdout
        with Image.open(file) as picture:
            assert picture.size == (SIDE_PX, SIDE_PX)
            return np.asarray(picture.convert("RGB"), np.float64)

    return draw


def example(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLE / "talking_head.py"), *map(str, words)]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def vowel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A long "ah" of a man: harmonics of 120 Hz under four formants."""
    time_s = np.arange(round(VOWEL_S * 16_000)) / 16_000
    sound = np.zeros(len(time_s))
    for hz in range(120, 4_000, 120):
        formants = ((730, 90, 1.0), (1090, 110, 0.7), (2440, 130, 0.3), (3400, 200, 0.15))
        strength = sum(gain / math.hypot(1, (hz - at) / (width / 2)) for at, width, gain in formants)
        sound += strength / math.sqrt(hz) * np.sin(2 * np.pi * hz * time_s)
    sound *= np.minimum(1, np.minimum(time_s, VOWEL_S - time_s) / 0.1)
    path = tmp_path_factory.mktemp("sound") / "ah.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((sound / np.abs(sound).max() * 20_000).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def rest(draw: Draw) -> Picture:
    return draw()


@pytest.fixture(scope="module")
def said(draw: Draw, vowel: Path) -> Picture:
    return draw("--say", vowel, seconds=MOMENT_S, strength=2.0)


def places(points_nx3: Float32, neutral_vx3: Float32) -> npt.NDArray[np.float64]:
    """[N, 2] pixels, x to the right and y down, of points of the wire: +X, the face's left, is our right."""
    low, high = neutral_vx3.min(axis=0).astype(float), neutral_vx3.max(axis=0).astype(float)
    centre, half = (low + high) / 2, (high - low) / 2
    focal = 1 / math.tan(math.radians(FOV_DEG / 2))
    camera_z = centre[2] + half[1] * MARGIN * focal + half[2]
    depth = camera_z - points_nx3[:, 2]
    right = (points_nx3[:, 0] - centre[0]) / depth * focal
    up = (points_nx3[:, 1] - centre[1]) / depth * focal
    return np.stack([(1 + right) * SIDE_PX / 2, (1 - up) * SIDE_PX / 2], axis=1)


def box_of(avatar: Avatar, part: str, grow_px: int = 0) -> Box:
    """Rows and columns that a part of the head is in."""
    topology = avatar.topology
    run = next(p for p in topology.parts if p.name == part)
    used = np.unique(topology.triangles_tx3[run.first_triangle : run.first_triangle + run.triangle_count])
    at = places(topology.neutral_vx3[used], topology.neutral_vx3)
    low, high = np.floor(at.min(axis=0)).astype(int) - grow_px, np.ceil(at.max(axis=0)).astype(int) + grow_px
    return slice(low[1], high[1]), slice(low[0], high[0])


def _is_skin(avatar: Avatar) -> npt.NDArray[np.bool_]:
    """[V]."""
    skin = next(part for part in avatar.topology.parts if part.name == "skin")
    run = slice(skin.first_triangle, skin.first_triangle + skin.triangle_count)
    return np.isin(np.arange(avatar.topology.vertex_count), avatar.topology.triangles_tx3[run])


def brightness(picture: Picture) -> npt.NDArray[np.float64]:
    return picture @ np.array([0.2126, 0.7152, 0.0722])


def test_the_head_is_upright_and_looks_at_the_camera(avatar: Avatar, rest: Picture) -> None:
    neutral = avatar.topology.neutral_vx3
    at, silhouette = places(neutral, neutral), Image.new("1", (SIDE_PX, SIDE_PX))
    draw = ImageDraw.Draw(silhouette)
    for triangle in avatar.topology.triangles_tx3:
        draw.polygon([tuple(corner) for corner in at[triangle]], fill=1)
    wanted, seen = np.asarray(silhouette), (np.abs(rest - BACKGROUND) > 8).any(axis=2)
    assert (wanted & seen).sum() > 0.98 * (wanted | seen).sum()
    eyes, chin = box_of(avatar, "eyes"), box_of(avatar, "teeth")
    assert eyes[0].stop < chin[0].start and eyes[0].stop < SIDE_PX / 2 < chin[0].stop + 100
    hair = brightness(rest[: eyes[0].start // 3][seen[: eyes[0].start // 3]]).mean()
    cheeks = brightness(rest[eyes[0].stop + 5 : chin[0].start, eyes[1]]).mean()
    assert hair < 0.6 * cheeks


def test_it_is_lit_by_its_normals_and_has_its_texture_on(avatar: Avatar, rest: Picture) -> None:
    topology = avatar.topology
    normals = vertex_normals(topology.neutral_vx3, topology.triangles_tx3, topology.weld_v)
    at = places(topology.neutral_vx3, topology.neutral_vx3)
    eyes, mouth = box_of(avatar, "eyes"), box_of(avatar, "teeth")
    between = (at[:, 1] > eyes[0].stop + 3) & (at[:, 1] < mouth[0].start - 6) & (normals[:, 2] > 0.2)
    cheeks = between & (at[:, 0] > eyes[1].start - 15) & (at[:, 0] < eyes[1].stop + 15) & _is_skin(avatar)
    assert cheeks.sum() > 200
    texture = texture_pixels(topology.texture)[..., :3].astype(float)
    size = np.array(texture.shape[1::-1])
    u, v = np.minimum((topology.uvs_vx2[cheeks] * size).astype(int), size - 1).T
    x, y = np.rint(at[cheeks]).astype(int).T
    seen = brightness(rest[y, x])

    def lit(normals_nx3: Float32) -> npt.NDArray[np.float64]:
        """By the example's lights in the wire's axes: from the upper left, from the right, all around."""
        ways = np.array([[-0.42, 0.50, 0.76], [0.75, 0.10, 0.65]])
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        light = 0.39 + np.clip(normals_nx3 @ ways.T, 0, None) @ np.array([0.71, 0.22])
        return np.minimum(255, brightness(texture[v, u]) * light)

    assert np.abs(lit(normals[cheeks]) - seen).mean() < 14
    assert np.corrcoef(lit(normals[cheeks]), seen)[0, 1] > 0.93
    assert np.corrcoef(lit(normals[cheeks] * np.float32([-1, 1, 1])), seen)[0, 1] < 0.85  # mirrored
    assert np.corrcoef(lit(-normals[cheeks]), seen)[0, 1] < 0.2  # inside out


def test_an_open_vowel_moves_the_mouth_alone(avatar: Avatar, rest: Picture, said: Picture) -> None:
    moved = np.abs(said - rest).mean(axis=2)
    eyes, mouth = box_of(avatar, "eyes"), box_of(avatar, "teeth", grow_px=10)
    forehead = slice(eyes[0].start - 60, eyes[0].start - 30), eyes[1]
    assert moved[mouth].mean() > 8 * max(moved[forehead].mean(), 0.2)
    darkest = [np.sort(brightness(picture[mouth]), axis=None)[:40].mean() for picture in (rest, said)]
    assert darkest[1] < 25 < darkest[0]  # between the lips, where they have opened


def test_it_is_not_mirrored(avatar: Avatar, draw: Draw, rest: Picture) -> None:
    moved = np.abs(draw(shapes={"eyeBlinkLeft": 1.0}) - rest).mean(axis=2)
    rows, columns = box_of(avatar, "eyes", grow_px=8)
    left, right = moved[rows, columns.start : SIDE_PX // 2], moved[rows, SIDE_PX // 2 : columns.stop]
    assert right.mean() > 10 * max(left.mean(), 0.1)


def test_a_basis_gives_the_same_picture(draw: Draw, rest: Picture) -> None:
    assert np.abs(draw("--codec", "basis") - rest).mean() < 0.5


def test_a_card_shows_the_texture(draw: Draw) -> None:
    card = draw("--texture-card", name="nova-dyntet")
    side = round(SIDE_PX / MARGIN)
    edge = (SIDE_PX - side) // 2
    texture = load_avatar(find_avatar("nova-dyntet")).topology.texture
    whole = Image.fromarray(texture_pixels(texture)[..., :3]).resize((side, side))
    assert np.abs(card[edge : edge + side, edge : edge + side] - np.asarray(whole, float)).mean() < 10
    assert np.abs(card[: edge - 2] - BACKGROUND).max() <= 2


def test_a_filmed_person_is_a_card_without_light(draw: Draw) -> None:
    picture, frames = draw(name="filmed"), [texture_pixels(frame) for frame in FILMED.data.frames]
    for x, y in ((4, 3), (40, 3), (24, 6)):  # beside the mouth
        corner = FILMED.topology.neutral_vx3[0]
        size = np.ptp(FILMED.topology.neutral_vx3, axis=0)
        at = corner + size * np.float32([(x + 0.5) / 48, -(y + 0.5) / 40, 0])
        ((across, down),) = places(at[None], FILMED.topology.neutral_vx3).astype(int)
        seen = picture[down - 2 : down + 3, across - 2 : across + 3].mean(axis=(0, 1))
        assert min(np.abs(frame[y, x, :3] - seen).max() for frame in frames) < 5


def test_patches_are_written_where_they_belong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    from streamed_head import Skin

    def picture(rgb: tuple[int, int, int], left: int, top: int, utterance: int) -> SimpleNamespace:
        pixels = np.full((4, 8, 3), rgb, np.uint8)
        pieces = ((left, top, 8, 4, "bc1", PICTURES["bc1"](pixels)),)
        return SimpleNamespace(patch=Patch("0" * 16, utterance, 1, 0, 0, 16_000, 4, 0, pieces))

    png = io.BytesIO()
    Image.new("RGB", (32, 16), (10, 20, 30)).save(png, "PNG")
    skin, player = Skin(), SimpleNamespace(texture=None)
    assert not skin.show(player, picture((255, 0, 0), 0, 0, 1))  # before the texture has come
    player.texture = Texture("0" * 16, "png", png.getvalue())
    assert skin.show(player, picture((255, 0, 0), 4, 8, 2))
    assert skin.show(player, picture((255, 0, 0), 28, 0, 3))  # reaches beyond this texture: another head's

    def colour(x: int, y: int) -> tuple[int, ...]:
        memory = np.frombuffer(skin.texture.get_ram_image(), np.uint8).reshape(16, 32, 3)
        return tuple(map(int, memory[15 - y, x, ::-1]))  # Panda's first row is the lowest

    assert [colour(*at) for at in ((0, 0), (3, 8), (4, 8), (11, 11), (12, 11), (4, 12), (30, 0))] == [
        (10, 20, 30), (10, 20, 30), (255, 0, 0), (255, 0, 0), (10, 20, 30), (10, 20, 30), (10, 20, 30),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--server", "tcp://127.0.0.1:9"), "no talkwire server answers at tcp://127.0.0.1:9"),
        (("--say", "nothing.wav"), "cannot open nothing.wav"),
    ],
)
def test_what_goes_wrong_is_one_sentence(words: tuple[str, ...], said: str) -> None:
    run = example(*words)
    assert (
        run.returncode == 1 and run.stderr.startswith(f"talking_head: {said}") and run.stderr.count("\n") == 1
    )


def test_a_screenshot_that_cannot_be_written_is_said(endpoint: str, tmp_path: Path) -> None:
    words = ("--server", endpoint, "--offscreen", 0.1, "--screenshot", tmp_path / "none/x.png")
    run = example(*words)
    assert run.returncode == 1 and "no screenshot" in run.stderr and "Traceback" not in run.stderr


def test_its_readme_names_every_option() -> None:
    readme = (EXAMPLE / "README.md").read_text()
    options = set(re.findall(r"--[a-z-]+", example("--help").stdout)) - {"--help"}
    assert options and all(option in readme for option in options)
