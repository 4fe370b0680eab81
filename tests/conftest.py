"""Fixtures for every test: a small avatar, and the training data where it is present."""

import os
from pathlib import Path

import pytest

from support import ROOT, small_avatar
from talkwire.runtime.avatar import BlendshapeAvatar


@pytest.fixture
def avatar() -> BlendshapeAvatar:
    return small_avatar()


@pytest.fixture(scope="session")
def grid_s1() -> Path:
    """GRID speaker 1, read in place; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("TALKWIRE_DATA", ROOT / "../shared/data")) / "grid_s1"
    if not folder.is_dir():
        pytest.skip(f"no training data: put GRID speaker 1 at {folder}, or set TALKWIRE_DATA")
    return folder
