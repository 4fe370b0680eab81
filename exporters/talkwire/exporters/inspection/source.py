"""How far a file is from the sound that it came from: the line is spoken again, and every vertex compared."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from talkwire.exporters.clip import Clip, bake
from talkwire.exporters.gltf.raw import Raw, Tree, inside
from talkwire.exporters.inspection.facts import blobs, extras_of
from talkwire.exporters.inspection.played import Float64, played
from talkwire.runtime.audio import Audio, read_audio
from talkwire.runtime.avatar import Avatar, load_avatar, shipped_avatars
from talkwire.runtime.errors import TalkwireError
from talkwire.runtime.mesh import rotation_matrix
from talkwire.runtime.minds import Preset
from talkwire.runtime.style import Style

_BLOCK_FRAMES: Final = 32
_STEP_MM: Final = 0.001
_STEPS: Final = 100_000
_SAME_MM: Final = 1.0  # apart at rest, a vertex is another one


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one animation, over all vertices and frames, head pose included. why: it could not be measured."""

    animation: str
    why: str = ""
    max_mm: float | None = None
    p999_mm: float | None = None
    frames: int = 0


@dataclass
class _Heads:
    """Avatars are opened once. given: a file for avatars that do not ship."""

    given: Path | None
    known: dict[str, Avatar] = field(default_factory=dict)

    def find(self, name: str) -> Avatar | None:
        """A file's own word is no path to open: shipped names only, beside the one that the user gave."""
        paths = {path.stem: path for path in shipped_avatars()}
        path = self.given or paths.get(name)
        if path is not None and name not in self.known:
            self.known[name] = load_avatar(path)
        return self.known.get(name)


def differences(raw: Raw, avatar: Path | None = None) -> list[Difference]:
    """One for each animation. avatar: the file of the avatar where it does not ship."""
    heads = _Heads(avatar)
    return [_difference(raw, animation, heads) for animation in raw.list("animations")]


def _difference(raw: Raw, animation: Tree, heads: _Heads) -> Difference:
    name = str(animation.get("name", "?"))
    said = extras_of(raw.tree["asset"]) | extras_of(animation)
    try:
        clip = _again(raw, name, said, heads)
        if isinstance(clip, str):
            return Difference(name, clip)
        return _measured(raw, animation, name, clip)
    except TalkwireError as error:
        return Difference(name, str(error))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        return Difference(name, f"the file does not say enough ({error!r})"[:120])


def _again(raw: Raw, name: str, said: dict[str, Any], heads: _Heads) -> Clip | str:
    """The line spoken as it was, or why it cannot be."""
    wanting = [key for key in ("avatar", "seed", "fps", "motion", "frames") if key not in said]
    if "fps" in wanting:
        return "it is not talkwire's"
    if wanting:
        return f"its extras do not say {', '.join(wanting)}"
    if "range_s" in said:
        return "it is a part of a line, whose beginning is not here"
    head = heads.find(str(said["avatar"]))
    if head is None:
        return f"the avatar {str(said['avatar'])[:60]!r} does not ship: name its file with --avatar"
    if said.get("topology") not in (None, head.topology.id):
        return f"the avatar {str(said['avatar'])[:60]!r} is another one now"
    audio = _sound(raw, name, said)
    if isinstance(audio, str):
        return audio
    clip = bake(
        audio.samples,
        audio.sample_rate_hz,
        head,
        line=name,
        fps=int(said["fps"]),
        seed=int(said["seed"]),
        motion=Preset(said["motion"]),
        style=_style(said.get("style", {})),
    )
    if clip.frame_count != said["frames"]:
        return f"its sound is another one: it gives {clip.frame_count} frames, not {said['frames']}"
    return clip


def _sound(raw: Raw, name: str, said: dict[str, Any]) -> Audio | str:
    """Of a line: beside the file, or inside under the line's name; or why there is none."""
    if "audio" in said:
        sound = inside(raw.path, said["audio"])
        return read_audio(sound) if sound.is_file() else f"no sound: {sound.name} is not beside it"
    held = [thing for part, thing in blobs(raw) if part == "sound" and thing.get("name") == name]
    if not held:
        return "no sound is in it or beside it"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "sound.wav"
        copy.write_bytes(raw.view(held[0]["bufferView"]))
        return read_audio(copy)


def _style(said: dict[str, Any]) -> Style:
    look = said.get("look_at_deg")
    return Style(**{**said, **({"look_at_deg": tuple(look)} if look else {})})


def _measured(raw: Raw, animation: Tree, name: str, clip: Clip) -> Difference:
    shown, order = played(raw, animation), _order(clip)
    steps, worst_mm = np.zeros(_STEPS + 1, np.int64), 0.0
    neutral = clip.topology.neutral_vx3[order]
    if shown.base_vx3.shape != neutral.shape:
        return Difference(name, f"{len(shown.base_vx3)} vertices, the avatar has {len(neutral)}")
    for start in range(0, clip.frame_count, _BLOCK_FRAMES):
        frames = range(start, min(start + _BLOCK_FRAMES, clip.frame_count))
        off = shown.vertices(clip.times_n_s[frames.start : frames.stop]) - _spoken(clip, frames)[:, order]
        off_mm = 1000 * np.linalg.norm(off, axis=2)
        if start == 0 and np.median(off_mm[0]) > _SAME_MM:
            return Difference(name, "its vertices are in another order, or another head's")
        worst_mm = max(worst_mm, float(off_mm.max()))
        steps += np.bincount(np.minimum(off_mm / _STEP_MM, _STEPS).astype(int).ravel(), minlength=len(steps))
    below = np.cumsum(steps)
    p999_mm = (int(np.searchsorted(below, 0.999 * below[-1])) + 1) * _STEP_MM
    return Difference(name, "", round(worst_mm, 4), round(min(p999_mm, worst_mm), 4), clip.frame_count)


def _order(clip: Clip) -> Any:
    """The head's vertices as the primitives of a file have them, part after part."""
    parts = clip.topology.parts
    runs = [slice(p.first_triangle, p.first_triangle + p.triangle_count) for p in parts]
    return np.concatenate([np.unique(clip.topology.triangles_tx3[run]) for run in runs])


def _spoken(clip: Clip, frames: range) -> Float64:
    """[N, V, 3] of the avatar itself, its head held as it was."""
    places = clip.avatar.posed([clip.heard(i) for i in frames]).astype(np.float64)
    turns = np.array([rotation_matrix(clip.rotations_nx4[i]) for i in frames])
    moved = clip.translations_nx3_m[frames.start : frames.stop].astype(np.float64)
    spoken: Float64 = places @ turns.transpose(0, 2, 1) + moved[:, None]
    return spoken
