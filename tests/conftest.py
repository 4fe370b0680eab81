"""Fixtures for every test: a small avatar, and the training data where it is present."""

import os
from pathlib import Path
from typing import Any

import pytest

from support import ROOT, small_avatar
from talkwire.runtime.avatar import BlendshapeAvatar

# what builds something once for all its tests, by how its files begin
TOGETHER = {"test_cpp": "C++", "test_unreal": "C++", "test_cs": "C#", "test_unity": "C#"}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where tests run in several processes (`make test`), a file runs in one, and so do those that build."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::")[0]
            name = Path(file).name
            return next((build for start, build in TOGETHER.items() if name.startswith(start)), file)

    return ByFile(config, log)


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
