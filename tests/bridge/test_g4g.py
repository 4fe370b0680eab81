"""A filmed person who is served: pictures by the seconds of a life, 25 a second at most, as in a bake."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from g4g_support import FRAMES, SIZE_HW, jaw_open, small_g4g
from support import LINE
from talkwire.bridge import wire
from talkwire.bridge.client import Client
from talkwire.bridge.codec import Box
from talkwire.bridge.moment import Moment, Needs, paint_together
from talkwire.bridge.planes import PLANES, STATICS, Sending
from talkwire.bridge.serving.governor import LADDER, Economy
from talkwire.bridge.serving.npc import Npc
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.serving.studio import Studio
from talkwire.bridge.texture import patch_message, patches_from
from talkwire.exporters.clip import bake_session
from talkwire.exporters.excerpt import Excerpt, cut
from talkwire.runtime.audio import read_audio
from talkwire.runtime.g4g import G4gAvatar
from talkwire.runtime.g4g_geometry import ping_pong
from talkwire.runtime.session import Session, open_session
from talkwire.runtime.types import PICTURES_HZ, FilmedPatch, Pose

FILMED = small_g4g()
RATE = 16_000
NOISE = np.random.default_rng(2).normal(0, 0.2, RATE).astype(np.float32)
MS = 1_000_000


def spoken(session: Session, seconds: float = 1.0) -> list[tuple[Pose, np.typing.NDArray[np.float32]]]:
    session.begin(RATE)
    session.push(NOISE[: round(seconds * RATE)])
    session.end()
    return session.pull_heard()


def turned(npc: Npc, until_ns: int, begin_ns: int = 0) -> Iterator[object]:
    """What an NPC gives out in turns of 10 ms."""
    for now_ns in range(begin_ns, until_ns, 10 * MS):
        yield from npc.advance(now_ns, watched=True)


def test_the_head_keeps_still_and_the_mouth_does_not() -> None:
    faces = [pose.face for pose, _ in spoken(open_session(FILMED, seed=4))]
    for face in faces:
        np.testing.assert_array_equal(face.head_rotation, [0, 0, 0, 1])
        np.testing.assert_array_equal(face.head_translation_m, [0, 0, 0])
    assert np.ptp([face.weights for face in faces], axis=0).max() > 0.05


def test_a_life_goes_on_between_lines_and_through_interruptions() -> None:
    session = open_session(FILMED)
    first = [pose.life_s for pose, _ in spoken(session)]
    session.begin(RATE)
    session.push(NOISE)
    cut_off = [pose.life_s for pose, _ in session.pull_heard()]
    session.interrupt()
    last = [pose.life_s for pose, _ in spoken(session, 0.5)]
    assert first[0] == 0.0 and 0 < len(cut_off) < 60
    lives = np.array(first + cut_off + last)
    np.testing.assert_allclose(np.diff(lives), 1 / 60, atol=1 / RATE)


def test_what_is_live_is_what_is_baked() -> None:
    live, clip = spoken(open_session(FILMED)), bake_session(open_session(FILMED), NOISE, RATE)
    shown = clip.shown(0), clip.shown(1), clip.shown(2), clip.shown(3)
    assert shown == (0, 0, 0, 3), "25 pictures in 60 frames"
    for index in range(0, clip.frame_count, 7):
        pose, heard = live[index]
        for a, b in zip(FILMED.texture_patches(heard, pose.life_s), clip.patches(index), strict=True):
            np.testing.assert_array_equal(a.rgb_hxwx3, b.rgb_hxwx3)


def test_a_part_of_a_line_shows_what_the_whole_shows_there() -> None:
    clip = bake_session(open_session(FILMED), NOISE, RATE)
    part = cut(clip, Excerpt(0.51, 0.9))
    for index in range(0, part.frame_count, 5):
        whole = clip.patches(index + 31)
        for a, b in zip(part.patches(index), whole, strict=True):
            np.testing.assert_array_equal(a.rgb_hxwx3, b.rgb_hxwx3)


def test_a_line_after_another_goes_on_where_the_video_was() -> None:
    session = open_session(FILMED)
    spoken(session)
    clip = bake_session(session, NOISE, RATE)
    assert clip.lived_s == pytest.approx(1.0)
    whole = clip.patches(0)[0]
    assert isinstance(whole, FilmedPatch)
    assert whole.jpeg == FILMED.data.frames[ping_pong(1.0, FRAMES)]


@pytest.mark.parametrize("fps", [12, 25, 30, 60, 144])
def test_there_are_at_most_25_pictures_a_second_whatever_the_frames_are(fps: int) -> None:
    npc = Npc("npc", open_session(FILMED, fps=fps))
    moments = [some for some in turned(npc, 2000 * MS) if isinstance(some, Moment)]
    pictures = [moment.pose.picture for moment in moments if moment.new_picture]
    assert pictures == sorted(set(pictures)) and len(moments) > 1.5 * fps
    assert len(pictures) == pytest.approx(min(fps, PICTURES_HZ) * len(moments) / fps, abs=1.5)


@pytest.mark.parametrize("economy", LADDER)
def test_a_busy_server_sends_fewer(economy: Economy) -> None:
    studio = Studio("npc", open_session(FILMED))
    studio.economy = economy
    studio.read_by({b""}, {b""})
    moments = [some for some in turned(studio.npc, 2000 * MS) if isinstance(some, Moment)]
    due = studio.needing(Needs.texture, moments)
    parts = [
        part for moment in moments for _, part in studio.pack(moment, lambda: 0) if b"/patch" in part[:40]
    ]
    assert len(due) == pytest.approx(PICTURES_HZ * 2 / economy.picture_every, abs=3)
    assert len(parts) == 3 * len(due), "jpeg, bc1 and rgb"
    assert [one.picture_every for one in LADDER] == [1, 2, 3, 4, 8]


def moments_of(avatar: G4gAvatar, count: int) -> list[Moment]:
    pose, _ = spoken(open_session(avatar), 0.1)[0]
    return [
        Moment(replace(pose, life_s=i / 8), jaw_open(i / count), avatar, RATE, wire.KEY) for i in range(count)
    ]


def test_many_are_painted_by_one_call_of_the_network() -> None:
    calls, avatar = [], small_g4g()
    painted = avatar.painted
    avatar.painted = lambda windows, lives_s: calls.append(len(windows)) or painted(windows, lives_s)  # type: ignore[method-assign, func-returns-value]
    together, alone = moments_of(avatar, 4), moments_of(FILMED, 4)
    paint_together(together)
    for one, other in zip(together, alone, strict=True):
        for a, b in zip(one.patches, other.patches, strict=True):
            np.testing.assert_array_equal(a.rgb_hxwx3, b.rgb_hxwx3)
    assert calls == [4], "what is painted is not painted again"


@pytest.mark.parametrize("format", ["jpeg", "bc1", "rgb"])
def test_patches_on_the_wire(format: str) -> None:
    moment = moments_of(FILMED, 4)[3]
    message = patch_message(moment, topology_id=FILMED.topology.id, server_ns=0, format=format)
    assert message is not None
    (left, top, width, height, _, whole), mouth = message.patches
    assert (left, top, width, height) == (0, 0, *SIZE_HW[::-1])
    assert format != "jpeg" or whole in FILMED.data.frames, "as it is in the file"
    assert mouth[2] < width and mouth[3] < height
    for there, here in zip(patches_from(message), moment.patches, strict=True):
        gap = np.abs(there.rgb_hxwx3.astype(int) - here.rgb_hxwx3)
        assert gap.max() == 0 if format == "rgb" or (format, there.left) == ("jpeg", 0) else gap.mean() < 12


def test_every_plane_and_static_can_be_made_of_a_card() -> None:
    moment, mesh = moments_of(FILMED, 1)[0], Studio("npc", open_session(FILMED))._mesh
    box = Box.around(FILMED.topology.neutral_vx3)
    for plane in PLANES:
        assert plane.make(moment, Sending(FILMED.topology.id, box, 0)) is not None, plane.name
    for name, make in STATICS.items():
        assert make(FILMED, mesh) is not None, name
    assert mesh.parts[0][0] == "picture" and mesh.generated == "compositeWithTrainedAlgorithmicMedia"


def test_a_client_sees_the_video_move_while_nobody_speaks_and_while_somebody_does() -> None:
    audio = read_audio(LINE)
    with serving(Server(lambda: open_session(FILMED), port=0)) as endpoint, Client(endpoint) as client:
        client.open("npc")
        client.listen("npc", "arkit")
        idle, said = list(itertools.islice(patches(client), 6)), []
        line = client.begin("npc", audio.sample_rate_hz)
        client.push("npc", line, audio.samples[: audio.sample_rate_hz])
        client.end("npc", line)
        for patch in patches(client):
            said += [patch] * (not patch.flags & wire.IDLE)
            if patch.flags & wire.IDLE and said:
                break
    for some in (idle, said):
        assert len({patch.patches[0][5] for patch in some}) >= 3, "frames of the video"
        assert {patch.patches[0][5] for patch in some} <= set(FILMED.data.frames)
    assert len(said) <= PICTURES_HZ + 1
    assert len({patch.patches[1][5] for patch in said}) > FRAMES


def patches(client: Client) -> Iterator[wire.Patch]:
    for _ in range(5000):
        for media in client.poll(0.02):
            if isinstance(media.message, wire.Patch):
                yield media.message
    raise AssertionError("no more patches")
