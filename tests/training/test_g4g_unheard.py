"""Mouths that move in silence are left out, and mouths that speak are not."""

import numpy as np

from talkwire.training.g4g.unheard import find_unheard

FPS = 25


def test_a_mouth_that_opens_where_nothing_is_heard_is_found() -> None:
    time_s = np.arange(20 * FPS) / FPS
    loudness = np.where((time_s < 8) | (time_s > 14), -20.0, -70.0).astype(np.float32)
    aperture = (0.03 * (1 + np.sin(9 * time_s))).astype(np.float32)
    still = np.where(loudness > -50, aperture, 0.001).astype(np.float32)
    found = find_unheard(loudness, aperture)
    assert found[9 * FPS : 13 * FPS].all()
    assert not found[: 8 * FPS].any() and not found[14 * FPS + 1 :].any()
    assert not find_unheard(loudness, still).any()


def test_a_breath_between_sentences_is_no_fault() -> None:
    loudness = np.full(200, -20.0, np.float32)
    loudness[100:120] = -70
    assert not find_unheard(loudness, np.full(200, 0.05, np.float32)).any()
