"""The plane that suits a client."""

import pytest

from talkwire.bridge.client import CAPABILITIES
from talkwire.bridge.serving.advice import suggested

HEAD, FPS = 10_000, 60


@pytest.mark.parametrize(
    ("kbit_s", "plane"),
    [
        (0, "frame/q16"),
        (29_002, "frame/q16"),
        (29_001, "frame/delta8"),
        (3_082, "frame/delta8"),
        (3_081, "frame/basis"),
        (216, "frame/basis"),
        (215, "frame/arkit"),
        (96, "frame/arkit"),
        (1, "frame/arkit"),
    ],
)
def test_the_best_that_the_link_has_room_for(kbit_s: int, plane: str) -> None:
    assert suggested(CAPABILITIES, kbit_s, HEAD, FPS) == plane


@pytest.mark.parametrize(
    ("capabilities", "kbit_s", "plane"),
    [
        ((), 0, "frame/q16"),
        ((), 5, "frame/q16"),
        (("codec:q16",), 5, "frame/q16"),
        (("codec:basis",), 0, "frame/basis"),
        (("codec:q16", "codec:basis"), 1_000, "frame/basis"),
        (("codec:novel", "style"), 1_000, "frame/q16"),
    ],
)
def test_only_what_the_client_knows(capabilities: tuple[str, ...], kbit_s: int, plane: str) -> None:
    assert suggested(capabilities, kbit_s, HEAD, FPS) == plane
