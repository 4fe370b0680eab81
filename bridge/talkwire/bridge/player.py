"""The player: which frame belongs on the screen now, given the sound that is heard now.

Pure but for its sink; takes the time. Sound is the master: a frame is chosen, and interpolated, for the
sample that is heard. Utterances are played in order; an idle one yields as soon as the next is ready; a
newer generation voids everything older. Any such cut is blended over FADE_S.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Final

import numpy as np

from talkwire.bridge import wire
from talkwire.bridge.basis import basis_from, face_from, vertices_from
from talkwire.bridge.codec import Box, decode_vertices
from talkwire.bridge.media import Media
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.picture import Picture, mix
from talkwire.bridge.sinks import Sink
from talkwire.bridge.stats import Stats
from talkwire.bridge.track import Track
from talkwire.runtime.types import Basis, Float32

FADE_S: Final = 0.08
MAX_FRAMES: Final = 1_200  # of one utterance, where nobody asks for pictures
MAX_GAP_S: Final = 10.0
IDLE_BEHIND_S: Final = 0.25  # an idle clock that lags the newest frame by more than this jumps


class Player:
    """Give it what arrives (`receive`), ask it what to show (`present`) at every display tick."""

    def __init__(self, sink: Sink, stats: Stats | None = None) -> None:
        self.stats = stats if stats is not None else Stats()
        self.mesh: wire.Mesh | None = None
        self.texture: wire.Texture | None = None
        self._sink = sink
        self._generation = 0
        self._tracks: dict[int, Track] = {}
        self._current: Track | None = None
        self._shown: Picture | None = None
        self._fade_from: tuple[int, Picture] | None = None
        self._decoded: dict[int, Float32] = {}
        self._basis: tuple[str, Basis] | None = None  # and the topology that it is of

    @property
    def silent(self) -> bool:
        """Whether nothing but idling is left to play."""
        return all(track.idle for track in self._tracks.values())

    def receive(self, media: Iterable[Media], now_ns: int, *, offset_ns: int = 0) -> None:
        """Take what has arrived. offset_ns: added to the server's time gives the receiver's."""
        for item in media:
            message = item.message
            match message:
                case wire.Mesh():
                    self.mesh = message
                case wire.Texture():
                    self.texture = message
                case wire.Basis():
                    self._basis = (message.topology_id, basis_from(message))
                case wire.Frame() | wire.Coefficients():
                    self._take_frame(message, now_ns, offset_ns)
                case wire.Patch():
                    self._take_patch(message, now_ns)
                case wire.Audio():
                    self._take_audio(message, now_ns)
                case wire.Event():
                    self._take_event(message, now_ns, offset_ns)

    def present(self, now_ns: int) -> Picture | None:
        """The picture for this moment; None while there is none: keep what is shown."""
        self._measure(now_ns, self.stats.held)
        self._choose(now_ns)
        track = self._current
        if track is None or not track.frames or self.mesh is None:
            return None
        if not self._can_pose(track.frames[0], self.mesh):
            return None
        heard = self._heard(track, now_ns)
        picture = self._blend(self._interpolate(track, heard, self.mesh.box), now_ns)
        self._shown = picture
        return picture

    def displayed(self, now_ns: int) -> None:
        """The picture last presented is on the screen now: measure how well it fits the sound."""
        self._measure(now_ns, self.stats.displayed)

    def _measure(self, now_ns: int, note: Callable[[float], None]) -> None:
        track, shown = self._current, self._shown
        if track is None or track.idle or shown is None or shown.utterance != track.id:
            return
        heard = self._heard(track, now_ns)
        if track.length is None or heard < track.length:  # after the line there is no sound to fit
            note(shown.time_s - heard / track.rate_hz)

    def _can_pose(self, frame: wire.Frame | wire.Coefficients, mesh: wire.Mesh) -> bool:
        based = isinstance(frame, wire.Frame) or (
            self._basis is not None and self._basis[0] == frame.topology_id
        )
        return based and frame.topology_id == mesh.topology_id

    def _take_frame(self, frame: wire.Frame | wire.Coefficients, now_ns: int, offset_ns: int) -> None:
        repeat = bool(frame.flags & wire.REPEAT)
        if not self._current_generation(frame.generation, now_ns):
            return
        track = self._track(frame.utterance, frame.generation)
        if track is None or (track.frames and frame.pts <= track.frames[-1].pts):
            return
        track.rate_hz, track.idle = frame.sample_rate_hz, bool(frame.flags & wire.IDLE)
        track.frames.append(frame)
        del track.frames[:-MAX_FRAMES]
        track.note_cover(now_ns)
        if not repeat:
            current = track is self._current and not track.idle
            late = current and self._heard(track, now_ns) > frame.pts
            self.stats.frame(frame, now_ns - frame.server_ns - offset_ns, now_ns, late=late)

    def _take_patch(self, patch: wire.Patch, now_ns: int) -> None:
        if not self._current_generation(patch.generation, now_ns):
            return
        track = self._track(patch.utterance, patch.generation)
        if track is not None and (not track.patches or patch.pts > track.patches[-1].pts):
            track.patches.append(patch)
            del track.patches[:-MAX_FRAMES]

    def _take_audio(self, audio: wire.Audio, now_ns: int) -> None:
        if not self._current_generation(audio.generation, now_ns):
            return
        track = self._track(audio.utterance, audio.generation)
        if track is None or not audio.samples:
            return
        if track.first_pts is None:
            track.first_pts, track.covered_ns = audio.pts, None
            track.note_cover(now_ns)
        gap = audio.pts - track.first_pts - track.samples
        if gap < 0:
            return
        if gap:
            self._bridge_gap(track, gap, audio, now_ns)
        track.rate_hz = audio.sample_rate_hz
        self._sound(track, audio.samples)

    def _bridge_gap(self, track: Track, gap: int, audio: wire.Audio, now_ns: int) -> None:
        """Sound was lost. What can still be filled with silence is; else go on as if joined only now."""
        self.stats.sound_gaps += 1
        current = track is self._current
        dry = current and self._sink.heard(now_ns) >= track.samples
        if gap <= MAX_GAP_S * audio.sample_rate_hz and not dry:
            self._sound(track, b"\0\0" * gap)
            return
        track.first_pts, track.samples = audio.pts, 0
        track.sound.clear()
        if current:
            self._sink.start(audio.sample_rate_hz, now_ns)

    def _sound(self, track: Track, samples: bytes) -> None:
        track.samples += len(samples) // 2
        if track is self._current:
            self._sink.write(samples)
        else:
            track.sound.append(samples)

    def _take_event(self, event: wire.Event, now_ns: int, offset_ns: int) -> None:
        if not self._current_generation(event.generation, now_ns):
            return
        if event.kind == "started":
            self.stats.line_started(event.utterance, event.heard_ns + offset_ns)
            self._track(event.utterance, event.generation)
        elif event.kind == "ended" and event.utterance in self._tracks:
            track = self._tracks[event.utterance]  # its sound came before, on the same socket
            track.length = min(event.pts, (track.first_pts or 0) + track.samples)
        elif event.kind == "closed":
            self._tracks.clear()
            self._current = None
            self._sink.stop()

    def _current_generation(self, generation: int, now_ns: int) -> bool:
        """Whether it is the newest; a newer one voids what was."""
        if generation > self._generation:
            self._generation = generation
            self._tracks.clear()
            self._current = None
            self._sink.stop()
            self._begin_fade(now_ns)
        return generation == self._generation

    def _track(self, utterance: int, generation: int) -> Track | None:
        """The utterance's track; None when it was left behind already."""
        if utterance not in self._tracks:
            newest = max(self._tracks, default=0)
            left = self._current.id if self._current is not None else 0
            if utterance < max(left, newest):
                return None
            self._tracks[utterance] = Track(utterance, generation)
        return self._tracks[utterance]

    def _choose(self, now_ns: int) -> None:
        """Move on to the next utterance where the current one is over, or idle and the next is ready."""
        while True:
            current = self._current
            later = [t for t in sorted(self._tracks.values(), key=lambda t: t.id) if t is not current]
            if not later or (current is not None and not (current.idle or self._over(current, now_ns))):
                return
            # an idle utterance that a line already follows is skipped
            chosen = next((t for t in later if not t.idle and t.ready(now_ns)), None)
            if chosen is None:
                chosen = next((t for t in later if t.ready(now_ns)), None)
            if chosen is None:
                return
            if current is None or current.idle:
                self._begin_fade(now_ns)
            self._start(chosen, now_ns)

    def _start(self, track: Track, now_ns: int) -> None:
        self._tracks = {id_: t for id_, t in self._tracks.items() if id_ >= track.id}
        self._current, track.start_ns = track, now_ns
        self._decoded.clear()
        if track.idle:
            self._sink.stop()
            return
        self._sink.start(track.rate_hz, now_ns)
        for samples in track.sound:
            self._sink.write(samples)
        track.sound.clear()

    def _over(self, track: Track, now_ns: int) -> bool:
        return track.length is not None and self._heard(track, now_ns) >= track.length

    def _heard(self, track: Track, now_ns: int) -> int:
        """The moment of the track that is heard now; an idle one runs on the wall clock."""
        if not track.idle:
            return (track.first_pts or 0) + self._sink.heard(now_ns)
        start_ns = track.start_ns if track.start_ns is not None else now_ns
        first, newest = track.frames[0].pts, track.frames[-1].pts
        moment = first + (now_ns - start_ns) * track.rate_hz // NS_PER_S
        if moment > newest or moment < newest - IDLE_BEHIND_S * track.rate_hz:
            moment = min(max(moment, newest - round(IDLE_BEHIND_S * track.rate_hz)), newest)
            track.start_ns = now_ns - (moment - first) * NS_PER_S // track.rate_hz
        return moment

    def _interpolate(self, track: Track, heard: int, box: Box) -> Picture:
        """Between the frames around the moment heard; the nearest where there is only one side."""
        frames = track.frames
        right = bisect_right(frames, heard, key=lambda frame: frame.pts)
        before, after = frames[max(0, right - 1)], frames[min(right, len(frames) - 1)]
        share = 0.0
        if after.pts > before.pts:
            share = min(1.0, max(0.0, (heard - before.pts) / (after.pts - before.pts)))
        if not track.idle:  # what has been heard is not needed again
            del frames[: max(0, right - 1)]
        elif right > 1:
            track.start_ns = (track.start_ns or 0) + (before.pts - frames[0].pts) * NS_PER_S // track.rate_hz
            del frames[: right - 1]
        time = before.pts + share * (after.pts - before.pts)
        a, b = _arrays(before), _arrays(after)
        weights, rotation, translation = (mix(x, y, share) for x, y in zip(a, b, strict=True))
        return Picture(
            track.id,
            track.generation,
            track.idle,
            time / track.rate_hz,
            heard / track.rate_hz,
            weights,
            rotation / np.linalg.norm(rotation),
            translation,
            mix(self._vertices(before, box), self._vertices(after, box), share),
            self._patch(track, heard),
        )

    def _patch(self, track: Track, heard: int) -> wire.Patch | None:
        """The newest of its moment; before the first, what was shown last stays."""
        right = bisect_right(track.patches, heard, key=lambda patch: patch.pts)
        del track.patches[: max(0, right - 1)]
        if right:
            return track.patches[0]
        return self._shown.patch if self._shown is not None else None

    def _vertices(self, frame: wire.Frame | wire.Coefficients, box: Box) -> Float32:
        if frame.seq not in self._decoded:
            if len(self._decoded) > 3:
                self._decoded.pop(next(iter(self._decoded)))
            if isinstance(frame, wire.Frame):
                vertices = decode_vertices(frame.codec, frame.vertices, box)
            else:
                assert self._basis is not None
                vertices = vertices_from(frame, self._basis[1])
            self._decoded[frame.seq] = vertices
        return self._decoded[frame.seq]

    def _begin_fade(self, now_ns: int) -> None:
        if self._shown is not None:
            self._fade_from = (now_ns, self._shown)

    def _blend(self, picture: Picture, now_ns: int) -> Picture:
        """Over the first FADE_S after a cut: from what was shown to what belongs there."""
        if self._fade_from is None:
            return picture
        since_ns, old = self._fade_from
        share = (now_ns - since_ns) / NS_PER_S / FADE_S
        if share >= 1 or old.vertices_vx3.shape != picture.vertices_vx3.shape:
            self._fade_from = None
            return picture
        return old.towards(picture, share)


def _arrays(frame: wire.Frame | wire.Coefficients) -> tuple[Float32, ...]:
    if isinstance(frame, wire.Coefficients):
        face = face_from(frame)
        return face.weights, face.head_rotation, face.head_translation_m
    raw = (frame.weights, frame.head_rotation, frame.head_translation_m)
    return tuple(np.frombuffer(data, "<f4") for data in raw)
