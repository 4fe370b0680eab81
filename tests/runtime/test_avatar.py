"""Avatar files: what is written is read back, and everything else is refused with one clear sentence."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talkwire.runtime import avatar_file
from talkwire.runtime.arkit import ARKIT_NAMES
from talkwire.runtime.avatar import BlendshapeAvatar, find_avatar, load_avatar, shipped_avatars
from talkwire.runtime.avatar_file import pack_npz, write_container
from talkwire.runtime.errors import AvatarError

Members = dict[str, bytes]


@pytest.fixture
def file(tmp_path: Path, avatar: BlendshapeAvatar) -> Path:
    path = tmp_path / "small.talkwire"
    avatar.save(path)
    return path


def rewrite(path: Path, change: Callable[[Members], None]) -> None:
    """Change the members of an avatar file by hand, as an attacker or a careless tool would."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def edit_card(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    def edit(members: Members) -> None:
        card = json.loads(members["avatar.json"])
        change(card)
        members["avatar.json"] = json.dumps(card).encode()

    rewrite(path, edit)


def test_what_is_saved_is_loaded(file: Path, avatar: BlendshapeAvatar) -> None:
    loaded = load_avatar(file)
    assert isinstance(loaded, BlendshapeAvatar)
    assert loaded.card == avatar.card
    assert loaded.names == avatar.names
    assert loaded.topology.id == avatar.topology.id
    assert loaded.topology.parts == avatar.topology.parts
    assert loaded.topology.texture == avatar.topology.texture
    step = np.abs(avatar.deltas_kxvx3).max(axis=(1, 2)) / 32767
    error = np.abs(loaded.deltas_kxvx3 - avatar.deltas_kxvx3).max(axis=(1, 2))
    assert (error <= step * 0.51).all()


def test_equal_content_gives_equal_bytes(file: Path, tmp_path: Path, avatar: BlendshapeAvatar) -> None:
    avatar.save(tmp_path / "again.talkwire")
    assert (tmp_path / "again.talkwire").read_bytes() == file.read_bytes()


def test_a_pose_is_the_neutral_plus_the_weighted_shapes(avatar: BlendshapeAvatar) -> None:
    weights = np.random.default_rng(1).random(52).astype(np.float32)
    expected = avatar.topology.neutral_vx3 + np.einsum("k,kvc->vc", weights, avatar.deltas_kxvx3)
    np.testing.assert_allclose(avatar.vertices(weights[None]), expected, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 2, 33])
def test_many_poses_at_once_are_each_as_alone(avatar: BlendshapeAvatar, count: int) -> None:
    windows = list(np.random.default_rng(1).random((count, 1, 52)).astype(np.float32))
    posed = avatar.posed(windows)
    assert posed.shape == (count, avatar.topology.vertex_count, 3)
    for window, vertices in zip(windows, posed, strict=True):
        np.testing.assert_allclose(vertices, avatar.vertices(window), atol=1e-7)


def test_shipped_avatars_are_found_and_sound() -> None:
    assert "nova" in [path.stem for path in shipped_avatars()]
    nova = load_avatar(find_avatar("nova"))
    assert isinstance(nova, BlendshapeAvatar)
    assert nova.names == ARKIT_NAMES


SHINY = {"name": "skin", "first_triangle": 0, "triangle_count": 58, "roughness": float("nan"), "specular": 9}


def missing_member(members: Members) -> None:
    del members["basis.npz"]


def extra_member(members: Members) -> None:
    members["surprise.onnx"] = b"x"


def wrong_hash(members: Members) -> None:
    members["texture.png"] = members["texture.png"][:-1] + b"!"


def wrong_size(members: Members) -> None:
    members["texture.png"] += b"!"


def climbing_path(members: Members) -> None:
    members["../../evil.txt"] = b"x"


def absolute_path(members: Members) -> None:
    members["/etc/evil"] = b"x"


def windows_path(members: Members) -> None:
    members["..\\evil"] = b"x"


def no_card(members: Members) -> None:
    del members["avatar.json"]


def card_is_not_json(members: Members) -> None:
    members["avatar.json"] = b"\xff{"


def card_is_a_list(members: Members) -> None:
    members["avatar.json"] = b"[]"


def card_is_too_deep(members: Members) -> None:
    members["avatar.json"] = b"[" * 100_000


def many_members(members: Members) -> None:
    members.update({f"m{i}": b"" for i in range(100)})


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (missing_member, "wanted exactly"),
        (extra_member, "surprise.onnx"),
        (wrong_hash, "another sha256"),
        (wrong_size, "bytes"),
        (climbing_path, "names that stay inside"),
        (absolute_path, "names that stay inside"),
        (windows_path, "names that stay inside"),
        (no_card, "avatar.json"),
        (card_is_not_json, "not JSON"),
        (card_is_a_list, "list"),
        (card_is_too_deep, "not JSON"),
        (many_members, "at most 64"),
    ],
)
def test_damaged_members_are_refused(file: Path, damage: Callable[[Members], None], words: str) -> None:
    rewrite(file, damage)
    with pytest.raises(AvatarError, match=r"saw .* wanted") as refusal:
        load_avatar(file)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 2}, "another format version"),
        ({"kind": "hologram"}, "a kind that this version cannot pose"),
        ({"licence": ""}, "no text for licence"),
        ({"shows": "half a letter: \ud800"}, "no text for shows"),
        ({"names": ["jawOpen"]}, "52 shapes but 1"),
        ({"names": ["jawOpen"] * 52}, "52 shapes but 1"),
        ({"names": None}, "ARKit names"),
        ({"members": 7}, "'members' = 7"),
        ({"parts": []}, "saw 0 triangles"),
        ({"parts": [{"name": "skin"}]}, "unreadable parts"),
        ({"parts": [SHINY]}, "impossible look"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(file: Path, change: dict[str, Any], words: str) -> None:
    edit_card(file, lambda card: card.update(change))
    with pytest.raises(AvatarError) as refusal:
        load_avatar(file)
    assert words in str(refusal.value)


def hostile_container(path: Path, arrays: dict[str, Any]) -> None:
    """A well-hashed file whose mesh lies: hashes prove transport, not sense."""
    card = {"kind": "blendshape", "names": ["jawOpen"], "parts": [], "name": "x"}
    mesh = {
        "neutral": np.zeros((3, 3), "<f4"),
        "triangles": np.array([[0, 1, 2]], "<u4"),
        "uvs": np.zeros((3, 2), "<f4"),
        "weld": np.zeros(3, "<u4"),
        "deltas": np.zeros((1, 3, 3), "<i2"),
        "scales_m": np.zeros(1, "<f4"),
    } | arrays
    basis = {name: mesh.pop(name) for name in ("deltas", "scales_m")}
    write_container(path, card, {"topology.npz": mesh, "basis.npz": basis, "texture.png": b"\x89PNG"})


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"triangles": np.array([[0, 1, 9]], "<u4")}, "triangles with indices past 3"),
        ({"weld": np.array([0, 1, 9], "<u4")}, "weld with indices past 3"),
        ({"neutral": np.full((3, 3), np.nan, "<f4")}, "not finite"),
        ({"neutral": np.zeros((3, 3), "<f8")}, "<f8"),
        ({"neutral": np.zeros(9, "<f4")}, "rank 2"),
        ({"deltas": np.zeros((2, 3, 3), "<i2")}, "2 shapes"),
    ],
)
def test_a_mesh_that_lies_is_refused(tmp_path: Path, arrays: dict[str, Any], words: str) -> None:
    path = tmp_path / "liar.talkwire"
    hostile_container(path, arrays)
    with pytest.raises(AvatarError) as refusal:
        load_avatar(path)
    assert words in str(refusal.value)


def test_an_object_array_is_never_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "pickle.talkwire"
    hostile_container(path, {})
    evil = io.BytesIO()
    np.lib.format.write_array(evil, np.array([{"a": 1}], dtype=object), (1, 0), allow_pickle=True)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("neutral.npy", evil.getvalue())
    write_container(path, {"kind": "blendshape"}, {"topology.npz": inner.getvalue()})
    edit_card(path, lambda card: card["members"]["topology.npz"].update(tensors={"neutral": ["|O", 1]}))
    with pytest.raises(AvatarError, match=r"topology\.npz"):
        load_avatar(path)


def test_a_zip_bomb_is_refused_before_it_unpacks(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avatar_file, "MAX_TOTAL_BYTES", 1 << 20)

    def bomb(members: Members) -> None:
        members["bomb.bin"] = bytes(2 << 20)

    rewrite(file, bomb)
    assert file.stat().st_size < 1 << 20
    with pytest.raises(AvatarError, match="bytes unpacked, wanted at most"):
        load_avatar(file)


def test_a_bomb_inside_an_npz_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.talkwire"
    hostile_container(path, {"neutral": np.zeros((200_000, 3), "<f4")})
    monkeypatch.setattr(avatar_file, "MAX_TOTAL_BYTES", 1 << 20)
    with pytest.raises(AvatarError, match=r"topology\.npz:neutral of .* wanted at most"):
        load_avatar(path)


def test_many_arrays_together_are_a_bomb_too(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(file) as archive:
        arrays = [zipfile.ZipFile(io.BytesIO(archive.read(f"{name}.npz"))) for name in ("topology", "basis")]
    sizes = [info.file_size for one in arrays for info in one.infolist()]
    monkeypatch.setattr(avatar_file, "MAX_TOTAL_BYTES", sum(sizes))
    load_avatar(file)
    monkeypatch.setattr(avatar_file, "MAX_TOTAL_BYTES", sum(sizes) - 1)
    with pytest.raises(AvatarError, match=rf"of {sum(sizes)} bytes in all, wanted at most {sum(sizes) - 1}"):
        load_avatar(file)


def test_a_texture_that_is_no_picture_is_refused(file: Path, avatar: BlendshapeAvatar) -> None:
    avatar.topology = replace(avatar.topology, texture=b"\x89PNG and nothing more")
    avatar.save(file)
    with pytest.raises(AvatarError, match="the avatar's texture cannot be decoded"):
        load_avatar(file)


def test_a_damaged_stream_and_an_encrypted_member_are_refused(file: Path) -> None:
    rewrite(file, lambda members: None)  # packed with deflate, as another tool would
    data = bytearray(file.read_bytes())
    packed = bytearray(data)
    start = data.index(b"topology.npz") + len(b"topology.npz")
    packed[start : start + 40] = b"\xff" * 40
    file.write_bytes(packed)
    with pytest.raises(AvatarError, match="not a readable zip"):
        load_avatar(file)
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(header, at + 1)) >= 0:
            data[at + flags] |= 1  # says: encrypted
    file.write_bytes(data)
    with pytest.raises(AvatarError, match="encrypted"):
        load_avatar(file)


@pytest.mark.parametrize("cut", [0, 1, 30, 500, -1])
def test_truncated_files_are_refused(file: Path, cut: int) -> None:
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(AvatarError):
        load_avatar(file)


def test_every_flipped_byte_is_refused_or_harmless(file: Path, avatar: BlendshapeAvatar) -> None:
    data = file.read_bytes()
    for position in range(0, len(data), 211):
        file.write_bytes(data[:position] + bytes([data[position] ^ 0x55]) + data[position + 1 :])
        try:
            loaded = load_avatar(file)
        except AvatarError:
            continue
        assert loaded.topology.id == avatar.topology.id


def test_a_missing_file_and_an_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(AvatarError, match="No such file"):
        load_avatar(tmp_path / "none.talkwire")
    with pytest.raises(AvatarError, match="there is no avatar 'novva'"):
        find_avatar("novva")


def test_a_folder_that_is_not_there_leaves_nothing(tmp_path: Path, avatar: BlendshapeAvatar) -> None:
    with pytest.raises(AvatarError, match="cannot be written"):
        avatar.save(tmp_path / "no" / "small.talkwire")
    assert list(tmp_path.iterdir()) == []


def test_a_texture_of_no_known_format_is_not_written(tmp_path: Path, avatar: BlendshapeAvatar) -> None:
    object.__setattr__(avatar.topology, "texture", b"GIF89a")
    with pytest.raises(AvatarError, match="unknown format"):
        avatar.save(tmp_path / "x.talkwire")


def test_packing_is_by_content_only() -> None:
    arrays = {"a": np.arange(5, dtype="<i4")}
    assert pack_npz(arrays) == pack_npz(arrays)
