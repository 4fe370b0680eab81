"""How a command reaches a server, and whom a server lets in: options of every command that does either."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, TypedDict

import typer

from talkwire.bridge.access.admission import read_token
from talkwire.bridge.access.curve import ClientKeys, Guests
from talkwire.bridge.access.keys import ServerKeys, read_client_keys
from talkwire.bridge.sockets import is_loopback

Server = Annotated[str, typer.Option(help="Where `talkwire serve` listens.")]
Cast = Annotated[
    str,
    typer.Option(
        metavar="AVATAR", help="Who that is, where the NPC is not there yet. [default: the server's first]"
    ),
]
Key = Annotated[
    Path | None,
    typer.Option(
        metavar="NAME.key", help="For a server that wants one: this client's own; needs --server-key."
    ),
]
ServerKey = Annotated[
    Path | None, typer.Option(metavar="server.pub", help="The server's public key: no other is spoken with.")
]
TokenFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="For a server that wants a token: the same file as it has."),
]


class Credentials(TypedDict):
    """What Client takes besides an endpoint."""

    keys: ClientKeys | None
    token: str


def credentials(key: Path | None, server_key: Path | None, token_file: Path | None) -> Credentials:
    """Files as given. Raises AccessDenied for one that is no good, typer.BadParameter for half a pair."""
    if (key is None) != (server_key is None):
        raise typer.BadParameter("give both --key NAME.key and --server-key server.pub, or neither")
    return Credentials(
        keys=read_client_keys(key, server_key) if key is not None and server_key is not None else None,
        token=read_token(token_file) if token_file is not None else "",
    )


KeysFolder = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Let in only who has a key of it (see `talkwire keys`), encrypted."),
]
WantedToken = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Let in only who says the token in it. Encrypts nothing.")
]
Shared = Annotated[
    bool, typer.Option("--shared", help="With --keys: an NPC is not only of the client that opened it first.")
]
SessionsPerClient = Annotated[int, typer.Option(min=1, help="At most so many NPCs of one client at once.")]
Insecure = Annotated[
    bool, typer.Option("--insecure", help="Listen beyond this machine without keys: unencrypted, to anyone.")
]


class Door(TypedDict):
    """What Server takes of whom it lets in."""

    keys: Guests | None
    token: str | None
    shared: bool
    sessions_per_client: int


def door(keys: Path | None, token_file: Path | None, shared: bool, sessions_per_client: int) -> Door:
    """Options as given. Raises AccessDenied for files that are no good, BadParameter for --shared alone."""
    if shared and keys is None:
        raise typer.BadParameter("--shared is for a server with --keys: without, all NPCs are everybody's")
    return Door(
        keys=ServerKeys(keys) if keys is not None else None,
        token=read_token(token_file) if token_file is not None else None,
        shared=shared,
        sessions_per_client=sessions_per_client,
    )


def warn_of_open_door(host: str, door: Door) -> None:
    """Say what --insecure has done."""
    if door["keys"] is None and not is_loopback(host):
        print(
            f"talkwire: warning: {host} is beyond this machine: whoever reaches it hears and moves every "
            "NPC, unencrypted; --keys FOLDER closes that door",
            file=sys.stderr,
        )
