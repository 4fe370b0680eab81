"""The camera's blur is found again, and is no part of the head."""

from types import SimpleNamespace

import numpy as np
import pytest

for needed in ("torch", "scipy"):
    pytest.importorskip(needed, reason=f"training needs {needed}: pip install 'talkwire[train]'")

import torch  # noqa: E402

from talkwire.training.dyntet import sharpness  # noqa: E402
from talkwire.training.dyntet.sharpness import BLUR_PX, BLURS_PX, CAMERA, blur_of, blurred  # noqa: E402

SIDE = 48
DRAWN = np.random.default_rng(0).random((SIDE, SIDE, 3)).astype(np.float32)


class Footage:
    """Frames that a camera took of DRAWN."""

    def __init__(self, blur_px: float) -> None:
        self.camera = SimpleNamespace(whole=lambda: (0, 0, SIDE))
        self.seen = torch.from_numpy(blurred(DRAWN, blur_px))

    def batch(self, frames: np.ndarray, windows: object, side_px: int) -> SimpleNamespace:
        head = torch.zeros(1, SIDE, SIDE, 1)
        head[:, 8:-8, 8:-8] = float(frames[0] != 1)  # in one frame there is none
        one = torch.zeros(1, 1)
        return SimpleNamespace(
            codes_nx52xw=torch.zeros(1, 52, 1),
            pose_bx4x4=one,
            behind_bxsxsx3=one,
            wanted_bxsxsx3=self.seen[None],
            head_bxsxsx1=head,
        )


@pytest.mark.parametrize("blur_px", [0.0, 0.4, 1.0, BLURS_PX[-1]])
def test_the_cameras_blur_is_found_again(blur_px: float, monkeypatch: pytest.MonkeyPatch) -> None:
    film = SimpleNamespace(shot=lambda *_: (DRAWN, None))
    monkeypatch.setattr(sharpness, "Film", lambda *_: film)
    found = sharpness.camera_blur_px(None, Footage(blur_px), np.arange(3), None)  # type: ignore[arg-type]
    assert found == blur_px


def test_where_it_was_not_measured_pictures_stay_as_they_are() -> None:
    assert blur_of(SimpleNamespace(figures={})) == 0  # type: ignore[arg-type]
    assert blur_of(SimpleNamespace(figures={CAMERA: {BLUR_PX: 0.7}})) == 0.7  # type: ignore[arg-type]
    for odd in ("blurred", {BLUR_PX: "much"}, {BLUR_PX: float("nan")}, {BLUR_PX: -1}, {BLUR_PX: 1e9}):
        assert blur_of(SimpleNamespace(figures={CAMERA: odd})) == 0  # type: ignore[arg-type]
    assert blurred(DRAWN, 0.0) is DRAWN
    assert blurred(DRAWN, 1.0).std() < 0.5 * DRAWN.std()
