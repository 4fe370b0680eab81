"""The shipped head: what must hold for a face that people will look at."""

import json
from pathlib import Path

import numpy as np
import pytest

from support import LINE
from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.audio import read_audio
from talkwire.runtime.avatar import BlendshapeAvatar, find_avatar, load_avatar
from talkwire.runtime.session import open_session
from talkwire.runtime.types import Float32

PATH: Path = find_avatar("nova")
_LOADED = load_avatar(PATH)
assert isinstance(_LOADED, BlendshapeAvatar)
NOVA: BlendshapeAvatar = _LOADED
REST = NOVA.topology.neutral_vx3
SKIN = slice(0, NOVA.topology.parts[0].triangle_count)


def part(name: str) -> np.ndarray:
    """Vertices that a part uses."""
    found = next(p for p in NOVA.topology.parts if p.name == name)
    rows = slice(found.first_triangle, found.first_triangle + found.triangle_count)
    return np.unique(NOVA.topology.triangles_tx3[rows])


def pose(**weights: float) -> Float32:
    values = np.zeros(52, np.float32)
    for name, weight in weights.items():
        for full in (name,) if name in INDEX else (f"{name}Left", f"{name}Right"):
            values[INDEX[full]] = weight
    return NOVA.vertices(values[None])


def test_it_is_small_and_has_every_shape() -> None:
    assert PATH.stat().st_size <= 6_000_000
    assert NOVA.names == ARKIT_NAMES
    assert 5_000 <= NOVA.topology.vertex_count <= 15_000
    assert (np.abs(NOVA.deltas_kxvx3).max(axis=(1, 2)) > 0.001).all()  # each moves something by a millimetre


def test_it_is_a_head_in_metres_that_faces_forward() -> None:
    skin = REST[part("skin")]
    assert 0.16 < np.ptp(skin[:, 1]) < 0.30
    assert np.abs(skin[:, 0]).max() < 0.12
    nose = skin[np.argmax(skin[:, 2])]
    assert abs(nose[0]) < 0.004
    assert abs(nose[1]) < 0.03


def test_the_mesh_is_whole() -> None:
    triangles = NOVA.topology.triangles_tx3
    assert len(np.unique(triangles)) == NOVA.topology.vertex_count
    corners = REST[triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    assert (area > 0).all()
    weld = NOVA.topology.weld_v
    np.testing.assert_array_equal(REST[weld], REST)
    assert (NOVA.topology.uvs_vx2 >= 0).all()
    assert (NOVA.topology.uvs_vx2 <= 1).all()


def test_seams_move_together() -> None:
    """Vertices that the UV layout splits share every displacement: no crack opens."""
    deltas = NOVA.deltas_kxvx3
    step = np.abs(deltas).max() / 32767
    assert np.abs(deltas - deltas[:, NOVA.topology.weld_v]).max() <= 2 * step


def test_the_face_looks_out_of_its_surface() -> None:
    """Counter-clockwise fronts: the skin's triangles in front of the head turn outward."""
    corners = REST[NOVA.topology.triangles_tx3[SKIN]]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    front = corners.mean(axis=1)[:, 2] > 0.09
    assert (normals[front, 2] > 0).mean() > 0.9


@pytest.mark.parametrize(
    "name", [name for name in ARKIT_NAMES if name.endswith("Left") and "mouthLeft" not in name]
)
def test_left_is_the_faces_own_left(name: str) -> None:
    left = np.abs(NOVA.deltas_kxvx3[INDEX[name]]).sum(axis=1)
    right = np.abs(NOVA.deltas_kxvx3[INDEX[name.replace("Left", "Right")]]).sum(axis=1)
    assert (left * REST[:, 0]).sum() > 0
    assert (right * REST[:, 0]).sum() < 0


def test_lips_meet_at_rest_and_whenever_mouth_close_answers_jaw_open() -> None:
    open_gap = lip_gap_m(pose(jawOpen=0.5))
    assert open_gap > 0.008
    for weight in (0.0, 0.1, 0.3, 0.5, 1.0):
        assert lip_gap_m(pose(jawOpen=weight, mouthClose=weight)) < 0.0005


def test_lips_meet_on_p_and_b_of_a_voice_never_heard_in_training() -> None:
    voice = read_audio(LINE)
    phones = json.loads(LINE.with_suffix(".phones.json").read_text())
    session = open_session(NOVA)
    session.begin(voice.sample_rate_hz)
    session.push(voice.samples)
    session.end()
    gaps = {
        pose.pts / voice.sample_rate_hz: lip_gap_m(NOVA.vertices(pose.face.weights[None]))
        for pose in session.pull_poses()
    }

    def within(phone: str) -> list[float]:
        spans = [(start, end) for name, start, end in phones if name == phone]
        return [gap for time, gap in gaps.items() if any(start <= time <= end for start, end in spans)]

    for closed in ("p", "b"):
        assert min(within(closed)) < 0.0005
    for vowel in ("er", "ao", "eh"):
        assert max(within(vowel)) > 0.004
    assert max(gap for time, gap in gaps.items() if time < 0.1) < 0.002  # silence: lips touch lightly


def lip_gap_m(vertices: Float32) -> float:
    """The widest gap between upper and lower lip over the middle of the mouth, in metres.

    What jawOpen takes along is lower lip. Gaps are taken between points strewn along the lips' edges.
    """
    drop = -NOVA.deltas_kxvx3[INDEX["jawOpen"], :, 1]
    near = np.zeros(len(REST), bool)
    near[part("skin")] = True
    near &= (np.abs(REST[:, 0]) < 0.02) & (REST[:, 2] > 0.085) & (REST[:, 1] < -0.016) & (REST[:, 1] > -0.04)
    drop = drop / drop[near].max()
    edges = NOVA.topology.triangles_tx3[SKIN][:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    share = np.linspace(0, 1, 9)[:, None, None]

    def points(lip: np.ndarray) -> np.ndarray:
        mine = edges[lip[edges].all(axis=1)]
        a, b = vertices[mine[:, 0]], vertices[mine[:, 1]]
        return np.asarray(a + share * (b - a)).reshape(-1, 3)

    upper, lower = points(near & (drop < 0.33)), points(near & (drop > 0.45))
    gaps = []
    for x in np.linspace(-0.012, 0.012, 9):
        above, below = (p[np.abs(p[:, 0] - x) < 0.001, 1] for p in (upper, lower))
        gaps.append(above.min() - below.max())
    return float(max(gaps))


def test_eyes_turn_and_keep_their_size() -> None:
    eyes = part("eyes")
    left = eyes[REST[eyes, 0] > 0]
    centre = REST[left].mean(axis=0)
    turned = pose(eyeLookOutLeft=1.0)[left]
    iris = left[np.argmax(REST[left, 2])]
    assert pose(eyeLookOutLeft=1.0)[iris, 0] - REST[iris, 0] > 0.005  # outward is +X for the left eye
    assert pose(eyeLookUpLeft=1.0)[iris, 1] - REST[iris, 1] > 0.004
    rest_radius, radius = (np.linalg.norm(p - centre, axis=1) for p in (REST[left], turned))
    assert np.abs(np.sort(radius)[-200:] - np.sort(rest_radius)[-200:]).max() < 0.003


def test_a_blink_covers_the_eye() -> None:
    """Seen from the front, every point of the iris has skin before it."""
    eyes = part("eyes")
    left = eyes[(REST[eyes, 0] > 0)]
    front = left[REST[left, 2] > REST[left, 2].max() - 0.003]
    assert covered(REST, front).mean() < 0.5
    closed = pose(eyeBlink=1.0)
    assert covered(closed, front).mean() > 0.97


def covered(vertices: Float32, points: np.ndarray) -> np.ndarray:
    """Which vertices have a skin triangle in front of them, looking along -Z."""
    corners = vertices[NOVA.topology.triangles_tx3[SKIN]]
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    usable = np.abs(area) > 1e-12
    a, b, c, area = a[usable], b[usable], c[usable], area[usable]
    hidden = []
    for point in vertices[points]:
        v = ((point[0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (point[1] - a[:, 1])) / area
        w = ((b[:, 0] - a[:, 0]) * (point[1] - a[:, 1]) - (point[0] - a[:, 0]) * (b[:, 1] - a[:, 1])) / area
        inside = (v >= 0) & (w >= 0) & (v + w <= 1)
        depth = a[:, 2] + v * (b[:, 2] - a[:, 2]) + w * (c[:, 2] - a[:, 2])
        hidden.append(bool((inside & (depth > point[2] - 0.0003)).any()))
    return np.array(hidden)


def test_teeth_and_tongue_follow_the_jaw() -> None:
    teeth = part("teeth")
    moved = np.abs(pose(jawOpen=1.0)[teeth] - REST[teeth]).max(axis=1)
    assert (moved < 1e-4).mean() > 0.4  # the upper row stays
    assert (moved > 0.015).mean() > 0.3  # the lower row goes
    tongue = part("tongue")
    assert (pose(jawOpen=1.0)[tongue, 1] < REST[tongue, 1]).mean() > 0.8
    assert pose(tongueOut=1.0)[tongue, 2].max() > REST[tongue, 2].max() + 0.01


def test_its_card_credits_those_who_gave_it() -> None:
    assert NOVA.card.licence.startswith("CC0")
    assert "MakeHuman" in NOVA.card.credit
    assert "Mika Suominen" in NOVA.card.credit
    assert NOVA.card.shows.startswith("nobody")
