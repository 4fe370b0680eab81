"""What a bench ran on, and how it reports: shared by the programs in this folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from talkwire.runtime.machine import hardware

ROOT = Path(__file__).parents[2]
__all__ = ["ROOT", "hardware", "resident_mb", "write_report"]


def write_report(path: Path, report: dict[str, Any]) -> None:
    """The figures as JSON, where the table's reader can find them."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n")


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB. Linux."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
