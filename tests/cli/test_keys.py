"""`talkwire keys`, and what it is for: a server and a client as processes, with keys and with a token."""

from pathlib import Path

import pytest

from cli.conftest import Start, finish, ready
from support import LINE


@pytest.fixture
def folder(start: Start, tmp_path: Path) -> Path:
    """Made as a user would: a server that lets in the client `engine`, and not the client `stranger`."""
    for name in ("server", "engine", "stranger"):
        code, out, err = finish(start("keys", "new", name, "--folder", tmp_path))
        assert (code, err) == (0, "") and f"{tmp_path / name}.key  secret" in out
    (tmp_path / "clients/engine.pub").write_text((tmp_path / "engine.pub").read_text())
    return tmp_path


def say(start: Start, endpoint: str, *words: object) -> tuple[int, str, str]:
    return finish(start("say", LINE, "--server", endpoint, *words))


def test_a_server_with_keys_hears_who_has_one(start: Start, folder: Path, small_file: Path) -> None:
    words = ("--avatar", small_file, "--port", 0, "--host", "0.0.0.0", "--keys", folder)
    server = start("serve", *words)
    endpoint = ready(server).replace("0.0.0.0", "127.0.0.1")
    keys = ("--key", folder / "engine.key", "--server-key", folder / "server.pub")
    code, out, err = say(start, endpoint, *keys)
    assert (code, err) == (0, "") and out.startswith("nova: done")
    code, _, err = say(
        start, endpoint, "--key", folder / "stranger.key", "--server-key", folder / "server.pub"
    )
    assert code == 12 and "does not know this client's key" in err and err.count("\n") == 1
    code, _, err = say(start, endpoint)
    assert code == 12 and "--key and --server-key" in err and err.count("\n") == 1
    server.terminate()
    code, _, err = finish(server)
    assert code == 0 and "unencrypted" not in err


def test_a_server_with_a_token_hears_who_says_it(start: Start, tmp_path: Path, small_file: Path) -> None:
    token = tmp_path / "token"
    token.write_text("correct horse battery\n")
    token.chmod(0o600)
    endpoint = ready(start("serve", "--avatar", small_file, "--port", 0, "--token-file", token))
    assert say(start, endpoint, "--token-file", token)[0] == 0
    code, _, err = say(start, endpoint)
    assert code == 12 and "this server wants a token" in err and err.count("\n") == 1


def test_an_insecure_server_warns(start: Start, small_file: Path) -> None:
    server = start("serve", "--avatar", small_file, "--port", 0, "--host", "0.0.0.0", "--insecure")
    ready(server)
    server.terminate()
    code, _, err = finish(server)
    assert code == 0 and "warning: 0.0.0.0 is beyond this machine" in err and "--keys FOLDER" in err


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("keys", "new", "../server"), 12, "this is no name for keys"),
        (("keys", "list", "nowhere"), 12, "there is no folder nowhere"),
        (("serve", "--keys", "nowhere"), 12, "there is no folder nowhere"),
        (("serve", "--token-file", "nowhere"), 12, "nowhere cannot be read: saw no such file"),
        (("serve", "--shared"), 2, "--shared is for a server with --keys"),
        (("serve", "--sessions-per-client", 0), 2, "sessions-per-client"),
        (("say", "-", "--key", "nowhere.key"), 2, "give both --key NAME.key and --server-key"),
        (
            ("say", "-", "--key", "a.key", "--server-key", "b.pub"),
            12,
            "a.key cannot be read: saw no such file",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_good_is_said_before_anything_is_built(
    start: Start, words: tuple[object, ...], code: int, sentence: str
) -> None:
    found, out, err = finish(start(*words))
    assert (found, out) == (code, "") and sentence in err and "Traceback" not in err


def test_keys_are_listed(start: Start, folder: Path) -> None:
    code, out, err = finish(start("keys", "list", folder))
    assert (code, err) == (0, "")
    public = (folder / "engine.pub").read_text().split()[-1]
    assert out.count(public) == 3  # engine.key, engine.pub, clients/engine.pub
    assert (folder / "engine.key").read_text().split()[-1] not in out
