"""One NPC: audio is pushed in, frames are pulled out. The only pipeline there is, live or baked.

The caller owns the clock. Audio may come in chunks of any size, as fast or as slowly as it likes:
the frames depend on the audio, the avatar, the frame rate and the seed, and on nothing else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from talkwire.runtime.audio import check_sample_rate
from talkwire.runtime.avatar_card import Avatar
from talkwire.runtime.blend import mix
from talkwire.runtime.ear import BLOCK_ROWS, EAR_RATE_HZ, Ear, rows_of
from talkwire.runtime.errors import AudioError, EngineError
from talkwire.runtime.gestures import Gestures
from talkwire.runtime.history import History
from talkwire.runtime.idle import Idle
from talkwire.runtime.life import Look, combine
from talkwire.runtime.manner import Styler
from talkwire.runtime.mind import Mind, think
from talkwire.runtime.minds import AnyMind, Preset, open_mind
from talkwire.runtime.prosody import Prosody, Voice
from talkwire.runtime.style import Style
from talkwire.runtime.types import Face, Float32, Frame, Pose, Topology, frame_of
from talkwire.runtime.voices import Voices

FADE_S: Final = 0.1  # a new utterance takes over from whatever the face was doing in this time
FPS_RANGE: Final = (1, 240)
AT_REST: Final = (np.array([0, 0, 0, 1], np.float32), np.zeros(3, np.float32))  # a head's pose


def open_session(
    avatar: Avatar,
    *,
    fps: int = 60,
    seed: int = 0,
    motion: Preset = Preset.live,
    voices: Voices | None = None,
) -> Session:
    """A session with a motion network that ships and the idle model. voices: shared with other live sessions,
    to `think_together`.  Raises EngineError for an absurd fps.
    """
    mind = open_mind(motion) if voices is None else Mind(voices)
    return Session(avatar, mind, Idle(seed), fps=fps)


def hear_together(sessions: Iterable[object]) -> None:
    """What has been pushed becomes rows, all sessions' at once. Without it, each does so when it moves."""
    hearing = [(s, s._line) for s in sessions if isinstance(s, Session) and s._line and s._line.ear.due]
    rows = rows_of([line.ear for _, line in hearing])
    for (session, line), own in zip(hearing, rows, strict=True):
        session._hear(line, own)


def think_together(sessions: Iterable[object]) -> None:
    """What has been pushed becomes motion, one call of a network for all that share it. Without it, each does
    so when it is pulled. Raises EngineError; then nothing is lost.
    """
    known = [session for session in sessions if isinstance(session, Session)]
    hear_together(session for session in known if isinstance(session.mind, Mind))
    think(session.mind for session in known if isinstance(session.mind, Mind))


@dataclass(slots=True)
class _Utterance:
    """What is known of the line being spoken: steps [first, first + len(faces)) of its motion."""

    id: int
    sample_rate_hz: int
    ear: Ear
    prosody: Prosody = field(default_factory=Prosody)
    voices: deque[Voice] = field(default_factory=deque)  # of steps whose motion is still to come
    samples: int = 0
    ended: bool = False
    seq: int = 0
    first: int = 0
    faces: deque[Face] = field(default_factory=deque)


class Session:
    """Push audio, pull frames, interrupt, end. No wall clock, no threads; one caller at a time."""

    def __init__(self, avatar: Avatar, mind: AnyMind, idle: Idle, *, fps: int = 60) -> None:
        if not FPS_RANGE[0] <= fps <= FPS_RANGE[1]:
            raise EngineError(
                "frames cannot be made at this rate",
                seen=f"{fps} frames/s",
                wanted=f"{FPS_RANGE[0]} to {FPS_RANGE[1]}",
                cure="choose another --fps",
            )
        self.avatar, self.fps = avatar, fps
        self.generation = 0
        self.mind, self._idle, self._history = mind, idle, History(avatar.window)
        self._line: _Utterance | None = None
        self._lines = 0
        self._idle_step = 0  # where the idle motion stands when the current utterance begins
        self._life_s = 0.0  # the same of its life
        self._last_face: Face | None = None
        self._fade_from: Face | None = None
        self._styler, self._look, self._gestures = Styler(mind.step_hz), Look(), Gestures(idle.seed)
        self._seen = False  # whether anything has come out yet

    @property
    def topology(self) -> Topology:
        """Of every frame of this session."""
        return self.avatar.topology

    @property
    def look_ahead_s(self) -> float:
        """How much audio past a frame's own moment must be heard before that frame comes out.

        The network's look-ahead, one step of interpolation, half a spectrum window, and what the
        resampler holds back at the open utterance's rate (nothing at 16 kHz).
        """
        ear = self._line.ear if self._line else Ear(EAR_RATE_HZ)
        return self.mind.look_ahead_s + 1 / self.mind.step_hz + ear.delay_s

    def begin(self, sample_rate_hz: int) -> int:
        """Start an utterance at this sample rate and return its id. An open one is dropped."""
        check_sample_rate(sample_rate_hz)
        self._drop()
        self._lines += 1
        self._line = _Utterance(self._lines, sample_rate_hz, Ear(sample_rate_hz))
        self._fade_from = self._last_face
        self.mind.reset()
        self._history.restart()
        return self._lines

    def push(self, samples: Float32) -> None:
        """Hear more of the open utterance. samples: [S] float32 mono in [-1, 1], any S."""
        line = self._open_line("push")
        line.samples += len(samples)
        line.ear.listen(samples)
        if line.ear.due >= BLOCK_ROWS:  # enough to be heard alone, and more than should wait
            hear_together([self])

    def end(self) -> None:
        """No more audio: every frame of the utterance can be pulled at once."""
        line = self._open_line("end")
        self._hear(line, line.ear.end())
        line.voices += line.prosody.end()
        self.mind.finish()
        line.ended = True

    def close(self) -> None:
        """Give back what is shared with other sessions. Nothing may be asked of it afterwards."""
        self.mind.close()

    def interrupt(self) -> int:
        """Drop the utterance and whatever it had left to say. Returns the new generation."""
        self._drop()
        self.generation += 1
        return self.generation

    def set_style(self, style: Style) -> None:
        """How to speak and feel from the next motion on; taken up softly once anything was seen."""
        self._styler.set(style, at_once=not self._seen)

    def pull(self) -> list[Frame]:
        """The frames that became known, in order, with vertices."""
        return [frame_of(pose, self.avatar.vertices(heard)) for pose, heard in self.pull_heard()]

    def pull_poses(self) -> list[Pose]:
        """The same without vertices, for those who animate by weights."""
        return [pose for pose, _ in self.pull_heard()]

    def pull_heard(self) -> list[tuple[Pose, Float32]]:
        """Poses that became known, each with the window [w, 52] of weights that the avatar hears."""
        poses: list[tuple[Pose, Float32]] = []
        if self._line is not None:
            if self._line.ear.due:
                hear_together([self])
            self._move(self._line, self.mind.take())
        while self._line is not None and (face := self._next_face(self._line)) is not None:
            line, pts = self._line, _pts(self._line, self.fps)
            heard = self._history.push(pts / line.sample_rate_hz, face.weights)
            life_s = self._life_s + pts / line.sample_rate_hz
            poses.append((Pose(line.id, self.generation, line.seq, pts, face, life_s=life_s), heard))
            line.seq += 1
            self._last_face = face
        return poses

    def _hear(self, line: _Utterance, rows: Float32) -> None:
        line.voices += line.prosody.push(line.ear.loudness_db, line.ear.pitch_hz)
        self.mind.hear(rows)

    def _move(self, line: _Utterance, weights_kx52: Float32) -> None:
        for speech in weights_kx52:
            step = self._idle_step + line.first + len(line.faces)
            voice, manner = line.voices.popleft(), self._styler.step()
            looking = self._look.push(self._styler.look_at_deg)
            gesture = self._gestures.push(voice)
            face = combine(speech, self._idle.at(step), gesture, manner.layers, looking)
            weights = manner.applied(face.weights, voice.effort)
            turned = (face.head_rotation, face.head_translation_m)
            line.faces.append(Face(weights, *(AT_REST if self.avatar.moves_within else turned)))
            self._seen = True

    def _next_face(self, line: _Utterance) -> Face | None:
        pts = _pts(line, self.fps)
        step, rest = divmod(pts * self.mind.step_hz, line.sample_rate_hz)
        while line.first < step and len(line.faces) > 1:
            line.faces.popleft()
            line.first += 1
        needed = step + (rest > 0)
        if pts >= line.samples or needed >= line.first + len(line.faces):
            return None
        face = line.faces[step - line.first]
        if rest:
            face = mix(face, line.faces[needed - line.first], rest / line.sample_rate_hz)
        return self._faded(face, pts / line.sample_rate_hz)

    def _faded(self, face: Face, time_s: float) -> Face:
        if self._fade_from is None:
            return face
        if time_s >= FADE_S:
            self._fade_from = None
            return face
        share = time_s / FADE_S
        return mix(self._fade_from, face, share * share * (3 - 2 * share))

    def _drop(self) -> None:
        if self._line is not None:
            self._idle_step += self._line.first + 1
            self._life_s += _pts(self._line, self.fps) / self._line.sample_rate_hz
            self._line = None

    def _open_line(self, verb: str) -> _Utterance:
        if self._line is None or self._line.ended:
            raise AudioError(
                f"nothing to {verb}",
                seen="no utterance that is still open",
                wanted="begin() before push() and end()",
                cure="begin an utterance first",
            )
        return self._line


def _pts(line: _Utterance, fps: int) -> int:
    return line.seq * line.sample_rate_hz // fps
