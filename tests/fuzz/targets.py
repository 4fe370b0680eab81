"""What is fuzzed: each target takes any bytes, and raises only where talkwire has a bug.

Bad input may raise a TalkwireError and nothing else. The same targets are run by hypothesis
(tests/fuzz/test_fuzz.py), by atheris (tests/fuzz/fuzz.py), and on every input that has ever found a bug
(tests/fuzz/corpus).
"""

from __future__ import annotations

import atexit
import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from bridge.cases import CONTROL, FOLDER, MEDIA
from dyntet_support import small_dyntet
from fuzz.house import House
from support import small_avatar
from talkwire.bridge import wire
from talkwire.bridge.media import encode_media
from talkwire.bridge.message import decode, encode, ref_of
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.playing.player import Player
from talkwire.bridge.playing.sinks import SilentSink
from talkwire.bridge.playing.watching import watch_recording
from talkwire.bridge.recording import MAGIC, RECORD, parts, survey
from talkwire.bridge.texture import patches_from
from talkwire.runtime.avatar import load_avatar
from talkwire.runtime.errors import TalkwireError

SCRATCH: Final = Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)
CORPUS: Final = Path(__file__).parent / "corpus"


def messages(data: bytes) -> None:
    """One message, as either side takes it from a socket."""
    ref_of(data)
    for expect in (wire.REQUESTS, wire.REPLIES, wire.MEDIA):
        with suppress(TalkwireError):
            message = decode(data, expect=expect)
            assert decode(encode(message), expect=expect) == message


def recording(data: bytes) -> None:
    """A recording, surveyed, repaired, and played by the reference player until its end."""
    path = SCRATCH / "fuzz.twrec"
    path.write_bytes(data)
    for recover in (False, True):
        with suppress(TalkwireError):
            survey(path, recover=recover)
        with suppress(TalkwireError):
            list(parts(path, recover=recover))
    with suppress(TalkwireError):
        for _, picture in watch_recording(path, Player(SilentSink())):
            if picture is not None and picture.patch is not None:
                patches_from(picture.patch)


def control(data: bytes) -> None:
    """Requests, subscriptions, waits, in any order, to a server; see house."""
    House(data).live()


def avatar(data: bytes) -> None:
    """An avatar file: as it is, or with one member replaced and the card made to agree with it."""
    path = SCRATCH / "fuzz.talkwire"
    with path.open("wb") as file:
        file.write(_avatar_file(data))
    with suppress(TalkwireError):
        loaded = load_avatar(path)
        assert loaded.topology.id
        weights = np.full((1, 52), 0.5, np.float32)
        assert loaded.vertices(weights).shape == loaded.topology.neutral_vx3.shape
        assert loaded.basis.mean_vx3.shape == loaded.topology.neutral_vx3.shape
        loaded.texture_patches(weights)


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "messages": messages,
    "recording": recording,
    "control": control,
    "avatar": avatar,
}


def seeds(target: str) -> Iterator[bytes]:
    """Inputs that are right, to begin from."""
    if target == "messages":
        for path in sorted(FOLDER.rglob("*.bin")):
            yield (
                path.read_bytes().rpartition(b"\0")[2]
                if path.stem.startswith("media_")
                else path.read_bytes()
            )
    elif target == "recording":
        yield recorded(MEDIA.values())
        for media in MEDIA.values():
            yield recorded([media])
    elif target == "control":
        yield from (bytes([0]) + _typed(encode(message)) for message in CONTROL.values())
        yield bytes(range(256))
    else:
        for kind, members in enumerate(_AVATARS):
            yield bytes([0]) + _zipped(members)
            for which, name in enumerate(members):
                yield bytes([1 + kind, which]) + members[name]


def recorded(media: Any) -> bytes:
    """A recording of these, a tenth of a second apart."""
    encoded = [encode_media(item) for item in media]
    return MAGIC + b"".join(
        RECORD.pack(i * NS_PER_S // 10, len(part)) + part for i, part in enumerate(encoded)
    )


def _typed(message: bytes) -> bytes:
    """A raw message as House reads it."""
    return bytes([0, 0]) + len(message).to_bytes(2, "little") + message


def _avatar_file(data: bytes) -> bytes:
    if len(data) < 2 or data[0] == 0:
        return data[1:]
    members = dict(_AVATARS[data[0] % len(_AVATARS)])
    name = sorted(members)[data[1] % len(members)]
    members[name] = data[2:]
    if name != "avatar.json":
        card = json.loads(members["avatar.json"])
        card["members"][name] |= {"bytes": len(data) - 2, "sha256": hashlib.sha256(data[2:]).hexdigest()}
        members["avatar.json"] = json.dumps(card).encode()
    return _zipped(members)


def _zipped(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, member in members.items():
            archive.writestr(zipfile.ZipInfo(name), member)
    return buffer.getvalue()


def _members(avatar: Any) -> dict[str, bytes]:
    path = SCRATCH / "seed.talkwire"
    avatar.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    path.unlink()
    return members


_AVATARS: Final = (_members(small_avatar(24)), _members(small_dyntet()))
