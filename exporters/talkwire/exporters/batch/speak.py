"""One line after another in one process: avatar, network and renderer are opened once and kept."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from talkwire.exporters.atomic import Fill, write_together
from talkwire.exporters.batch.findings import findings_of
from talkwire.exporters.batch.outcome import Job, Outcome, Status, failed
from talkwire.exporters.batch.portrait import Painter
from talkwire.exporters.batch.sync import sync_of
from talkwire.exporters.clip import Clip, bake
from talkwire.exporters.write import check_avatar, usual_fps, write_clip
from talkwire.runtime.audio import read_audio
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.avatar_card import Avatar
from talkwire.runtime.errors import TalkwireError

PICTURES: Final = "pictures"  # the folder of thumbnails
AVATARS_KEPT: Final = 4  # a head and its mesh are tens of megabytes
ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LP_NUM_THREADS": "0"}
"""What a process of many should have in its environment from its start."""
_HOPELESS: Final = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


class Speaker:
    """Speaks jobs. pictures: whether each clip gets a thumbnail."""

    def __init__(self, *, pictures: bool = True) -> None:
        self._avatars: dict[str, Avatar] = {}
        self._painter = Painter() if pictures else None

    def speak(self, job: Job, out: Path, heard: Path | None = None) -> Outcome:
        """Write the job's files into a folder. Raises nothing that is the line's own fault.

        heard: where the line's bytes are, when they are not where the job says.
        """
        began, notes = time.perf_counter(), list[str]()
        try:
            clip = self._bake(job, heard or job.line)
            options = replace(job.recipe.options, heard=heard, progress=None, note=notes.append)
            files = write_clip(clip, out / job.name, options, source=job.line)
            picture = self._draw(clip, job, out)
        except TalkwireError as error:
            return failed(job, error, hopeless=is_hopeless(error))
        except MemoryError:
            return failed(job, "the line needs more memory than there is")
        except Exception as error:  # a line that breaks the program must not break the batch
            return failed(job, f"{type(error).__name__}: {error} (please report this, with the line)")
        sync = sync_of(clip.samples, clip.sample_rate_hz, clip.weights_nx52, clip.times_n_s)
        return Outcome(
            row=job.row,
            line=str(job.line),
            name=job.name,
            status=Status.done,
            files=tuple((str(path.relative_to(out)), path.stat().st_size) for path in files),
            duration_s=clip.duration_s,
            took_s=round(time.perf_counter() - began, 3),
            r=None if sync is None else round(sync.r, 3),
            lag_s=None if sync is None else sync.lag_s,
            warnings=findings_of(clip, sync),
            notes=tuple(notes),
            picture=picture,
            unpictured=self._painter.trouble if self._painter else "",
        )

    def _bake(self, job: Job, line: Path) -> Clip:
        recipe, audio = job.recipe, read_audio(line)
        avatar, name = self._avatar(recipe.avatar), Path(job.name)
        check_avatar(name, avatar)
        return bake(
            audio.samples,
            audio.sample_rate_hz,
            avatar,
            line=job.line.stem,
            fps=recipe.fps or usual_fps(name, avatar),
            seed=recipe.seed,
            motion=recipe.motion,
            style=recipe.style,
        )

    def _avatar(self, name: str) -> Avatar:
        if name not in self._avatars:
            if len(self._avatars) >= AVATARS_KEPT:
                self._avatars.pop(next(iter(self._avatars)))
            self._avatars[name] = load_avatar(find_avatar(name))
        return self._avatars[name]

    def _draw(self, clip: Clip, job: Job, out: Path) -> str:
        jpeg = self._painter.widest(clip) if self._painter else None
        if jpeg is None:
            return ""
        path = out / PICTURES / f"{job.name}.jpg"
        path.parent.mkdir(exist_ok=True)
        write_together({path: filled(jpeg)})
        return f"{PICTURES}/{path.name}"


def filled(data: bytes) -> Fill:
    """What fills a file with these bytes."""
    return lambda handle: handle.write(data)


def one_thread() -> None:
    """Ask the libraries of this process for one thread each, as far as they have not started yet."""
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)


def is_hopeless(error: TalkwireError) -> bool:
    """Whether the disk refused in a way in which it will refuse everything."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in _HOPELESS
