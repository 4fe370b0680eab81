"""How well mouth shapes of a line, made from its motion, are those of its phones.

    python tests/bench/bench_mouth_shapes.py [--data FOLDER] [--out benchmarks/mouth_shapes.json]

Lines whose phones are known with their times: the filmed man's validation clips (GRID, aligned by machine;
left out where there is no such folder), and sentences of a synthetic voice that no network was trained on.
They are baked as `talkwire export` bakes them, and each phone is looked up in the cues: p, b, m are closed,
and f, v bitten, where A or G is shown within 40 ms of the phone; all others by the shape in their middle,
against those that Rhubarb's own rules allow. MOUTHS was fitted on other clips of the man and other voices;
its last constants were chosen with scores of his test clips in sight, which are therefore not asked here.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from machine import ROOT, hardware, write_report

from talkwire.exporters import bake
from talkwire.exporters.curves.mouth_shapes import mouth_cues
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.types import Float32
from talkwire.training.motion.corpus import decode
from talkwire.training.motion.espeak import UNSEEN_VARIANT, Spoken, speak
from talkwire.training.motion.phone_times import Phones

SLACK_CS = 4
# what is asked: phones, and the shapes that are right for them
ASKED = {
    "p b m: closed (A)": ({"P", "B", "M"}, "A"),
    "f v: bitten (G)": ({"F", "V"}, "G"),
    "w, oo, o: puckered or rounded (F E)": ({"W", "UW", "UH", "OW", "AO", "ER"}, "FE"),
    "a, e: open (C D)": ({"AA", "AE", "AH", "AY", "EH", "EY"}, "CD"),
    "i, ee: nearly clenched (B C)": ({"IH", "IY"}, "BC"),
    "t d s z sh ch: clenched or rounded (B F E C)": ({"T", "D", "S", "Z", "SH", "ZH", "CH", "JH"}, "BFEC"),
    "l: tongue, or as its vowel (H B E F)": ({"L"}, "HBEF"),
    "silence: at rest or closed (X A)": ({"SIL"}, "XA"),
}
OPEN = {"AA", "AE", "AH", "AY", "EH", "EY", "AO"}
TEXTS = (
    "Maybe the baby bumped my purple pumpkin.",
    "Five brave foxes vanished over the frozen river.",
    "Who knew you would move to a room with a view?",
    "The fat black cat sat back and had a snack.",
    "She sees three cheap sheep on the steep street.",
    "Little Lily will fill all the yellow bottles.",
    "He asked whether the weather would be better on Thursday.",
    "A father of four bought a boat and a horse before dawn.",
)


def filmed(data: Path, count: int) -> Iterator[tuple[Float32, int, Phones]]:
    """The validation split of the GRID folder."""
    folder = data / "grid_s1"
    phones = json.loads((folder / "alignments.json").read_text())
    for name in json.loads((folder / "splits.json").read_text())["val"][:count]:
        samples, rate_hz = decode(folder / "video" / f"{name}.mp4")
        yield samples, rate_hz, tuple((str(p), float(a), float(b)) for p, a, b in phones[name]["phones"])


def synthetic() -> Iterator[tuple[Float32, int, Phones]]:
    """Each text by a voice kept apart."""
    for text in TEXTS:
        audio, phones = speak(Spoken(text, f"en-us+{UNSEEN_VARIANT}", 160))
        yield audio.samples, audio.sample_rate_hz, phones


def measure(lines: Iterator[tuple[Float32, int, Phones]]) -> dict[str, Any]:
    """Shares of phones that show what is asked, and how lively the cues are."""
    head = load_avatar(find_avatar("nova"))
    right: dict[str, list[bool]] = {name: [] for name in ASKED}
    false_closures, cues, length_cs, count = [], 0, 0, 0
    for samples, rate_hz, phones in lines:
        found = mouth_cues(bake(samples, rate_hz, head))
        shown = "".join(cue.shape * (cue.end_cs - cue.start_cs) for cue in found)
        cues, length_cs, count = cues + len(found), length_cs + len(shown), count + 1
        for phone, start_s, end_s in phones:
            start, end = round(100 * start_s), round(100 * end_s)
            if not 0 <= start < end <= len(shown):
                continue
            around, middle = shown[max(0, start - SLACK_CS) : end + SLACK_CS], shown[(start + end) // 2]
            if phone in OPEN:
                false_closures.append(middle == "A")
            for name, (asked, shapes) in ASKED.items():
                if phone in asked:
                    right[name].append(shapes in around if len(shapes) == 1 else middle in shapes)
    return {
        "lines": count,
        "right": {name: [round(float(np.mean(seen)), 3), len(seen)] for name, seen in right.items() if seen},
        "open vowels closed in their middle": [round(float(np.mean(false_closures)), 3), len(false_closures)],
        "cues a second": round(100 * cues / length_cs, 2),
    }


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    data = Path(os.environ.get("TALKWIRE_DATA", ROOT / "../shared/data"))
    parser.add_argument("--data", type=Path, default=data, help="where grid_s1 is")
    parser.add_argument("--count", type=int, default=100, help="filmed clips")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/mouth_shapes.json")
    words = parser.parse_args()
    sources = {"synthetic voice": synthetic()}
    if (words.data / "grid_s1").is_dir():
        sources["filmed man"] = filmed(words.data, words.count)
    measured = {source: measure(lines) for source, lines in sources.items()}
    print("Share of phones whose mouth shape is right (of how many)")
    for source, figures in measured.items():
        print(f"{source}, {figures['lines']} lines, {figures['cues a second']} cues a second")
        rows = {
            **figures["right"],
            "open vowels closed in their middle": figures["open vowels closed in their middle"],
        }
        for name, (share, count) in rows.items():
            print(f"  {name:46}{100 * share:5.0f} % {count:6}")
    write_report(words.out, {"hardware": hardware(), **measured})


if __name__ == "__main__":
    main()
