"""UDP to one place. Whether anybody hears it is not known there, and no error."""

from __future__ import annotations

import socket
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from talkwire.runtime.errors import LinkError


class Datagrams:
    """A socket that only sends. Broadcast addresses are allowed."""

    def __init__(self, host: str, port: int) -> None:
        """Raises LinkError when the host is not known."""
        self._to = f"{host}:{port}"
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
            family, kind, protocol, _, address = found
            self._address: Any = address  # its shape is the family's
            self._socket = socket.socket(family, kind, protocol)
        except (OSError, UnicodeError) as error:
            raise self._unreachable(error) from None
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)

    def send(self, data: bytes) -> None:
        """Send it, or drop it where the network is behind. Raises LinkError when there is no way there."""
        try:
            with suppress(BlockingIOError, ConnectionRefusedError):
                self._socket.sendto(data, self._address)
        except OSError as error:
            raise self._unreachable(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def _unreachable(self, error: Exception) -> LinkError:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        return LinkError(
            f"nothing can be sent to {self._to}",
            seen=reason,
            wanted="a host that can be reached",
            cure="check the address and the network",
        )
