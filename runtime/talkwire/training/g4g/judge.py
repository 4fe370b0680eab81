"""A re-spoken person against data that somebody names: videos of that person, or a rendered capture."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from talkwire.runtime.audio import Audio
from talkwire.runtime.avatar import load_avatar
from talkwire.runtime.avatar_file import SUFFIX
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import AvatarError, TrainingError
from talkwire.runtime.g4g import G4gAvatar
from talkwire.runtime.g4g_file import G4gData
from talkwire.runtime.g4g_geometry import FPS, HEARD, cut
from talkwire.runtime.texture_file import rgb_pixels
from talkwire.training.capture import CARD as CAPTURE_CARD
from talkwire.training.capture import UInt8
from talkwire.training.g4g.aligned import Alignment
from talkwire.training.g4g.compare import demand_writable, write_comparison
from talkwire.training.g4g.evaluate import Progress, evaluate
from talkwire.training.g4g.footage import NETWORKS
from talkwire.training.g4g.heard import sound_of_capture, sound_of_video
from talkwire.training.g4g.once import footage_of
from talkwire.training.g4g.takes import Generator, Mouth, generated, unspoken
from talkwire.training.motion.phone_times import PHONES_SUFFIX, Phones, read_phones
from talkwire.training.synth.generate import PHONES, VOICE
from talkwire.training.tracking.video import open_footage

ALIGNMENTS: Final = "alignments.json"  # of the GRID folder: the phones of all its clips


@dataclass(frozen=True)
class Spoken:
    """What was said in some data: a voice as long as its frames, and when each phone is said in it."""

    voice: Audio
    phones: Phones


def judge(
    avatar: G4gAvatar,
    data: Sequence[Path],
    *,
    work: Path | None = None,
    embedding: Path | None = None,
    ablations: Path | None = None,
    compare: Path | None = None,
    progress: Progress = lambda stage, share: None,
) -> dict[str, Any]:
    """Figures by name. data: videos of the person that were not learned from, or a capture's folder.

    work: where footage is kept for another time.  embedding: see `aligned.find_embedding`.  ablations: a
    folder of avatars of the same person that learned without some part, measured beside.  compare: a film or
    a strip of the truth beside the result.
    Raises TrainingError, AvatarError.
    """
    if compare is not None:
        demand_writable(compare)
    others = read_ablations(ablations, avatar) if ablations is not None else {}
    with tempfile.TemporaryDirectory() as temporary:
        footage = footage_of(
            data,
            work or Path(temporary),
            side=avatar.data.side,
            like_px=avatar.data.radius_px,
            progress=lambda stage, share: progress(stage, share),
        )
        spoken = spoken_in(data, len(footage))
        mouths: dict[str, Mouth] = {
            name: generated(generator_of(one), footage, footage.heard_kxnx5xc[0])
            for name, one in others.items()
        }
        mouths |= unspoken(footage, source_crops(avatar.data))
        alignment = Alignment(embedding) if embedding is not None else None
        figures, takes = evaluate(
            avatar, generator_of(avatar), footage, mouths, spoken.phones, alignment, progress
        )
        if compare is not None:
            shown = {f"{avatar.card.name}, {NETWORKS[0]}": takes[NETWORKS[0]]}
            write_comparison(shown, compare, spoken.voice, lambda share: progress("filming", share))
    return figures


def generator_of(avatar: G4gAvatar) -> Generator:
    """Its graph on one thread. Raises AvatarError where it hears other things than footage says."""
    data = avatar.data
    if data.heard != HEARD:
        raise AvatarError(
            f"{avatar.card.name} hears otherwise",
            seen=f"{len(data.heard)} weights",
            wanted=f"the {len(HEARD)} of the lower face, in ARKit's order",
            cure="train it again",
        )
    maps = {
        "maps_quarter": data.maps_quarter.astype(np.float32),
        "maps_half": data.maps_half.astype(np.float32),
    }
    return Generator(OnnxEngine(data.graph, name=avatar.card.name), maps, data.side)


def source_crops(data: G4gData) -> list[UInt8]:
    """The avatar's own video, cut as it is for the network."""
    return [
        cut(rgb_pixels(frame), centre, data.radius_px, data.side)
        for frame, centre in zip(data.frames, data.centres_nx2, strict=True)
    ]


def read_ablations(folder: Path, avatar: G4gAvatar) -> dict[str, G4gAvatar]:
    """The avatars of a folder by their files' names. Raises TrainingError when there is none of this side."""
    found = {path.stem: load_avatar(path) for path in sorted(folder.glob(f"*{SUFFIX}"))}
    fitting = {
        name: one
        for name, one in found.items()
        if isinstance(one, G4gAvatar) and one.data.side == avatar.data.side
    }
    if not fitting or len(fitting) < len(found):
        raise TrainingError(
            f"{folder} does not hold avatars to compare with",
            seen=", ".join(name for name in found if name not in fitting) or "none",
            wanted=f"files *{SUFFIX} of kind 'g4g' with a mouth of {avatar.data.side} pixels",
            cure="check the folder",
        )
    return fitting


def spoken_in(data: Sequence[Path], count: int) -> Spoken:
    """The sound of some data, joined as its frames are, and its phones where somebody knows them: of a
    capture in its folder, of a video beside it (NAME.phones.json) or as the GRID folder has them.
    """
    if len(data) == 1 and (data[0] / CAPTURE_CARD).is_file():
        known = data[0] / PHONES
        return Spoken(sound_of_capture(data[0] / VOICE), read_phones(known) if known.is_file() else ())
    voices, phones, frames = [], [], 0
    rate_hz = 0
    for path in data:
        voice, here = sound_of_video(path), frames_in(path) if len(data) > 1 else count
        rate_hz = rate_hz or voice.sample_rate_hz
        samples = np.zeros(here * rate_hz // FPS, np.float32)
        if voice.sample_rate_hz == rate_hz:  # else it is silent in the comparison, and heard nonetheless
            kept = voice.samples[: len(samples)]
            samples[: len(kept)] = kept
        voices.append(samples)
        phones += [(name, start + frames / FPS, end + frames / FPS) for name, start, end in phones_of(path)]
        frames += here
    return Spoken(Audio(np.concatenate(voices), rate_hz), tuple(phones))


def frames_in(path: Path) -> int:
    """How many frames a video has at FPS."""
    return sum(1 for _ in open_footage([path]).frames((2, 2)))


def phones_of(video: Path) -> Phones:
    """Of one video; nothing where nobody knows. Raises TrainingError for a file that cannot be read."""
    beside, corpus = video.with_suffix(PHONES_SUFFIX), video.parent.parent / ALIGNMENTS
    if beside.is_file():
        return read_phones(beside)
    if not corpus.is_file():
        return ()
    try:
        clip = json.loads(corpus.read_text()).get(video.stem, {"phones": ()})
        return tuple((str(name), float(start), float(end)) for name, start, end in clip["phones"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise TrainingError(
            f"cannot read {corpus}",
            seen=repr(error)[:80],
            wanted="phones of each clip, as the GRID folder has them",
            cure="copy the corpus again, or move the video elsewhere",
        ) from None
