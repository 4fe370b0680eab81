"""How frames arrive in the preview's page, how well lips fit sound there, and how soon a line begins.

    python tests/bench/bench_preview.py [--seconds 20] [--avatar nova-dyntet] [--out benchmarks/preview.json]

`talkwire preview` is a process of its own, as a user has it. The page is in headless Chromium, which draws
in software (SwiftShader) on the same cores and has no sound card: its clock is that of a null device. So
pictures are few here; what is measured of arrival and sound is what server, relay and page make of a busy
machine. The server computes in one thread (OMP_NUM_THREADS=1): more would wait for cores that draw.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from machine import ROOT, hardware, write_report
from playwright.sync_api import Page, sync_playwright

from talkwire.runtime.audio import read_audio

LINE: Final = ROOT / "runtime/talkwire/runtime/data/lines/he_turned_sharply.wav"
STARTS: Final = 10
START_S: Final = 0.6
PATIENCE_S: Final = 60.0
VIEW: Final = {"width": 1280, "height": 800}
FLAGS: Final = (
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
)
DROP: Final = """(data) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0)), files = new DataTransfer();
  files.items.add(new File([bytes], "line.wav"));
  dispatchEvent(new DragEvent("drop", { dataTransfer: files, cancelable: true }));
}"""
CASES: Final = ("q16", "basis")


@contextmanager
def preview(avatar: str, codec: str) -> Iterator[str]:
    """The address of a page of its own."""
    words = ("preview", "--avatar", avatar, "--port", "0", "--no-browser", "--codec", codec)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "talkwire.cli", *words], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split(" at ")[1].split()[0]
    finally:
        process.terminate()
        process.communicate()


def line(seconds: float) -> str:
    """The shipped voice line over and over, as a WAV in base64."""
    audio = read_audio(LINE)
    count = round(seconds * audio.sample_rate_hz)
    file = io.BytesIO()
    samples = np.tile(audio.samples, -(-count // len(audio.samples)))[:count]
    soundfile.write(file, samples, audio.sample_rate_hz, format="WAV")
    return base64.b64encode(file.getvalue()).decode()


def say(page: Page, seconds: float) -> None:
    """Drop a line on the page, and wait until it was played."""
    spoken = page.evaluate("talkwire.stats.lines")
    page.evaluate(DROP, line(seconds))
    until(page, f"talkwire.stats.lines > {spoken}")
    until(page, "talkwire.player.silent && talkwire.shown?.idle")


def until(page: Page, script: str) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE_S
    while not page.evaluate(script):
        if time.monotonic() > deadline:
            sys.exit(f"not so after {PATIENCE_S:g} s: {script}; {page.inner_text('#state')}")
        page.wait_for_timeout(100)


def case(page: Page, seconds: float) -> dict[str, Any]:
    """Every figure of one page."""
    until(page, "window.talkwire?.ready && talkwire.audible")
    page.wait_for_timeout(3000)  # until it has found how many pixels this machine can draw
    page.evaluate("talkwire.player.stats.clear()")
    say(page, seconds)
    stats = page.evaluate("talkwire.stats")
    first_ms = []
    for _ in range(STARTS):
        say(page, START_S)
        first_ms.append(page.evaluate("talkwire.stats.first_frame_ms"))
    return {
        "seconds": seconds,
        "frames_of_speech": stats["speech_frames"],
        "arrival_rate_hz": stats["speech_frames"] / seconds,
        "first_frame_ms": first_ms,
        **{
            key: stats[key]
            for key in (
                *("interval_p50_ms", "interval_p99_ms", "latency_p50_ms", "late", "dropped", "pictures"),
                *("av_error_p50_ms", "av_error_p95_ms", "av_signed_ms", "av_held_p95_ms"),
                *("buffer_target_ms", "buffer_depth_ms", "rested", "sound_gaps", "underruns"),
            )
        },
    }


def rounded(value: Any) -> Any:
    """As a reader wants it."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, 2) if isinstance(value, float) else value


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--avatar", default="nova-dyntet")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/preview.json")
    words = parser.parse_args()
    report: dict[str, Any] = {"hardware": hardware(), "cases": []}
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or "/usr/bin/chromium"
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        report["browser"] = (
            f"Chromium {chromium.version}, headless, drawing in software, without a sound card"
        )
        print(f"The preview, {words.avatar}; {report['hardware']}; {report['browser']}")
        for codec in CASES:
            with preview(words.avatar, codec) as url:
                page = chromium.new_page(viewport=VIEW)
                page.goto(url)
                got = rounded({"head": words.avatar, "codec": codec, **case(page, words.seconds)})
                page.close()
            report["cases"].append(got)
            print(
                f"{codec}, {got['seconds']:g} s of speech\n"
                f"  frames a second           {got['arrival_rate_hz']:.1f}, {got['frames_of_speech']} in all,"
                f" late {got['late']}, dropped {got['dropped']}\n"
                f"  between two of them       p50 {got['interval_p50_ms']:.1f},"
                f" p99 {got['interval_p99_ms']:.1f} ms\n"
                f"  latency, one way          p50 {got['latency_p50_ms']:.1f} ms\n"
                f"  first frame               median {np.median(got['first_frame_ms']):.0f},"
                f" worst {max(got['first_frame_ms']):.0f} ms\n"
                f"  A/V error p95             {got['av_error_p95_ms']:.1f} ms when drawn,"
                f" {got['av_held_p95_ms']:.1f} ms when replaced ({got['pictures']} pictures,"
                f" {got['rested']} at rest)\n"
                f"  jitter buffer             wanted {got['buffer_target_ms']:.0f},"
                f" filled {got['buffer_depth_ms']:.0f} ms; {got['underruns']} underruns",
                flush=True,
            )
        chromium.close()
    write_report(words.out, report)


if __name__ == "__main__":
    main()
