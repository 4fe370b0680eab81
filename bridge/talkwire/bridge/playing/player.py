"""The player: which frame belongs on the screen now, given the sound that is heard now.

Pure but for its sink; takes the time. Sound is the master: a frame is chosen, and interpolated, for the
sample that is heard. Utterances are played in order; an idle one yields as soon as the next is ready; a newer
generation voids everything older. What is missing is waited for; a face for which nothing comes goes to rest.
docs/playing.md has the rules; each is a module: jitter, drift, playout, lapse, fade, happening.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from talkwire.bridge import wire
from talkwire.bridge.media import ARKIT, Media
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.playing.happening import Happening, Happenings, Kind
from talkwire.bridge.playing.jitter import JitterBuffer
from talkwire.bridge.playing.lapse import HOLD_S
from talkwire.bridge.playing.picture import Picture
from talkwire.bridge.playing.playout import Playout
from talkwire.bridge.playing.posing import Poser
from talkwire.bridge.playing.programme import Programme
from talkwire.bridge.playing.screen import Screen
from talkwire.bridge.playing.sinks import Sink
from talkwire.bridge.playing.stats import Stats
from talkwire.bridge.playing.track import Frame, Track


class Player:
    """Give it what arrives (`receive`), ask it what to show (`present`) at every display tick."""

    def __init__(
        self,
        sink: Sink,
        stats: Stats | None = None,
        *,
        buffer: JitterBuffer | None = None,
        av_offset_ms: float = 0.0,
    ) -> None:
        """av_offset_ms: how much later than its sound is heard a moment is shown.

        Positive where the ear hears later than the sink knows, as with wireless headphones; negative where
        the screen is the slower one. Raises ProtocolError where it is more than a second.
        """
        self.stats = stats if stats is not None else Stats()
        self.buffer = buffer if buffer is not None else JitterBuffer()
        self.texture: wire.Texture | None = None
        self._programme = Programme()
        self._playout = Playout(sink, self.buffer, self.stats, av_offset_ms / 1e3)
        self._poser, self._screen = Poser(), Screen()
        self._happenings = Happenings()
        self._framed_ns: int | None = None  # when the last frame came

    @property
    def mesh(self) -> wire.Mesh | None:
        """The head, once it is known."""
        return self._poser.mesh

    @property
    def silent(self) -> bool:
        """Whether nothing but idling is left to play."""
        return all(track.idle for track in self._programme)

    def receive(self, media: Iterable[Media], now_ns: int, *, offset_ns: int = 0) -> None:
        """Take what has arrived. offset_ns: added to the server's time gives the receiver's."""
        self._step(now_ns)
        for item in media:
            message = item.message
            match message:
                case wire.Mesh():
                    self._poser.take_mesh(message)
                case wire.Texture():
                    self.texture = message
                case wire.Basis():
                    self._poser.take_basis(message)
                case wire.Frame() | wire.Coefficients():
                    self._take_frame(message, now_ns, offset_ns, bare=item.plane == ARKIT)
                case wire.Patch():
                    track = self._track(message.utterance, message.generation, now_ns)
                    if track is not None:
                        track.add_patch(message)
                case wire.Audio():
                    self._take_audio(message, now_ns)
                case wire.Event():
                    self._take_event(message, now_ns, offset_ns)
        self._leave(self._programme.too_many(), now_ns)
        self._step(now_ns)

    def present(self, now_ns: int) -> Picture | None:
        """The picture for this moment; None while there is none."""
        self._measure(now_ns, self.stats.held)
        self._step(now_ns)
        live = self._live(now_ns)
        missing = live is None or self._is_missing(now_ns)
        picture = live if live is not None else self._held()
        far = live is not None and self._is_far(live, now_ns)
        self._screen.show(picture, self._poser.neutral_vx3, now_ns, missing=missing, far=far)
        return self._screen.shown

    def displayed(self, now_ns: int) -> None:
        """The picture last presented is on the screen now: measure how well it fits the sound."""
        self._measure(now_ns, self.stats.displayed)
        shown = self._screen.shown
        self.stats.rested += self._playout.is_heard(now_ns) and shown is not None and shown.at_rest

    def happened(self, now_ns: int) -> list[Happening]:
        """What became of lines since it was asked last: of each its `started` and its end, when heard."""
        self._step(now_ns)
        return self._happenings.take()

    def _step(self, now_ns: int) -> None:
        """Time has passed, or something has come."""
        self._framed_ns = now_ns if self._framed_ns is None else self._framed_ns
        self._programme.frames_came((now_ns - self._framed_ns) / NS_PER_S)
        self._playout.step(now_ns)
        while (track := self._next(now_ns)) is not None:
            self._begin(track, now_ns)
        current = self._programme.current
        if current is not None and not current.idle:
            heard_s = self._playout.heard_s(current, now_ns)
            if self._playout.heard(now_ns) > current.begins:
                self._happenings.started(current, heard_s, now_ns)
            if self._playout.is_over(current, now_ns):
                self._happenings.over(current, "ended", heard_s, now_ns)

    def _next(self, now_ns: int) -> Track | None:
        """What may begin: a line once the one before is heard to its end, idling once it is seen to it."""
        current = self._programme.current
        if current is None or current.idle or self._playout.is_over(current, now_ns):
            line = self._programme.next_line(self._playout.wanted_s())
            if line is not None:
                return line
            if current is None or current.idle or self._moment(current, now_ns) >= current.end:
                return self._programme.next_idle()
        return None

    def _begin(self, track: Track, now_ns: int) -> None:
        before = self._programme.current
        self._leave(self._programme.before(track), now_ns)
        self._programme.begin(track)
        if before is None or before.idle:
            self._screen.next(now_ns)
        if track.idle:
            self._playout.stop()
        else:
            self._playout.begin(track, now_ns)

    def _cut(self, now_ns: int, generation: int) -> None:
        """All that was is void."""
        self._leave(self._programme, now_ns)
        self._programme.clear(generation)
        self._playout.stop()
        self._screen.cut(now_ns)

    def _leave(self, tracks: Iterable[Track], now_ns: int) -> None:
        for track in tracks:
            if not track.idle:
                kind: Kind = "ended" if self._playout.is_over(track, now_ns) else "interrupted"
                self._happenings.over(track, kind, self._playout.heard_s(track, now_ns), now_ns)

    def _take_frame(self, frame: Frame, now_ns: int, offset_ns: int, *, bare: bool) -> None:
        track = self._track(frame.utterance, frame.generation, now_ns)
        if track is None:
            return
        track.bare, self._framed_ns = bare, now_ns
        if not track.add_frame(frame):
            return
        self._programme.frames_have_reached(track.id)
        if not frame.flags & wire.REPEAT:
            transit_ns = now_ns - frame.server_ns
            self.buffer.arrived(transit_ns, now_ns)
            late = track is self._programme.current and not track.idle
            late = late and self._moment(track, now_ns) > frame.pts
            self.stats.frame(frame, transit_ns - offset_ns, now_ns, late=late)

    def _take_audio(self, audio: wire.Audio, now_ns: int) -> None:
        track = self._track(audio.utterance, audio.generation, now_ns)
        if track is None:
            return
        track.rate_hz = audio.sample_rate_hz
        self._programme.sound_has_reached(track.id)
        if audio.samples:
            if track.first_pts is None:
                track.first_pts = audio.pts
            gap = audio.pts - track.end
            if gap > 0:
                self._playout.lost(track, gap, audio.pts, now_ns)
            if gap >= 0:
                track.add_sound(audio.samples)
        track.sound_complete = track.sound_complete or bool(audio.flags & wire.LAST)

    def _take_event(self, event: wire.Event, now_ns: int, offset_ns: int) -> None:
        if event.kind == "closed":
            if self._is_of_now(event.generation, now_ns):
                self._cut(now_ns, event.generation)
        elif event.kind == "started":
            track = self._track(event.utterance, event.generation, now_ns)
            if track is not None:
                track.rate_hz = event.sample_rate_hz
                self._programme.sound_has_reached(track.id)
                self.stats.line_started(event.utterance, event.heard_ns + offset_ns)
        elif self._is_of_now(event.generation, now_ns) and event.kind == "ended":
            self._programme.sound_has_reached(event.utterance + 1)  # it came before, on the same socket

    def _track(self, utterance: int, generation: int, now_ns: int) -> Track | None:
        return self._programme.track(utterance) if self._is_of_now(generation, now_ns) else None

    def _is_of_now(self, generation: int, now_ns: int) -> bool:
        """Whether it is the newest; a newer one voids what was."""
        if generation > self._programme.generation:
            self._cut(now_ns, generation)
        return generation == self._programme.generation

    def _live(self, now_ns: int) -> Picture | None:
        """The picture of what is on."""
        track = self._programme.current
        if track is None or not self._poser.can(track):
            return None
        heard = track.idle_moment(now_ns) if track.idle else self._playout.heard(now_ns)
        return self._poser.picture(track, self._moment(track, now_ns), heard, self._screen.shown)

    def _held(self) -> Picture | None:
        """What was shown, while nothing of what is on has come."""
        shown, track = self._screen.shown, self._programme.current
        utterance, idle = (track.id, track.idle) if track is not None else (0, True)
        return shown and shown.held_for(utterance, self._programme.generation, idle)

    def _is_missing(self, now_ns: int) -> bool:
        """Whether frames or sound of what is on have not come."""
        track = self._programme.current
        assert track is not None
        newest, moment = track.frames[-1].pts, self._moment(track, now_ns)
        return moment >= newest if track.idle else moment > newest or not self._playout.flowing

    def _is_far(self, picture: Picture, now_ns: int) -> bool:
        """Whether it is of a later time: who joins in mid-line has sound without its frames."""
        track = self._programme.current
        assert track is not None
        return picture.time_s - track.seconds(self._moment(track, now_ns)) > HOLD_S

    def _moment(self, track: Track, now_ns: int) -> int:
        """What is to be seen now of the track that is on."""
        if track.idle:
            return track.idle_moment(now_ns)
        return self._playout.seen(now_ns)

    def _measure(self, now_ns: int, note: Callable[[float], None]) -> None:
        track, shown = self._programme.current, self._screen.shown
        if track is None or shown is None or shown.at_rest or shown.utterance != track.id:
            return
        if self._playout.is_heard(now_ns):
            note(shown.time_s - track.seconds(self._moment(track, now_ns)))
