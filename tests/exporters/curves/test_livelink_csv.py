"""The Live Link Face layout, column by column, as recordings of the app show it."""

import csv
from pathlib import Path

import numpy as np
import pytest

from talkwire.exporters import write_clip
from talkwire.exporters.curves.livelink_csv import HEADER, timecode
from talkwire.runtime.angles import eye_angles, head_angles
from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.mesh import rotation_matrix

# the header row of a recording, as public code quotes it
RECORDED = (
    "Timecode,BlendshapeCount,EyeBlinkLeft,EyeLookDownLeft,EyeLookInLeft,EyeLookOutLeft,EyeLookUpLeft,"
    "EyeSquintLeft,EyeWideLeft,EyeBlinkRight,EyeLookDownRight,EyeLookInRight,EyeLookOutRight,EyeLookUpRight,"
    "EyeSquintRight,EyeWideRight,JawForward,JawRight,JawLeft,JawOpen,MouthClose,MouthFunnel,MouthPucker,"
    "MouthRight,MouthLeft,MouthSmileLeft,MouthSmileRight,MouthFrownLeft,MouthFrownRight,MouthDimpleLeft,"
    "MouthDimpleRight,MouthStretchLeft,MouthStretchRight,MouthRollLower,MouthRollUpper,MouthShrugLower,"
    "MouthShrugUpper,MouthPressLeft,MouthPressRight,MouthLowerDownLeft,MouthLowerDownRight,MouthUpperUpLeft,"
    "MouthUpperUpRight,BrowDownLeft,BrowDownRight,BrowInnerUp,BrowOuterUpLeft,BrowOuterUpRight,CheekPuff,"
    "CheekSquintLeft,CheekSquintRight,NoseSneerLeft,NoseSneerRight,TongueOut,HeadYaw,HeadPitch,HeadRoll,"
    "LeftEyeYaw,LeftEyePitch,LeftEyeRoll,RightEyeYaw,RightEyePitch,RightEyeRoll"
)


def test_the_header_is_the_apps() -> None:
    assert ",".join(HEADER) == RECORDED


def test_rows_read_back_by_name(tmp_path: Path, make_clip) -> None:
    clip = make_clip(fps=30)
    (path,) = write_clip(clip, tmp_path / "x.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == clip.frame_count
    assert {row["BlendshapeCount"] for row in rows} == {"61"}
    for name in ARKIT_NAMES:
        column = [float(row[name[0].upper() + name[1:]]) for row in rows]
        assert np.allclose(column, clip.weights_nx52[:, INDEX[name]], atol=1e-9)
    # 30 frames a second are every second frame at 60; 16000 / 30 is no whole number of samples
    assert [row["Timecode"][:11] for row in rows[:2]] == ["00:00:00:00", "00:00:00:01"]
    assert rows[-1]["Timecode"] == timecode(clip.times_n_s[-1])


@pytest.mark.parametrize(
    ("time_s", "written"),
    [
        (0.0, "00:00:00:00.000"),
        (1 / 60, "00:00:00:01.000"),
        (59 / 60, "00:00:00:59.000"),
        (0.9999999, "00:00:01:00.000"),
        (1 / 120, "00:00:00:00.500"),
        (1 / 30, "00:00:00:02.000"),
        (61.5, "00:01:01:30.000"),
        (3 * 3600 + 59 * 60 + 59 + 0.75, "03:59:59:45.000"),
    ],
)
def test_timecodes_count_sixtieths(time_s: float, written: str) -> None:
    assert timecode(time_s) == written


@pytest.mark.parametrize(
    ("axis", "column", "sign"), [((0, 1, 0), 0, 1), ((1, 0, 0), 1, 1), ((0, 0, 1), 2, 1), ((0, -1, 0), 0, -1)]
)
def test_one_turn_is_one_angle(axis: tuple[int, int, int], column: int, sign: int) -> None:
    quaternion = np.append(np.array(axis) * np.sin(0.15), np.cos(0.15)).astype(np.float32)
    angles = head_angles(quaternion[None])[0]
    assert angles[column] == pytest.approx(sign * 0.3, abs=1e-6)
    assert np.delete(angles, column) == pytest.approx([0, 0], abs=1e-6)


def test_angles_give_the_rotation_back() -> None:
    rng = np.random.default_rng(3)
    quaternions = np.append(rng.normal(0, 0.3, (200, 3)), np.ones((200, 1)), axis=1)
    quaternions /= np.linalg.norm(quaternions, axis=1, keepdims=True)

    def turn(axis: int, angle: float) -> np.ndarray:
        return rotation_matrix(np.append(np.eye(3)[axis] * np.sin(angle / 2), np.cos(angle / 2)))

    for quaternion, (yaw, pitch, roll) in zip(
        quaternions, head_angles(quaternions.astype(np.float32)), strict=True
    ):
        again = turn(1, yaw) @ turn(0, pitch) @ turn(2, roll)
        assert np.allclose(again, rotation_matrix(quaternion), atol=1e-5)


def test_eyes_turn_as_in_recordings_but_to_the_faces_own_side() -> None:
    """Numbers of a take by the app: alex_rom_3.csv, first row; there the shapes are mirrored."""
    weights = np.zeros((1, 52), np.float32)
    recorded = {"LookDown": (0.2802172601, 0.2802539468), "LookIn": (0.0557254404, 0.0519393459)}
    for shape, (left, right) in recorded.items():
        weights[0, INDEX[f"eye{shape}Right"]] = left  # mirrored back
        weights[0, INDEX[f"eye{shape}Left"]] = right
    assert eye_angles(weights, "Left")[0] == pytest.approx([-0.0312639736, 0.1712819338, -0.005407], abs=3e-4)
    assert eye_angles(weights, "Right")[0] == pytest.approx([0.0335430540, 0.1712722927, 0.0058006], abs=3e-4)
