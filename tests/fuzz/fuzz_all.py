"""Fuzzing guided by coverage: `python tests/fuzz/fuzz_all.py [TARGET ...] [--seconds 300]`, extra [fuzz].

Each target of `targets` on one core, one after the other, from the golden vectors and what was found before.
An input that finds a bug is put into tests/fuzz/corpus, where test_fuzz replays it for ever, and the target
goes on with the rest of its time. Prints what was run and writes benchmarks/fuzz.json.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/bench")]
CORPUS = Path(__file__).parent / "corpus"
MOST_MB, SLOWEST_S, LONGEST_BYTES = 2_048, 20, 8_192
MOST_FOUND = 20


def fuzz(target: str, seconds: int) -> dict[str, Any]:
    """Run one target for so long in processes of its own; what happened."""
    executions = found = 0
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "seeds").mkdir()
        for path in sorted((CORPUS / target).glob("*.bin")):
            (Path(folder) / "seeds" / path.name).write_bytes(path.read_bytes())
        while (left_s := seconds - (time.monotonic() - started_s)) > 1 and found < MOST_FOUND:
            arguments = (f"-max_total_time={left_s:.0f}", "-print_final_stats=1", f"-max_len={LONGEST_BYTES}")
            bounds = (
                f"-rss_limit_mb={MOST_MB}",
                f"-timeout={SLOWEST_S}",
                f"-artifact_prefix={folder}/found-",
            )
            command = [sys.executable, __file__, "--inside", target, *arguments, *bounds, f"{folder}/seeds"]
            ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            said = ended.stdout.decode(errors="replace")
            executions += int(
                (
                    re.findall(r"number_of_executed_units:\s*(\d+)", said)
                    or re.findall(r"^#(\d+)", said, re.M)
                    or ["0"]
                )[-1]
            )
            if ended.returncode == 0:
                break
            found += 1
            (CORPUS / target).mkdir(parents=True, exist_ok=True)
            for path in Path(folder).glob("found-*"):
                name = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
                path.rename(CORPUS / target / f"{name}.bin")
                print(f"{target}: found {name}\n{_why(said)}", flush=True)
    return {
        "target": target,
        "seconds": round(time.monotonic() - started_s),
        "executions": executions,
        "found": found,
    }


def _why(said: str) -> str:
    lines = [line for line in said.splitlines() if not line.startswith(("#", "INFO", "stat::"))]
    return "\n".join(lines[:40])


def inside(target: str, arguments: list[str]) -> None:
    """The process that is fuzzed."""
    import atheris

    with atheris.instrument_imports(include=["talkwire"]):
        from fuzz.targets import TARGETS, seeds
    logging.disable()
    folder = Path(arguments[-1])
    for i, seed in enumerate(seeds(target)):
        (folder / f"seed{i}").write_bytes(seed)
    atheris.Setup([sys.argv[0], *arguments], TARGETS[target])
    atheris.Fuzz()


def main() -> None:
    """See above."""
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2], sys.argv[3:])
        return
    from machine import hardware, write_report

    from fuzz.targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", default=[], help=" ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=300, help="of each")
    asked = parser.parse_args()
    rows = [fuzz(target, asked.seconds) for target in asked.targets or TARGETS]
    print(f"{'target':<12}{'seconds':>8}{'executions':>12}{'found':>6}")
    for row in rows:
        print(f"{row['target']:<12}{row['seconds']:>8}{row['executions']:>12,}{row['found']:>6}")
    write_report(
        ROOT / "benchmarks/fuzz.json", {"hardware": hardware(), "harness": "atheris", "targets": rows}
    )


if __name__ == "__main__":
    main()
