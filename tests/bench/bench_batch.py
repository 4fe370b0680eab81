"""How fast a list of lines becomes clips, by processes and by Ray, and what it takes of memory.

    python tests/bench/bench_batch.py [--lines 500] [--ways jobs,ray,bare] [--out benchmarks/batch.json]

Lines of 2 to 6 s, 4 s in the mean, cut from the speech of GRID's speaker 1 (TALKWIRE_DATA/grid_s1), clips one
after another; without that folder from the shipped line. Each way is the command as a user has it, in a fresh
folder: to .glb with all options at rest; bare is without pictures. Three figures: of the whole command; from
the first finished line to the last, which leaves out what is paid once (Ray takes some seconds to start); and
speech over processor time, for two cores, which other work on the machine changes less (not of Ray's workers,
whose parent is not the command).
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import numpy.typing as npt
from machine import ROOT, hardware, resident_mb, write_report

from talkwire.exporters.wav import wav_bytes
from talkwire.runtime.audio import SHIPPED_LINE, read_audio

RATE_HZ: Final = 16_000
SHORTEST_S, LONGEST_S = 2.0, 6.0
LOOK_S: Final = 0.1
WAYS: Final = {
    "jobs": ("--jobs", "{cores}"),
    "bare": ("--jobs", "{cores}", "--no-pictures"),
    "ray": ("--cluster", "local", "--jobs", "{cores}"),
}


def sounds(folder: Path) -> Iterator[npt.NDArray[np.float32]]:
    """Clips of real speech at 16 kHz, over and over."""
    clips = sorted((folder / "video").glob("*.mp4"))
    while True:
        for clip in clips:
            with av.open(str(clip)) as container:
                resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
                pieces = [p for frame in container.decode(audio=0) for p in resampler.resample(frame)]
            yield np.concatenate([piece.to_ndarray().reshape(-1) for piece in pieces])
        if not clips:
            yield read_audio(SHIPPED_LINE).samples


def make_lines(folder: Path, data: Path, count: int) -> tuple[Path, float]:
    """A list of so many lines, and how long they are together."""
    rng, source, rest, total_s = np.random.default_rng(8), sounds(data), np.zeros(0, np.float32), 0.0
    lengths_s = rng.uniform(SHORTEST_S, LONGEST_S, count)
    for k, length_s in enumerate(lengths_s):
        while len(rest) < length_s * RATE_HZ:
            rest = np.concatenate([rest, next(source)])
        line, rest = np.split(rest, [round(length_s * RATE_HZ)])
        (folder / f"line_{k:04}.wav").write_bytes(wav_bytes(np.rint(line * 32767) / 32768, RATE_HZ))
        total_s += len(line) / RATE_HZ
    rows = "".join(f"line_{k:04}.wav,{k}\n" for k in range(count))
    (folder / "lines.csv").write_text("line,seed\n" + rows)
    return folder / "lines.csv", total_s


def processes_mb(root: int) -> dict[int, float]:
    """Resident memory of a process and all that it started."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    mine, grown = {root}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in mine} - mine
        mine, grown = mine | more, bool(more)
    found = {}
    for pid in mine:
        try:
            found[pid] = resident_mb(pid)
        except OSError:
            continue
    return found


def cpu_of_children_s() -> float:
    """Processor time of all processes that have been waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def one_way(lines: Path, total_s: float, count: int, way: str, cores: int) -> dict[str, Any]:
    """Run the command; its speed and its memory when a tenth and when all was done."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        words = [word.format(cores=cores) for word in WAYS[way]]
        command = [
            sys.executable,
            "-m",
            "talkwire.cli",
            "export",
            "--batch",
            str(lines),
            "-o",
            str(out),
            *words,
        ]
        began = time.perf_counter()
        cpu_s = cpu_of_children_s()
        process = subprocess.Popen(
            [*command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        marks: list[tuple[float, int]] = []
        early: dict[int, float] = {}
        late: dict[int, float] = {}
        while process.poll() is None:
            time.sleep(LOOK_S)
            ledger = out / "ledger.jsonl"
            done = ledger.read_bytes().count(b"\n") if ledger.exists() else 0
            if done and (not marks or marks[-1][1] != done):
                marks.append((time.perf_counter() - began, done))
            if done >= count // 10 and not early:
                early = processes_mb(process.pid)
            if done >= count // 10 and done < count:
                late = processes_mb(process.pid)
        took_s, cpu_s = time.perf_counter() - began, cpu_of_children_s() - cpu_s
        said, complaint = process.communicate()
        if process.returncode:
            raise SystemExit(f"{way}: exit code {process.returncode}: {complaint}")
        (first_s, first), (last_s, last) = marks[0], marks[-1]
        size_mb = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 1e6
    steady = total_s * (last - first) / count / (last_s - first_s)
    others = [max(mb for pid, mb in at.items() if pid != process.pid) for at in (early, late)]
    return {
        "way": way,
        "took_s": round(took_s, 2),
        "times_real_time": round(total_s / took_s, 1),
        "steady_times_real_time": round(steady, 1),
        "times_real_time_by_processor_time": None if way == "ray" else round(cores * total_s / cpu_s, 1),
        "first_line_after_s": round(first_s, 2),
        "command_mb": [round(early[process.pid], 1), round(late[process.pid], 1)],
        "largest_other_mb": [round(mb, 1) for mb in others],
        "written_mb": round(size_mb, 1),
        "said": said.strip().replace(str(out), "OUT"),
    }


def main() -> None:
    """Measure each way, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--lines", type=int, default=500)
    parser.add_argument("--ways", default="jobs,ray,bare")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data/grid_s1")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/batch.json")
    words = parser.parse_args()
    report: dict[str, Any] = {"hardware": hardware(), "lines": words.lines, "cases": []}
    with tempfile.TemporaryDirectory() as folder:
        lines, total_s = make_lines(Path(folder), words.data, words.lines)
        report["source"] = "GRID speaker 1, cut" if words.data.is_dir() else "the shipped line, cut"
        report["speech_s"] = round(total_s, 1)
        print(f"{words.lines} lines, {total_s:.0f} s of speech ({report['source']}), {report['hardware']}")
        print(
            f"{'':6}{'took':>9}{'x real time':>13}{'steady':>9}{'first':>9}   MB of command, of its largest"
        )
        for way in words.ways.split(","):
            case = {**one_way(lines, total_s, words.lines, way, words.cores), "hardware": hardware()}
            report["cases"].append(case)
            print(
                f"{way:6}{case['took_s']:7.1f} s{case['times_real_time']:13.1f}"
                f"{case['steady_times_real_time']:9.1f}"
                f"{case['times_real_time_by_processor_time'] or 0:9.1f}{case['first_line_after_s']:7.1f} s"
                f"   {case['command_mb']}, {case['largest_other_mb']}",
                flush=True,
            )
    write_report(words.out, report)


if __name__ == "__main__":
    main()
