"""A client's requests and answers, whatever becomes of the server: one that was restarted is greeted again.

Not thread-safe: one thread calls everything, `poll` at least twice a second.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Final, TypeVar

from talkwire.bridge import wire
from talkwire.bridge.faults import exception_from
from talkwire.bridge.message import Message, decode, encode
from talkwire.bridge.pacing import NS_PER_S
from talkwire.bridge.sockets import ClientSockets
from talkwire.runtime.errors import AccessDenied, LinkError, NotGreeted

PING_NS: Final = NS_PER_S // 4  # what waits at the door of a new server is how it learns of us
FIRST_PINGS: Final = 5
R = TypeVar("R", bound=Message)
Request = Callable[[int], Message]  # makes it with its number
Hello = Callable[[int], wire.Hello]


class Connection:
    """Raises LinkError when nobody answers, VersionMismatch when it must.

    welcomed: called after each greeting but the first, to open again what was open.  news: what nobody asked
    for (Progress).
    """

    def __init__(
        self,
        sockets: ClientSockets,
        endpoint: str,
        hello: Hello,
        *,
        timeout_s: float,
        patience_s: float,
        clock_ns: Callable[[], int],
        welcomed: Callable[[], None],
        news: Callable[[wire.Progress], None],
    ) -> None:
        self._sockets, self._endpoint, self._hello = sockets, endpoint, hello
        self._timeout_s, self._patience_s, self._clock_ns = timeout_s, patience_s, clock_ns
        self._welcomed, self._news = welcomed, news
        self._refs = count(1)
        self._answers: dict[int, Message] = {}  # only to the question that is waited for
        self._asked = 0
        self._known = True
        self._parts: list[bytes] = []
        self.offset_ns = 0  # add to the server's time to get this client's
        self.load, self.level = 0.0, 0
        """Of the server: the share of its time that it works, and how many steps of quality it saves."""
        self._round_trip_ns = 1 << 62
        self._pinged_ns = clock_ns()
        self._unanswered_ns: int | None = None  # the first ping since it was heard last
        self.welcome = self._ask(hello, wire.Welcome)
        self.greetings = 1  # how often the server had to be
        sockets.connect_media(self.welcome.media_port, self.welcome.motion_port)
        for _ in range(FIRST_PINGS):
            self._ask(self._ping(), wire.Pong)

    def ask(self, make: Request, expect: type[R]) -> R:
        """The answer. A server that has just been restarted is greeted first."""
        try:
            return self._ask(make, expect)
        except NotGreeted:
            self._greet_again()
            return self._ask(make, expect)

    def tell(self, make: Request) -> None:
        """Without an answer."""
        if not self._sockets.send(encode(make(next(self._refs)))):
            raise LinkError(
                "the server takes no more messages",
                seen="a full queue",
                wanted="a server that reads",
                cure="restart it",
            )

    def keep_alive(self) -> None:
        """Ping now and then. Raises LinkError once the server has been silent for longer than is borne."""
        now = self._clock_ns()
        if now - self._pinged_ns >= PING_NS:
            self._pinged_ns = now
            if self._unanswered_ns is None:  # not since it was heard last: we may have been away ourselves
                self._unanswered_ns = now
            self.tell(self._ping())
        silent_s = (now - self._unanswered_ns) / NS_PER_S if self._unanswered_ns is not None else 0.0
        if silent_s > self._patience_s and not self._sockets.poll(0):
            raise LinkError(
                f"the server at {self._endpoint} has gone",
                seen=f"silence for {silent_s:.1f} s",
                wanted="an answer every second",
                cure="start it again with: talkwire serve",
            )

    def receive(self) -> list[bytes]:
        """Take the answers that have come; gives the media. Raises what the server sent as an Error."""
        self._take_all()
        if not self._known:
            self._greet_again()
        parts, self._parts = self._parts, []
        return parts

    def _take_all(self) -> None:
        for data in self._sockets.replies():
            self._unanswered_ns = None
            self._take(decode(data, expect=wire.REPLIES))
        self._parts += self._sockets.media()

    def _greet_again(self) -> None:
        ports = (self.welcome.media_port, self.welcome.motion_port)
        try:
            self.welcome = self._ask(self._hello, wire.Welcome)
        except AccessDenied:
            raise
        except LinkError:  # it has gone once more: the next one will say that it does not know us
            return
        self._known = True
        self.greetings += 1
        if ports != (self.welcome.media_port, self.welcome.motion_port):
            raise LinkError(
                f"the server at {self._endpoint} came back with other ports",
                seen=f"{self.welcome.media_port} and {self.welcome.motion_port}",
                wanted=f"{ports[0]} and {ports[1]}",
                cure="connect anew",
            )
        self._round_trip_ns = 1 << 62  # it may have another clock
        self._ask(self._ping(), wire.Pong)
        self._welcomed()

    def _ask(self, make: Request, expect: type[R]) -> R:
        ref = self._asked = next(self._refs)
        if not self._sockets.send(encode(make(ref))):
            raise self._nobody(expect)
        deadline = self._clock_ns() + round(self._timeout_s * NS_PER_S)
        while ref not in self._answers:
            left_s = (deadline - self._clock_ns()) / NS_PER_S
            if left_s <= 0:
                raise self._nobody(expect)
            self._sockets.poll(left_s)
            self._take_all()
        answer = self._answers.pop(ref)
        if isinstance(answer, wire.Error):
            raise exception_from(answer)
        if not isinstance(answer, expect):
            raise LinkError(
                "the server answered something else",
                seen=type(answer).__name__,
                wanted=expect.__name__,
                cure="check that it is a talkwire server",
            )
        return answer

    def _nobody(self, expect: type[Message]) -> LinkError:
        return self._sockets.refusal() or LinkError(
            f"no talkwire server answers at {self._endpoint}",
            seen=f"silence for {self._timeout_s:g} s",
            wanted=expect.__name__,
            cure="start one with: talkwire serve",
        )

    def _ping(self) -> Request:
        return lambda ref: wire.Ping(ref, self._clock_ns())

    def _take(self, reply: Message) -> None:
        match reply:
            case wire.Error(code="greet") if reply.ref != self._asked:
                self._known = False
            case wire.Error() if reply.ref != self._asked:
                raise exception_from(reply)
            case wire.Progress():
                self._news(reply)
            case wire.Closed(ref=0):
                pass  # the NPC is gone; the event plane says why
            case _:
                if isinstance(reply, wire.Pong):
                    self._measure(reply)
                ref = int(getattr(reply, "ref"))  # noqa: B009  every other reply has one; Message has not
                if ref == self._asked:
                    self._answers = {ref: reply}

    def _measure(self, pong: wire.Pong) -> None:
        """Cristian's algorithm: the shortest round trip bounds the offset best."""
        now = self._clock_ns()
        self.load, self.level = pong.load, pong.level
        round_trip_ns = now - pong.client_ns
        if round_trip_ns <= self._round_trip_ns:
            self._round_trip_ns = round_trip_ns
            self.offset_ns = (now + pong.client_ns) // 2 - pong.server_ns
        else:
            self._round_trip_ns += round_trip_ns // 1000  # clocks drift: an old best slowly expires
