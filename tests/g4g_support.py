"""A made-up g4g avatar with a real, small graph: the mask is as bright as the jaw is open."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from talkwire.runtime.arkit import INDEX
from talkwire.runtime.avatar_card import AvatarCard
from talkwire.runtime.g4g import G4gAvatar
from talkwire.runtime.g4g_file import G4gData
from talkwire.runtime.g4g_geometry import HEARD, WINDOW, crop_size, mask_columns, mask_rows
from talkwire.runtime.picture_card import picture_card
from talkwire.runtime.types import Float32

SIDE, RADIUS_PX, SIZE_HW, FRAMES = 16, 8.0, (40, 48), 5
CROP = crop_size(SIDE)
CARD = AvatarCard("filmed", "g4g", "CC0-1.0", "talkwire", "tests", "nobody: a made-up face")


def mask_graph(side: int = SIDE) -> bytes:
    """rgb = crop beside the mask; in it the jaw's opening now, and a tenth of drawing and maps."""
    height, width = crop_size(side)
    mask = np.zeros((1, 1, height, width), np.float32)
    mask[..., mask_rows(side), mask_columns(side)] = 1
    jaw = HEARD.index("jawOpen")
    sizes = {
        "crop": ["N", 3, height, width],
        "drawing": ["N", 1, height, width],
        "heard": ["N", WINDOW, len(HEARD)],
        "maps_quarter": [1, 2, height // 4, width // 4],
        "maps_half": [1, 3, height // 2, width // 2],
    }
    constants = {
        "mask": mask,
        "beside": 1 - mask,
        "tenth": np.float32([0.1]),
        "start": np.int64([WINDOW - 1, jaw]),
        "end": np.int64([WINDOW, jaw + 1]),
        "axes": np.int64([1, 2]),
        "column": np.int64([-1, 1, 1, 1]),
    }
    nodes = [
        helper.make_node("Slice", ["heard", "start", "end", "axes"], ["now"]),
        helper.make_node("Reshape", ["now", "column"], ["jaw"]),
        helper.make_node("ReduceMean", ["maps_quarter"], ["quarter"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("ReduceMean", ["maps_half"], ["half"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Add", ["quarter", "half"], ["maps"]),
        helper.make_node("Add", ["maps", "drawing"], ["known"]),
        helper.make_node("Mul", ["known", "tenth"], ["tone"]),
        helper.make_node("Add", ["jaw", "tone"], ["level"]),
        helper.make_node("Mul", ["level", "mask"], ["mouth"]),
        helper.make_node("Mul", ["crop", "beside"], ["kept"]),
        helper.make_node("Add", ["kept", "mouth"], ["rgb"]),
    ]
    graph = helper.make_graph(
        nodes,
        "mask",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in sizes.items()],
        [helper.make_tensor_value_info("rgb", TensorProto.FLOAT, ["N", 3, height, width])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


def jpeg(pixels_hxwx3: np.typing.NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels_hxwx3).save(file, "JPEG", quality=92)
    return file.getvalue()


def small_data(**changed: Any) -> G4gData:
    """Five frames of a smooth picture that gets brighter, and whose mouth goes to the right."""
    height, width = SIZE_HW
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:height, :width]
    frames = []
    for number in range(FRAMES):
        picture = np.stack([40 + 2 * x, 60 + 2 * y, 0 * x + 80], axis=2) + 12 * number
        frames.append(jpeg(picture.astype(np.uint8)))
    some = {
        "frames": tuple(frames),
        "size_hw": SIZE_HW,
        "side": SIDE,
        "radius_px": RADIUS_PX,
        "centres_nx2": np.array([[20.25 + 1.5 * i, 14.5] for i in range(FRAMES)], np.float32),
        "drawings_nxhxw": rng.integers(0, 255, (FRAMES, *CROP), dtype=np.uint8),
        "maps_quarter": rng.random((1, 2, CROP[0] // 4, CROP[1] // 4)).astype(np.float16),
        "maps_half": rng.random((1, 3, CROP[0] // 2, CROP[1] // 2)).astype(np.float16),
        "graph": mask_graph(),
    }
    return G4gData(**(some | changed))


def small_g4g(**changed: Any) -> G4gAvatar:
    """An avatar of `small_data`."""
    data = small_data(**changed)
    return G4gAvatar(CARD, picture_card(data.frames[0], data.size_hw), data, {"made": "in a test"})


def jaw_open(share: float) -> Float32:
    """[WINDOW, 52]: a jaw that has been so open."""
    weights = np.zeros((WINDOW, 52), np.float32)
    weights[:, INDEX["jawOpen"]] = share
    return weights
