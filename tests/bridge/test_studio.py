"""What is published to whom: only what somebody reads, and late joiners first."""

import gc
import weakref

import numpy as np
import pytest

from talkwire.bridge import wire
from talkwire.bridge.limits import LINGER_S, RETAINED_GAP_S
from talkwire.bridge.media import decode_media
from talkwire.bridge.moment import Moment, Needs, pose_together
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.planes import PLANES
from talkwire.bridge.serving.governor import Economy
from talkwire.bridge.serving.npc import Report
from talkwire.bridge.serving.studio import Part, Studio
from talkwire.bridge.synthetic import SyntheticSession, synthetic_topology

TOPOLOGY = synthetic_topology(16)


def studio(*motion: bytes) -> Studio:
    made = Studio("nova", SyntheticSession(TOPOLOGY))
    made.read_by(set(motion), set(motion))
    return made


EVERYTHING = {plane.name for plane in PLANES}


def static(*media: bytes) -> Studio:
    made = Studio("nova", SyntheticSession(TOPOLOGY))
    made.read_by(set(media), set())
    return made


def frames(of: Studio, now_ns: int = NS_PER_S) -> list[Part]:
    parts: list[Part] = []
    for step in range(60):
        for output in of.npc.advance(now_ns + step * 10_000_000, watched=True):
            assert not isinstance(output, Report)
            parts += of.pack(output, lambda: 7)
    return parts


def planes(parts: list[Part]) -> list[str]:
    return [decode_media(data).plane for _, data in parts]


@pytest.mark.parametrize(
    ("prefixes", "expected"),
    [
        ((), set()),
        ((b"tw1/nova/frame/q16\0",), {"frame/q16"}),
        ((b"tw1/nova/frame/f32\0",), {"frame/f32"}),
        ((b"tw1/nova/patch\0",), {"patch"}),
        ((b"tw1/nova/frame/basis\0",), {"frame/basis"}),
        ((b"tw1/nova/frame/delta8\0", b"tw1/nova/viseme\0"), {"frame/delta8", "viseme"}),
        ((b"tw1/nova/frame/q16n\0",), {"frame/q16n"}),
        ((b"tw1/nova/frame/arkit\0",), {"frame/arkit"}),
        ((b"tw1/nova/patch/bc1\0",), {"patch/bc1"}),
        ((b"tw1/nova/patch/rgb\0",), {"patch/rgb"}),
        ((b"tw1/nova/",), EVERYTHING),
        ((b"",), EVERYTHING),
        ((b"tw1/nova2/", b"tw2/", b"tw1/nov\0"), set()),
    ],
)
def test_only_codecs_that_are_read_are_encoded(prefixes: tuple[bytes, ...], expected: set[str]) -> None:
    assert set(planes(frames(studio(*prefixes)))) == expected


@pytest.mark.parametrize(
    ("prefix", "watched"),
    [(b"", True), (b"tw1/nova/audio\0", True), (b"tw1/nova/", True), (b"tw1/nova2/", False), (b"x", False)],
)
def test_it_knows_whether_anybody_watches(prefix: bytes, watched: bool) -> None:
    made = Studio("nova", SyntheticSession(TOPOLOGY))
    made.read_by({prefix}, set())
    assert made.watched == watched


def test_frames_are_stamped_as_they_are_encoded() -> None:
    parts = frames(studio(b"tw1/nova/frame/q16\0"))
    stamps = {decode_media(d).message.server_ns for _, d in parts}  # type: ignore[attr-defined]
    assert stamps == {7}


def test_mesh_and_texture_are_sent_first_and_again_for_each_newcomer_but_not_too_often() -> None:
    made, gap_ns = static(b"tw1/nova/mesh\0", b"tw1/nova/texture\0"), round(RETAINED_GAP_S * NS_PER_S)
    first = list(made.retained_due(0, lambda: 7))
    assert planes(first) == ["mesh", "texture"]
    mesh = decode_media(first[0][1]).message
    assert isinstance(mesh, wire.Mesh)
    assert (mesh.generated, mesh.shows) == ("algorithmicMedia", "nobody: a sphere")
    assert list(made.retained_due(gap_ns, lambda: 7)) == []
    made.welcome(b"tw1/nova/mesh\0", motion=False)
    made.welcome(b"tw1/nova/mesh\0", motion=False)
    assert list(made.retained_due(gap_ns - 1, lambda: 7)) == []
    assert planes(list(made.retained_due(gap_ns, lambda: 7))) == ["mesh"]
    made.welcome(b"tw1/other/", motion=False)
    made.welcome(b"tw1/nova/", motion=True)  # frames: there is none yet
    assert list(made.retained_due(9 * gap_ns, lambda: 7)) == []


def test_a_newcomer_gets_the_last_frame_marked_as_a_repeat() -> None:
    made = studio(b"tw1/nova/frame/q16\0")
    last = decode_media(frames(made)[-1][1]).message
    list(made.retained_due(0, lambda: 7))
    made.welcome(b"tw1/nova/frame/q16\0", motion=True)
    ((motion, data),) = made.retained_due(NS_PER_S, lambda: 8)
    again = decode_media(data).message
    assert isinstance(last, wire.Frame) and isinstance(again, wire.Frame) and motion
    assert again.flags == last.flags | wire.REPEAT
    assert (again.seq, again.vertices, again.server_ns) == (last.seq, last.vertices, 8)


def test_what_is_saved_is_not_posed_nor_sent_and_frames_say_so() -> None:
    made = studio(b"tw1/nova/frame/q16\0")
    every = {f.seq for f in map(frame_in, frames(made))}
    made.economy = Economy(mesh_every=4)
    outputs = [
        o for step in range(60) for o in made.npc.advance(NS_PER_S * 3 + step * 10_000_000, watched=True)
    ]
    saved = [frame_in(part) for output in outputs for part in made.pack(output, lambda: 7)]  # type: ignore[arg-type]
    assert len(saved) > 5 and all(f.seq % 4 == 0 and f.every == 4 for f in saved)
    assert {m.pose.seq for m in made.needing(Needs.vertices, outputs)} == {f.seq for f in saved}
    assert every == set(range(len(every)))


def frame_in(part: Part) -> wire.Frame:
    message = decode_media(part[1]).message
    assert isinstance(message, wire.Frame)
    return message


def test_patches_come_with_every_second_frame_and_more_seldom_when_that_is_saved() -> None:
    made = studio(b"tw1/nova/patch\0")
    seqs = [patch_in(part).seq for part in frames(made)]
    made.economy = Economy(patch_every=4)
    saved = [patch_in(part).seq for part in frames(made, NS_PER_S * 3)]
    assert set(np.diff(seqs)) == {2} and set(np.diff(saved)) == {4}


def test_only_what_is_read_is_computed() -> None:
    made = studio(b"tw1/nova/frame/arkit\0", b"tw1/nova/viseme\0", b"tw1/nova/patch\0")
    outputs = [o for step in range(9) for o in made.npc.advance(step * 10_000_000, watched=True)]
    assert made.needing(Needs.pose, outputs)
    assert not made.needing(Needs.vertices, outputs) and not made.needing(Needs.coefficients, outputs)


def test_basis_and_blocks_are_sent_to_who_asks_for_them_and_made_for_nobody_else() -> None:
    made, gap_ns = static(b"tw1/nova/mesh\0"), round(RETAINED_GAP_S * NS_PER_S)
    assert planes(list(made.retained_due(0, lambda: 7))) == ["mesh"]
    made.read_by({b"tw1/nova/mesh\0", b"tw1/nova/basis\0"}, set())
    made.welcome(b"tw1/nova/basis\0", motion=False)
    assert planes(list(made.retained_due(gap_ns, lambda: 7))) == ["basis"]
    late = static(b"tw1/nova/basis\0", b"tw1/nova/texture/bc1\0")
    (basis, blocks) = (decode_media(data) for _, data in late.retained_due(0, lambda: 7))
    assert (basis.plane, blocks.plane) == ("basis", "texture/bc1")
    assert isinstance(blocks.message, wire.Texture) and blocks.message.format == "bc1"


def test_a_newcomer_gets_the_last_patch_too() -> None:
    made = studio(b"tw1/nova/patch\0")
    frames(made)
    list(made.retained_due(0, lambda: 7))
    made.welcome(b"tw1/nova/patch\0", motion=True)
    (part,) = made.retained_due(NS_PER_S, lambda: 8)
    assert patch_in(part).flags & wire.REPEAT


def patch_in(part: Part) -> wire.Patch:
    motion, data = part
    message = decode_media(data).message
    assert motion and isinstance(message, wire.Patch)
    return message


def test_what_was_posed_together_is_let_go_of() -> None:
    """What is kept for late joiners must not hold the meshes of everybody's turn."""
    made = studio(b"tw1/nova/frame/q16\0")
    outputs = [o for step in range(20) for o in made.npc.advance(step * 10_000_000, watched=True)]
    pose_together(made.needing(Needs.vertices, outputs))
    moment = next(o for o in outputs if isinstance(o, Moment))
    assert moment.vertices_vx3 is not None and moment.vertices_vx3.base is not None
    turn = weakref.ref(moment.vertices_vx3.base)
    for output in outputs:
        list(made.pack(output, lambda: 7))  # type: ignore[arg-type]
    del moment, output, outputs
    gc.collect()
    assert turn() is None
    made.welcome(b"tw1/nova/frame/q16\0", motion=True)
    assert "frame/q16" in planes(list(made.retained_due(NS_PER_S, lambda: 8)))


def test_it_is_needed_while_held_watched_or_speaking_and_a_while_longer() -> None:
    made, linger_ns = studio(), round(LINGER_S * NS_PER_S)
    assert made.needed(0, held=True)
    assert made.needed(linger_ns - 1, held=False)
    assert not made.needed(linger_ns, held=False)
    made.npc.queue.begin(b"p", 1, 16_000)
    assert made.needed(linger_ns, held=False)
    made.npc.queue.cut()
    made.read_by({b"tw1/"}, set())
    assert made.needed(9 * linger_ns, held=False)
    made.read_by(set(), set())
    assert not made.needed(10 * linger_ns, held=False)


def test_a_frame_with_its_generation_survives_the_way_through() -> None:
    made = Studio("nova", SyntheticSession(TOPOLOGY), first_generation=5)
    made.read_by({b""}, {b"tw1/nova/frame/f32\0"})
    outputs = [o for step in range(20) for o in made.npc.advance(step * 10_000_000, watched=True)]
    moment = next(o for o in outputs if isinstance(o, Moment))
    ((_, data),) = made.pack(moment, lambda: 7)
    frame = decode_media(data).message
    assert isinstance(frame, wire.Frame) and frame.generation == 5
    np.testing.assert_array_equal(
        np.frombuffer(frame.vertices, "<f4").reshape(-1, 3), moment.frame.vertices_vx3
    )
