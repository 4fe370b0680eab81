"""A filmed person: what moves and what does not, one or many at once, and files that are refused."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from g4g_support import (
    CARD,
    CROP,
    FRAMES,
    RADIUS_PX,
    SIZE_HW,
    jaw_open,
    jpeg,
    mask_graph,
    small_data,
    small_g4g,
)
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.avatar_file import write_container
from talkwire.runtime.avatar_mesh import mesh_members, parts_card
from talkwire.runtime.engine import FunctionEngine
from talkwire.runtime.engines import Kind, open_engines
from talkwire.runtime.errors import AvatarError, EngineError
from talkwire.runtime.g4g import G4gAvatar
from talkwire.runtime.g4g_file import FRAMES as FRAMES_MEMBER
from talkwire.runtime.g4g_file import GRAPH, MAPS, TRACKS, card_of, members_of
from talkwire.runtime.g4g_geometry import FPS
from talkwire.runtime.kept import Kept
from talkwire.runtime.picture_card import EYES_M, picture_card
from talkwire.runtime.texture_file import rgb_pixels
from talkwire.runtime.types import FilmedPatch, TexturePatch

FILMED = small_g4g()


def shown(avatar: G4gAvatar, weights: np.typing.NDArray[np.float32], life_s: float) -> Any:
    """[H, W, 3] the whole picture, as a client has it when both patches are on its texture."""
    height, width = avatar.data.size_hw
    canvas = np.zeros((height, width, 3), np.uint8)
    for patch in avatar.texture_patches(weights, life_s):
        pixels = patch.rgb_hxwx3
        canvas[patch.top : patch.top + pixels.shape[0], patch.left : patch.left + pixels.shape[1]] = pixels
    return canvas


def test_the_mouth_moves_and_the_rest_of_the_video_does_not() -> None:
    still, filmed = shown(FILMED, jaw_open(0.0), 0.08), rgb_pixels(FILMED.data.frames[2])
    wide = shown(FILMED, jaw_open(0.9), 0.08)
    x, y = FILMED.data.centres_nx2[2].astype(int)
    r = int(RADIUS_PX)
    assert (wide[y + 2 : y + 2 * r - 2, x - r + 2 : x + r - 2] > 200).all()  # the graph's mask
    assert (still[y + 2 : y + 2 * r - 2, x - r + 2 : x + r - 2] < 80).all()
    away = np.ones(SIZE_HW, bool)
    away[y - r // 2 :, x - r - r // 2 : x + r + r // 2] = False
    np.testing.assert_array_equal(wide[away], filmed[away])
    np.testing.assert_array_equal(still[away], filmed[away])


def test_the_face_that_ships_opens_its_mouth_wherever_its_video_is() -> None:
    nova = load_avatar(find_avatar("nova-video"))
    assert isinstance(nova, G4gAvatar) and nova.card.shows.startswith("nobody")
    for life_s in (0.0, 1.0, 4.0):
        closed, still = (patch.rgb_hxwx3.astype(int) for patch in nova.texture_patches(jaw_open(0.0), life_s))
        _, wide = (patch.rgb_hxwx3.astype(int) for patch in nova.texture_patches(jaw_open(0.5), life_s))
        change = np.abs(wide - still).mean(axis=2)
        height, width = change.shape
        lips = change[height // 3 : -height // 4, width // 3 : -width // 3]
        assert lips.mean() > 3 and lips.max() > 40
        assert max(change[0].mean(), change[:, 0].mean(), change[:, -1].mean()) < 1  # no seam moves
        assert closed.shape == (512, 512, 3)


def test_the_whole_frame_goes_out_as_it_is_in_the_file() -> None:
    whole, mouth = FILMED.texture_patches(jaw_open(0.3), 0.04)
    assert isinstance(whole, FilmedPatch) and isinstance(mouth, TexturePatch)
    assert whole.jpeg is FILMED.data.frames[1]
    assert (whole.left, whole.top, whole.size) == (0, 0, SIZE_HW[::-1])
    assert FILMED.texture_patches(jaw_open(0.6), 0.04)[0] is whole  # what is made of it can be kept


def test_many_at_once_are_as_each_alone() -> None:
    windows, lives_s = [jaw_open(share) for share in (0.1, 0.5, 0.9)], [0.0, 0.12, 7.7]
    together = small_g4g().painted(windows, lives_s)
    for (whole, mouth), window, life_s in zip(together, windows, lives_s, strict=True):
        alone_whole, alone = FILMED.texture_patches(window, life_s)
        assert whole.jpeg == alone_whole.jpeg and (mouth.left, mouth.top) == (alone.left, alone.top)
        np.testing.assert_array_equal(mouth.rgb_hxwx3, alone.rgb_hxwx3)


def test_of_nobody_there_is_no_picture() -> None:
    assert FILMED.painted([], []) == [] and len(FILMED.posed([])) == 0


def test_the_video_goes_forward_and_backward_for_ever() -> None:
    order = [FILMED.texture_patches(jaw_open(0), i / FPS)[0].jpeg for i in range(2 * FRAMES)]
    assert [FILMED.data.frames.index(frame) for frame in order] == [0, 1, 2, 3, 4, 3, 2, 1, 0, 1]


def test_a_short_past_is_heard_as_if_it_had_always_been() -> None:
    short, long = jaw_open(0.4)[:1], jaw_open(0.4)
    for few, many in zip(FILMED.texture_patches(short), FILMED.texture_patches(long), strict=True):
        np.testing.assert_array_equal(few.rgb_hxwx3, many.rgb_hxwx3)


def test_the_card_is_as_large_as_life_and_keeps_still() -> None:
    eyes_px = 12.0
    card = picture_card(FILMED.data.frames[0], SIZE_HW, eyes_px)
    size_m = np.ptp(card.neutral_vx3, axis=0)
    np.testing.assert_allclose(size_m, [SIZE_HW[1] * EYES_M / eyes_px, SIZE_HW[0] * EYES_M / eyes_px, 0])
    for nonsense in (None, 0.01, 1e9):
        unknown = picture_card(FILMED.data.frames[0], SIZE_HW, nonsense)
        np.testing.assert_allclose(np.ptp(unknown.neutral_vx3, axis=0), [0.6, 0.5, 0], atol=1e-6)
    a, b, c = card.neutral_vx3[card.triangles_tx3[0]]
    assert np.cross(b - a, c - a)[2] > 0  # its front is where faces look
    windows = [jaw_open(0.2), jaw_open(1.0)]
    np.testing.assert_array_equal(FILMED.posed(windows), [FILMED.topology.neutral_vx3] * 2)
    np.testing.assert_array_equal(FILMED.basis.posed(FILMED.coefficients(windows)[0], windows[0][-1]),
                                  FILMED.vertices(windows[0]))  # fmt: skip


def test_a_file_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    FILMED.save(tmp_path / "a.talkwire")
    FILMED.save(tmp_path / "b.talkwire")
    assert (tmp_path / "a.talkwire").read_bytes() == (tmp_path / "b.talkwire").read_bytes()
    back = load_avatar(tmp_path / "a.talkwire")
    assert isinstance(back, G4gAvatar)
    assert (back.card, back.topology.id, back.figures) == (CARD, FILMED.topology.id, {"made": "in a test"})
    assert back.data.frames == FILMED.data.frames and back.data.heard == FILMED.data.heard
    np.testing.assert_array_equal(shown(back, jaw_open(0.7), 0.1), shown(FILMED, jaw_open(0.7), 0.1))


def test_decoded_faces_are_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("talkwire.runtime.g4g.KEPT_BYTES", 5000)
    small = small_g4g()
    for i in range(40):
        small.texture_patches(jaw_open(0.1), i / FPS)
    assert 0 < small._faces.bytes <= 5000


def test_what_was_wanted_last_is_kept() -> None:
    made: list[str] = []

    def make(key: str) -> bytes:
        made.append(key)
        return bytes(4)

    kept: Kept[str, bytes] = Kept(8)
    for key in ("a", "b", "a", "c", "a", "b"):
        assert len(kept.get(key, make)) == 4
    assert made == ["a", "b", "c", "b"] and kept.bytes == 8
    assert len(kept.get("large", lambda _: bytes(100))) == 100  # one alone may be larger than all


def test_its_network_runs_on_any_engine() -> None:
    name, graph = next(iter(FILMED.graphs.items()))
    assert name == "filmed_frame" and graph == FILMED.data.graph
    small = small_g4g()
    small.use(open_engines(small.graphs, Kind.torch, npcs=2).by_name)
    for mine, wanted in zip(
        small.painted([jaw_open(0.3), jaw_open(0.8)], [0.0, 0.2]),
        FILMED.painted([jaw_open(0.3), jaw_open(0.8)], [0.0, 0.2]),
        strict=True,
    ):
        gap = mine[1].rgb_hxwx3.astype(int) - wanted[1].rgb_hxwx3
        assert np.abs(gap).max() <= 1


def test_a_network_that_does_not_fit_is_refused_when_it_runs() -> None:
    with pytest.raises(EngineError, match="refuses its feeds"):
        small_g4g(graph=mask_graph(32)).texture_patches(jaw_open(0.1))
    with pytest.raises(EngineError, match="cannot be loaded"):
        small_g4g(graph=b"no graph").texture_patches(jaw_open(0.1))


@pytest.mark.parametrize("level", [np.nan, np.inf, -np.inf])
def test_a_network_that_draws_what_is_no_colour_is_refused(level: float) -> None:
    small = small_g4g()
    rgb = np.full((1, 3, *CROP), level, np.float32)
    small.use({"filmed_frame": FunctionEngine(lambda **feeds: {"rgb": rgb})})
    with pytest.raises(AvatarError, match="draws what is no colour"):
        small.texture_patches(jaw_open(0.1))


def test_colours_beyond_the_range_are_its_ends() -> None:
    small = small_g4g()
    rgb = np.full((1, 3, *CROP), 3e38, np.float32)
    small.use({"filmed_frame": FunctionEngine(lambda **feeds: {"rgb": rgb})})
    assert small.texture_patches(jaw_open(0.1))[1].rgb_hxwx3.max() == 255


CARDS: dict[str, tuple[dict[str, Any], str]] = {
    "another rate": ({"fps": 30}, "30 frames a second"),
    "no window": ({"window": None}, "a window of None"),
    "a size of words": ({"size_hw": ["40", "48"]}, "frames of"),
    "an endless size": ({"size_hw": [1e300, 48]}, "frames of"),
    "another size": ({"size_hw": [48, 40]}, "the texture of 48 x 40 pixels"),
    "a mask of no step": ({"side": 17}, "a mask of 17 pixels"),
    "a true mask": ({"side": True}, "a mask of True pixels"),
    "another mask": ({"side": 24}, "drawings"),
    "no radius": ({"radius_px": 0}, "a radius of 0 pixels"),
    "a radius that is none": ({"radius_px": float("nan")}, "a radius of nan pixels"),
    "unknown names": ({"heard": ["jawOpen", "wings"]}, "heard names"),
    "a name twice": ({"heard": ["jawOpen", "jawOpen"]}, "heard names"),
    "names of numbers": ({"heard": [1, [2]]}, "heard names"),
}
ENDS = np.cumsum([len(frame) for frame in FILMED.data.frames]).astype("<u4")
NAN = np.full_like(FILMED.data.maps_half, np.nan)
MEMBERS: dict[str, tuple[str, Any, str]] = {
    "frames that are missing": (FRAMES_MEMBER, b"".join(FILMED.data.frames[:-1]), "bytes of frames"),
    "frames too many": (FRAMES_MEMBER, b"".join(FILMED.data.frames) + b"more", "bytes of frames"),
    "frames that are none": (FRAMES_MEMBER, bytes(int(ENDS[-1])), "frame 0 that is no JPEG"),
    "ends that fall": (TRACKS, {"ends": ENDS[::-1]}, "frames without a byte"),
    "no frame": (TRACKS, {"ends": ENDS[:0]}, "0 frames"),
    "a centre too few": (TRACKS, {"centres": FILMED.data.centres_nx2[1:]}, "centres"),
    "centres of three": (TRACKS, {"centres": np.zeros((FRAMES, 3), "<f4")}, "centres"),
    "a centre that is none": (TRACKS, {"centres": FILMED.data.centres_nx2 * np.float32("nan")}, "not finite"),
    "a mouth elsewhere": (TRACKS, {"centres": FILMED.data.centres_nx2 + 40}, "the mouth outside of frame 0"),
    "drawings too small": (TRACKS, {"drawings": FILMED.data.drawings_nxhxw[:, 1:]}, "drawings"),
    "drawings of floats": (TRACKS, {"drawings": np.zeros((FRAMES, 26, 20), "<f4")}, "rank 3"),
    "maps that are none": (MAPS, {"half": NAN}, "not finite"),
    "maps of two people": (MAPS, {"half": np.zeros((2, 3, 4, 4), "<f2")}, "half maps"),
    "maps of nothing": (MAPS, {"quarter": np.zeros((1, 0, 4, 4), "<f2")}, "quarter maps"),
    "maps beyond the crop": (MAPS, {"quarter": np.zeros((1, 1, 4, 400), "<f2")}, "quarter maps"),
    "no maps": (MAPS, {"quarter": None}, "quarter"),
    "no network": (GRAPH, None, GRAPH),
    "no tracks": (TRACKS, None, TRACKS),
}


def written(path: Path, card: dict[str, Any], member: str = "", value: Any = None) -> Path:
    """A file that is sound but for some fields of its card, or one member."""
    members = {**mesh_members(FILMED.topology), **members_of(FILMED.data)}
    if isinstance(value, dict):
        arrays = {**dict(members[member]), **value}  # type: ignore[call-overload]
        members[member] = {name: array for name, array in arrays.items() if array is not None}
    elif member:
        members[member] = value
    known = {name: member for name, member in members.items() if member is not None}
    said = {**CARD_FIELDS, **card_of(FILMED.data), "parts": parts_card(FILMED.topology), **card}
    write_container(path, said, known)
    return path


CARD_FIELDS = {
    name: getattr(CARD, name) for name in ("name", "kind", "licence", "credit", "made_by", "shows")
}


@pytest.mark.parametrize("damage", CARDS)
def test_a_card_that_does_not_fit_is_refused(tmp_path: Path, damage: str) -> None:
    changed, said = CARDS[damage]
    with pytest.raises(AvatarError, match=r"does not fit together|is refused") as refused:
        load_avatar(written(tmp_path / "x.talkwire", changed))
    assert said in str(refused.value)


@pytest.mark.parametrize("damage", MEMBERS)
def test_members_that_do_not_fit_are_refused(tmp_path: Path, damage: str) -> None:
    member, value, said = MEMBERS[damage]
    with pytest.raises(AvatarError) as refused:
        load_avatar(written(tmp_path / "x.talkwire", {}, member, value))
    assert said in str(refused.value)


def test_frames_of_another_size_are_refused(tmp_path: Path) -> None:
    small = (*FILMED.data.frames[:3], jpeg(np.zeros((8, 8, 3), np.uint8)), FILMED.data.frames[4])
    with pytest.raises(AvatarError, match="frame 3 of 8 x 8 pixels"):
        small_g4g(frames=small).save(tmp_path / "x.talkwire")
        load_avatar(tmp_path / "x.talkwire")


def test_a_frame_cut_short_is_a_sentence_when_it_is_shown(tmp_path: Path) -> None:
    cut = (FILMED.data.frames[0], FILMED.data.frames[1][:-200], *FILMED.data.frames[2:])
    small_g4g(frames=cut).save(tmp_path / "x.talkwire")
    loaded = load_avatar(tmp_path / "x.talkwire")
    loaded.texture_patches(jaw_open(0.1), 0.0)
    with pytest.raises(AvatarError, match="cannot be decoded"):
        loaded.texture_patches(jaw_open(0.1), 1 / FPS)


def test_a_mouth_half_outside_of_the_picture_is_drawn_as_far_as_there_is_any() -> None:
    centres = np.tile(np.float32([47.0, 39.0]), (FRAMES, 1))
    corner = small_g4g(centres_nx2=centres)
    _, mouth = corner.texture_patches(jaw_open(1.0))
    right, bottom = mouth.left + mouth.size[0], mouth.top + mouth.size[1]
    assert (right, bottom) == SIZE_HW[::-1] and mouth.rgb_hxwx3.max() > 200


def test_one_frame_alone_is_shown_for_ever() -> None:
    data = small_data()
    one = replace(data, frames=data.frames[:1], centres_nx2=data.centres_nx2[:1],
                  drawings_nxhxw=data.drawings_nxhxw[:1])  # fmt: skip
    still = G4gAvatar(CARD, FILMED.topology, one, {})
    assert still.texture_patches(jaw_open(0), 123.4)[0] is still.texture_patches(jaw_open(0), 0.0)[0]


def test_the_archive_is_small_enough_and_says_what_it_holds(tmp_path: Path) -> None:
    FILMED.save(tmp_path / "x.talkwire")
    with zipfile.ZipFile(tmp_path / "x.talkwire") as archive:
        card = json.loads(archive.read("avatar.json"))
    assert card["fps"] == 25 and card["window"] == 5 and card["size_hw"] == [40, 48]
    assert [part["name"] for part in card["parts"]] == ["picture"]
    assert FILMED.about == "48 x 40 pixels, 5 frames (0.2 s), mouth of 16 pixels"
