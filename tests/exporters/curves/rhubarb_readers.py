"""Readers of Rhubarb's files that ask of them what published ones do; each says whose.

Written after what those programs look at, without their code: a file that passes is one they import.
"""

import json
import math
import xml.etree.ElementTree as ET
from typing import NamedTuple

SHAPES = set("ABCDEFGHX")


class Read(NamedTuple):
    sound: str
    duration_s: float
    cues: list[tuple[float, float, str]]


def read_json(text: str) -> Read:
    """Blender: Premik/blender_rhubarb_lipsync_ng and scaredyfish/blender-rhubarb-lipsync.

    The one takes value, start and end of each cue and looks the value up among nine; the other multiplies
    the start with frames a second and rounds.
    """
    whole = json.loads(text)
    cues = [(cue["start"], cue["end"], cue["value"]) for cue in whole["mouthCues"]]
    for start, end, value in cues:
        assert isinstance(start, float) and isinstance(end, float)
        assert math.isfinite(round(start * 24)) and value in SHAPES
    return Read(whole["metadata"]["soundFile"], whole["metadata"]["duration"], cues)


def read_xml(text: str) -> Read:
    """Synfig (rhubarbResult, metadata/soundFile, mouthCues/mouthCue with its start) and importers for Unity
    (//rhubarbResult//metadata//duration, both attributes as floats).
    """
    root = ET.fromstring(text.encode())
    assert root.tag == "rhubarbResult"
    metadata, cues = root.find("metadata"), root.find("mouthCues")
    assert metadata is not None and cues is not None
    assert {cue.tag for cue in cues} == {"mouthCue"}
    rows = [(float(cue.attrib["start"]), float(cue.attrib["end"]), (cue.text or "").strip()) for cue in cues]
    assert all(value in SHAPES for *_, value in rows)
    return Read(metadata.findtext("soundFile") or "", float(metadata.findtext("duration") or "nan"), rows)


def read_tsv(text: str) -> Read:
    """Godot: AniMesuro/rhubarb-lipsync-tp-integration-godot, which cuts at line ends and tabs, and stops at a
    line of fewer than two fields. The last row is the end.
    """
    rows = []
    for line in text.split("\n"):
        fields = line.split("\t")
        if len(fields) <= 1:
            break
        rows.append((float(fields[0]), fields[1]))
    assert all(value in SHAPES for _, value in rows)
    ends = [time for time, _ in rows[1:]]
    return Read("", rows[-1][0], [(time, end, value) for (time, value), end in zip(rows, ends, strict=False)])


def read_dat(text: str, names: set[str] = SHAPES) -> list[tuple[int, str]]:
    """Moho and OpenToonz: the channel's kind, then a whole frame from 1 on and a name, each frame once."""
    kind, *rows = text.strip().split("\n")
    assert kind == "MohoSwitch1"
    keys = [(int(frame), name) for frame, name in (row.split(" ") for row in rows)]
    frames = [frame for frame, _ in keys]
    assert frames == sorted(set(frames)) and frames[0] == 1
    assert {name for _, name in keys} <= names
    return keys
