"""`talkwire keys`: who may connect to a server beyond this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from talkwire.bridge.access.keys import CLIENTS, SERVER, list_keys, new_keys

app = typer.Typer(no_args_is_help=True, help="Make and list the keys of servers and clients.")


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"{SERVER}, or the client's name.")],
    folder: Annotated[Path, typer.Option(help="Where to put them.")] = Path("keys"),
) -> None:
    """Make a pair of keys: NAME.key, which only its owner may have, and NAME.pub, which anybody may.

    Examples: `talkwire keys new server`, then `talkwire keys new engine`
    """
    secret, public = new_keys(folder, name)
    print(f"{secret}  secret: stays where it is used, readable by its owner alone")
    print(f"{public}  public: may be given to anybody")
    if name == SERVER:
        print(f"next: put each client's .pub into {folder / CLIENTS}, give clients {public},")
        print(f"      and start with: talkwire serve --host ADDRESS --keys {folder}")
    else:
        print(
            f"next: put {public.name} into the folder {CLIENTS} of the server's keys: it may come in at once,"
        )
        print(f"      and connect with: --key {secret} --server-key {SERVER}.pub")


@app.command("list")
def list_(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Of keys.")] = Path("keys"),
) -> None:
    """List the keys in a folder and the clients that a server with it lets in.

    Example: `talkwire keys list keys`
    """
    table = Table("file", "kind", Column("public half", overflow="fold"))
    for path, kind, public in list_keys(folder):
        table.add_row(escape(str(path.relative_to(folder))), kind, escape(public))
    Console().print(table)
