"""File names that every system can hold."""

from __future__ import annotations

import re
from typing import Final

from talkwire.exporters.batch import ledger
from talkwire.runtime.errors import BatchError

LONGEST_BYTES: Final = 200  # of the 255 that file systems have; names beside it are longer
SUMMARY, SHEET = "summary.csv", "index.html"
OURS: Final = {ledger.NAME, SUMMARY, SHEET}
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE)
_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')


def check_name(name: str) -> None:
    """Raise BatchError for a name that is no plain file name on Linux, macOS or Windows, or the batch's own.

    Source: Microsoft, "Naming Files, Paths, and Namespaces".
    """
    bad = _FORBIDDEN.search(name)
    troubles = {
        "a blank name": not name.strip(" ."),
        f"the character {bad[0]!r}" if bad else "": bad is not None,
        "a dot in front": name.startswith("."),
        "a dot or a blank at its end": name != name.rstrip(" ."),
        "a name that Windows keeps for a device": _DEVICES.fullmatch(name) is not None,
        "a file that the batch itself writes": name.casefold() in OURS,
        f"{len(name.encode(errors='replace'))} bytes": len(name.encode(errors="replace")) > LONGEST_BYTES,
    }
    for seen, found in troubles.items():
        if found:
            raise BatchError(
                f"{name!r} cannot name a file",
                seen=seen,
                wanted="a plain file name that every system can hold",
                cure="give the line another name in a column 'out'",
            )
