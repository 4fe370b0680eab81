"""The Unity package is one that Unity takes: every asset has its .meta file, and its descriptions agree."""

import json
import re
import tomllib
from pathlib import Path

from plugins import metas

ROOT = Path(__file__).parents[2]


def test_every_asset_has_its_meta_file() -> None:
    assert metas.faults() == []


def test_no_guid_comes_twice() -> None:
    guids = [metas.guid(path) for path in metas.assets()]
    assert len(set(guids)) == len(guids) > 20
    assert all(re.fullmatch("[0-9a-f]{32}", guid) for guid in guids)


def test_what_is_missing_wrong_or_left_over_is_found_and_cured(tmp_path: Path) -> None:
    for name in ("package.json", "Runtime/Core/A.cs", "Samples~/B.cs", ".hidden/C.cs"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert metas.update(tmp_path) == 4  # two folders, two files
    assert metas.faults(tmp_path) == []
    assert "PackageManifestImporter" in (tmp_path / "package.json.meta").read_text()
    assert "folderAsset: yes" in (tmp_path / "Runtime.meta").read_text()
    (tmp_path / "Runtime/Core/A.cs").rename(tmp_path / "Runtime/Core/D.cs")
    (tmp_path / "Runtime.meta").write_text("guid: 0\n")
    assert len(metas.faults(tmp_path)) == 3
    assert metas.update(tmp_path) == 3
    assert metas.faults(tmp_path) == []


def test_the_packages_version_is_the_projects() -> None:
    package = json.loads((metas.PACKAGE / "package.json").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (package["name"], package["version"]) == (metas.PACKAGE.name, project["version"])
    assert package["unity"] == "2021.3"


def test_the_core_knows_no_engine() -> None:
    core = json.loads((metas.PACKAGE / "Runtime/Core/Talkwire.Core.asmdef").read_text())
    assert core["noEngineReferences"] is True
    assert core["references"] == []
    assert core["allowUnsafeCode"] is False
