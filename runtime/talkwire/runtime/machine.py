"""What a figure was measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def resident_mb(pid: int | None = None) -> float:
    """Memory that this process or another has now, in MB. Linux; NaN elsewhere."""
    table = Path(f"/proc/{pid or 'self'}/statm")
    if not table.exists():
        return float("nan")
    return int(table.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def hardware() -> str:
    """The processor by name, how many cores this process may use, how busy they are already,
    and the priority of this process where it is not the usual one.
    """
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
    nice = f", nice {os.nice(0)}" if hasattr(os, "nice") and os.nice(0) else ""
    name = names[0] if names else platform.processor()
    return f"{name}, {cores} cores, Python {platform.python_version()}{load}{nice}"
