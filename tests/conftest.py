"""Fixtures for every test: a small avatar, and the training data where it is present."""

import os
from pathlib import Path

import pytest

from support import ROOT, small_avatar
from talkwire.runtime.avatar import BlendshapeAvatar

TOGETHER = {"plugins"}  # rooms that build something once for all their tests


@pytest.hookimpl(tryfirst=True)  # xdist's own hook reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run in several processes (`make test`), a file runs in one, and so do some rooms."""
    for item in items:
        file = item.path.relative_to(Path(__file__).parent)
        group = file.parts[0] if file.parts[0] in TOGETHER else str(file)
        item.add_marker(pytest.mark.xdist_group(group))


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
