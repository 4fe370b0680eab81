"""Fuzzing of the C++ core by libFuzzer, guided by coverage: needs clang.

    python tests/fuzz/fuzz_cores.py [TARGET ...] [--seconds 120] [--clang clang++] [--out FILE.json]

Builds tests/plugins/cpp/fuzz_*.cpp with AddressSanitizer and UndefinedBehaviorSanitizer and runs each for so
long, from the golden vectors. What breaks one is left in the folder that is printed, and ends with 1; without
clang, the tests run the same targets by chance (tests/plugins/cpp/driver.cpp).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / root) for root in ("bridge", "runtime", "tests/bench")]

from machine import hardware, write_report  # noqa: E402

VECTORS: Final = ROOT / "tests/bridge/vectors"
LONGEST_BYTES: Final = 8_192
TARGETS: Final = tuple(path.stem for path in sorted((ROOT / "tests/plugins/cpp").glob("fuzz_*.cpp")))


def built(clang: str, folder: Path) -> None:
    """All targets, in this folder."""
    options = [f"-DCMAKE_CXX_COMPILER={clang}", "-DTALKWIRE_SANITIZE=fuzzer", "-DCMAKE_CXX_FLAGS_RELEASE=-O1"]
    subprocess.run(["cmake", "-S", ROOT / "unreal_plugin", "-B", folder, *options], check=True)
    subprocess.run(["cmake", "--build", folder, "--parallel", "2", "--target", *TARGETS], check=True)


def fuzzed(target: str, folder: Path, seconds: int) -> dict[str, Any]:
    """One target for so long: how often it ran, how much of the code it saw, and what broke it."""
    corpus = folder / f"{target}-corpus"
    corpus.mkdir()
    for number, path in enumerate(sorted(VECTORS.rglob("*.bin"))):
        (corpus / f"{number}.bin").write_bytes(path.read_bytes())
    words = [folder / target, corpus, f"-max_total_time={seconds}", f"-max_len={LONGEST_BYTES}"]
    words += ["-print_final_stats=1", f"-artifact_prefix={folder}/{target}-", "-timeout=20"]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    covered = re.findall(r"cov: (\d+)", done.stderr)
    if done.returncode:
        print(done.stderr[-4_000:])
    return {
        "target": target,
        "seconds": seconds,
        "runs": int(runs[1]) if runs else 0,
        "edges_covered": int(covered[-1]) if covered else 0,
        "broke": done.returncode != 0,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzz the C++ core by libFuzzer.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--clang", default="clang++")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/fuzz_cpp.json")
    options = parser.parse_args()
    if unknown := set(options.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    folder = Path(tempfile.mkdtemp(prefix="talkwire-fuzz-"))
    print(f"in {folder}")
    built(options.clang, folder)
    rows = []
    for target in options.targets or TARGETS:
        rows.append(fuzzed(target, folder, options.seconds))
        print(rows[-1], flush=True)
    clang = subprocess.run([options.clang, "--version"], capture_output=True, text=True, check=True).stdout
    write_report(options.out, {"hardware": hardware(), "clang": clang.splitlines()[0], "targets": rows})
    raise SystemExit(any(row["broke"] for row in rows))


if __name__ == "__main__":
    main()
