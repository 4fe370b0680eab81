"""The NVIDIA card of this machine, as its driver tells of it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import Final

from talkwire.runtime.errors import EngineError

_ASKED: Final = "name,compute_cap,driver_version,memory.total"
_LONGEST_S: Final = 20


@dataclass(frozen=True, slots=True)
class Card:
    """capability: of compute, "8.9".  driver: its version.  memory_mb: in all."""

    name: str
    capability: str
    driver: str
    memory_mb: int

    @property
    def target(self) -> str:
        """The capability as builders write it: sm89."""
        return f"sm{self.capability.replace('.', '')}"

    def __str__(self) -> str:
        return f"{self.name} (compute capability {self.capability}), driver {self.driver}"


def find_card() -> Card:
    """The first card. Raises EngineError without a driver or a card, or with a driver that cannot say."""
    program = shutil.which("nvidia-smi")
    if program is None:
        raise _none("no NVIDIA driver (nvidia-smi is not there)", "install the driver")
    command = [program, f"--query-gpu={_ASKED}", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _none(f"nvidia-smi that fails ({type(error).__name__})", "restart the driver") from None
    said = (answer.stdout or answer.stderr).strip()
    lines = said.splitlines() or ["nothing"]
    if answer.returncode or not said:
        raise _none(f"nvidia-smi says: {lines[0][:160]}", "look after the driver, or update it")
    name, *rest = (field.strip() for field in lines[0].split(","))
    try:
        capability, driver, memory_mb = rest
        return Card(name, str(float(capability)), driver, int(memory_mb))
    except ValueError:
        raise _none(f"nvidia-smi says: {lines[0][:160]}", "update the driver") from None


def _none(seen: str, cure: str) -> EngineError:
    return EngineError(
        "no NVIDIA card can be used",
        seen=seen,
        wanted="a card that its driver names",
        cure=f"{cure}, or use --engine onnx",
    )
