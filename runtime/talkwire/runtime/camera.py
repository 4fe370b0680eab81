"""Where pictures of a head are taken from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from talkwire.runtime.errors import AvatarError
from talkwire.runtime.types import Topology

Matrix = npt.NDArray[np.float64]
Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the picture is taken from: a pinhole, +Y up. eye_m, target_m: metres; fov_y_deg in (0, 170]."""

    eye_m: Point
    target_m: Point
    fov_y_deg: float = 20.0
    near_m: float = 0.05
    far_m: float = 10.0

    @classmethod
    def portrait(cls, topology: Topology, *, yaw_deg: float = 0.0, zoom: float = 1.0) -> Camera:
        """Head and neck fill the height of the picture; yaw_deg > 0 walks round to the face's left (+X)."""
        low, high = topology.neutral_vx3.min(0), topology.neutral_vx3.max(0)
        centre = (low + high) / 2
        fov_deg = 20.0
        distance = (
            float(high[1] - low[1]) * 0.56 / zoom / np.tan(np.radians(fov_deg / 2))
            + float(high[2] - low[2]) / 4
        )
        yaw = np.radians(yaw_deg)
        eye = centre + distance * np.array([np.sin(yaw), 0.02, np.cos(yaw)])
        return cls(_point(eye), _point(centre), fov_deg)

    def view_projection(self, aspect: float) -> Matrix:
        """[4, 4] world to OpenGL clip space, for a picture `aspect` times as wide as high."""
        focal = 1.0 / np.tan(np.radians(self.fov_y_deg) / 2)
        near, far = self.near_m, self.far_m
        projection = np.zeros((4, 4))
        projection[0, 0], projection[1, 1] = focal / aspect, focal
        projection[2, 2], projection[2, 3] = (far + near) / (near - far), 2 * far * near / (near - far)
        projection[3, 2] = -1.0
        return projection @ look_at(np.array(self.eye_m), np.array(self.target_m))


def check_camera(camera: Camera) -> None:
    """Raise AvatarError for one that makes no picture."""
    numbers = (*camera.eye_m, *camera.target_m, camera.fov_y_deg, camera.near_m, camera.far_m)
    makes_picture = (
        np.isfinite(numbers).all()
        and not np.allclose(camera.eye_m, camera.target_m, rtol=0, atol=1e-9)
        and 0 < camera.fov_y_deg <= 170
        and 0 < camera.near_m < camera.far_m
    )
    if not makes_picture:
        raise AvatarError(
            "this camera makes no picture",
            seen=camera,
            wanted="an eye away from its target, fov_y_deg in (0, 170], 0 < near_m < far_m",
            cure="use Camera.portrait(topology), or move the eye",
        )


def look_at(eye: npt.NDArray[np.float64], target: npt.NDArray[np.float64]) -> Matrix:
    """[4, 4] world to the space of a viewer at eye, +Y up, who looks along -Z at target. [3] metres each."""
    forward = target - eye
    forward = forward / max(float(np.linalg.norm(forward)), 1e-12)
    up = np.array([0.0, 0.0, -1.0]) if abs(forward[1]) > 0.999 else np.array([0.0, 1.0, 0.0])
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    view = np.eye(4)
    view[0, :3], view[1, :3], view[2, :3] = right, np.cross(right, forward), -forward
    view[:3, 3] = -view[:3, :3] @ eye
    return view


def _point(xyz: npt.NDArray[np.floating]) -> Point:
    return float(xyz[0]), float(xyz[1]), float(xyz[2])
