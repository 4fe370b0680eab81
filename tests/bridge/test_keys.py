"""Keys as files: made once, for their owner alone, and refused in words when they are no good."""

import logging
import os
import stat
from pathlib import Path

import pytest

from talkwire.bridge.access.curve import is_key, keypair, public_of
from talkwire.bridge.access.keys import RESCAN_S, ServerKeys, list_keys, new_keys, read_client_keys, read_key
from talkwire.runtime.errors import AccessDenied


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a server that lets in the client `engine`."""
    for name in ("server", "engine"):
        new_keys(tmp_path / "keys", name)
    let_in(tmp_path / "keys", "engine")
    return tmp_path / "keys"


def let_in(folder: Path, name: str) -> Path:
    path = folder / "clients" / f"{name}.pub"
    path.write_text((folder / f"{name}.pub").read_text())
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_pair_is_two_files_that_a_person_can_read(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        secret, public = new_keys(tmp_path / "a/b", "engine")
    finally:
        os.umask(before)
    assert (secret.name, public.name) == ("engine.key", "engine.pub")
    assert (mode(secret), mode(public), mode(tmp_path / "a/b")) == (0o600, 0o644, 0o700)
    assert secret.read_text().startswith("# talkwire: the secret key of engine.")
    assert public_of(read_key(secret, "secret-key")) == read_key(public, "public-key")
    assert read_key(secret, "secret-key") not in public.read_text()


def test_keys_are_not_overwritten_not_even_half_of_them(folder: Path) -> None:
    before = (folder / "engine.key").read_text()
    with pytest.raises(AccessDenied, match=r"not overwritten: saw .*engine\.key"):
        new_keys(folder, "engine")
    (folder / "engine.key").unlink()
    with pytest.raises(AccessDenied, match=r"not overwritten: saw .*engine\.pub"):
        new_keys(folder, "engine")
    assert before and not (folder / "engine.key").exists()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "-x", "a b", "x" * 65, "é", "a\n"])
def test_a_name_is_a_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(AccessDenied, match="no name for keys"):
        new_keys(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AccessDenied, match=r"cannot be written in .*file"):
        new_keys(tmp_path / "file", "engine")


GOOD = keypair()[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "0 lines"),
        (b"# only a comment\n", "0 lines"),
        (GOOD.encode(), "a line that is no key"),
        (b"public-key " + GOOD.encode()[:-1], "a line that is no key"),
        (b"public-key " + GOOD.encode() + b"x", "a line that is no key"),
        (b"public-key " + b"~" * 40, "a line that is no key"),
        (b"public-key " + b"#" * 40, "a line that is no key"),
        (b"public-key " + b"\xc3\xa9" * 40, "a line that is no key"),
        (b"private-key " + GOOD.encode(), "a line that is no key"),
        (b"public-key " + GOOD.encode() + b"\n" * 2 + b"public-key " + GOOD.encode(), "2 lines"),
        (b"\xff\xfe\x00", "no text"),
        (b"# " + b"x" * 5_000, "too much"),
    ],
    ids=range(12),  # the key is another one in each process
)
def test_a_damaged_file_is_called_that(tmp_path: Path, text: bytes, words: str) -> None:
    path = tmp_path / "a.pub"
    path.write_bytes(text)
    with pytest.raises(AccessDenied, match=f"is damaged: saw .*{words}"):
        read_key(path, "public-key")


def test_comments_blank_lines_and_windows_line_ends_are_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.pub"
    path.write_bytes(b"# one\r\n\r\n  public-key\t" + GOOD.encode() + b"  \r\n# two\r\n")
    assert read_key(path, "public-key") == GOOD


def test_the_wrong_half_of_a_pair_is_called_that(folder: Path) -> None:
    with pytest.raises(AccessDenied, match=r"wrong half.*saw a public-key, wanted a secret-key.*\.key"):
        read_key(folder / "engine.pub", "secret-key")
    with pytest.raises(AccessDenied, match=r"wrong half.*saw a secret-key, wanted a public-key.*\.pub"):
        read_key(folder / "engine.key", "public-key")


@pytest.mark.skipif(os.name != "posix", reason="modes say who may read on POSIX alone")
@pytest.mark.parametrize("rights", [0o640, 0o604, 0o602, 0o777])
def test_a_secret_that_others_can_read_is_none(folder: Path, rights: int) -> None:
    (folder / "engine.key").chmod(rights)
    with pytest.raises(AccessDenied, match=f"others can read the secret.*mode {rights:04o}.*chmod 600"):
        read_client_keys(folder / "engine.key", folder / "server.pub")
    (folder / "engine.key").chmod(0o400)
    assert is_key(read_key(folder / "engine.key", "secret-key"))


def test_what_is_no_file_is_said_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.key")
    for name, seen in (("none.key", "no such file"), ("pipe.key", "something else"), (".", "something else")):
        with pytest.raises(AccessDenied, match=f"cannot be read: saw {seen}"):
            read_key(tmp_path / name, "secret-key")


def test_a_secret_is_in_no_repr(folder: Path) -> None:
    keys = read_client_keys(folder / "engine.key", folder / "server.pub")
    assert keys.secret not in repr(keys) and keys.server_public in repr(keys)


def test_a_server_knows_its_clients_by_name(folder: Path) -> None:
    keys = ServerKeys(folder)
    assert public_of(keys.secret) == read_key(folder / "server.pub", "public-key")
    assert keys.name_of(read_key(folder / "engine.pub", "public-key")) == "engine"
    assert keys.name_of(keypair()[0]) is None


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_clients_come_and_go_while_it_runs(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    keys = ServerKeys(folder, clock_s=clock)
    engine = read_key(folder / "engine.pub", "public-key")
    new_keys(folder, "second")
    second = read_key(folder / "second.pub", "public-key")
    assert keys.name_of(second) is None
    path = let_in(folder, "second")
    clock.now_s += RESCAN_S  # within one tick of the file system's clock nothing changes
    assert (keys.name_of(second), keys.name_of(engine)) == ("second", "engine")
    path.write_text("public-key half of")
    os.utime(path, ns=(1, 1))
    clock.now_s += RESCAN_S
    with caplog.at_level(logging.WARNING):
        assert (keys.name_of(second), keys.name_of(engine)) == (None, "engine")
        clock.now_s += RESCAN_S
        assert keys.name_of(second) is None
    assert [record.message.count("is damaged") for record in caplog.records] == [1]  # said once
    let_in(folder, "second")
    clock.now_s += RESCAN_S
    assert keys.name_of(second) == "second"
    path.unlink()
    (folder / "clients/engine.pub").unlink()
    clock.now_s += RESCAN_S
    assert (keys.name_of(second), keys.name_of(engine)) == (None, None)
    (folder / "clients").rmdir()
    clock.now_s += RESCAN_S
    assert keys.name_of(engine) is None


def test_a_stranger_costs_one_look_and_who_was_just_let_in_comes_in(folder: Path) -> None:
    clients = folder / "clients"
    os.utime(clients, ns=(1, 1))
    keys = ServerKeys(folder, clock_s=Clock())
    let_in(folder, "engine").write_text("public-key half of")  # written over: not noticed at once
    os.utime(clients, ns=(1, 1))
    engine = read_key(folder / "engine.pub", "public-key")
    assert keys.name_of(engine) == "engine"
    new_keys(folder, "second")
    let_in(folder, "second")
    assert keys.name_of(read_key(folder / "second.pub", "public-key")) == "second"


def test_a_server_without_a_folder_a_key_or_a_client_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(AccessDenied, match=r"there is no folder .*keys.*talkwire keys new server"):
        ServerKeys(tmp_path / "keys")
    (tmp_path / "keys").mkdir()
    with pytest.raises(AccessDenied, match=r"server\.key cannot be read: saw no such file"):
        ServerKeys(tmp_path / "keys")
    new_keys(tmp_path / "keys", "server")
    with pytest.raises(AccessDenied, match=r"no client could come in: saw no \.pub in"):
        ServerKeys(tmp_path / "keys")
    (tmp_path / "keys/clients/a.pub").write_text("nonsense")
    with pytest.raises(AccessDenied, match=r"a\.pub is damaged"):
        ServerKeys(tmp_path / "keys")


def test_a_secret_among_the_clients_is_refused(folder: Path) -> None:
    (folder / "clients/oops.pub").write_text((folder / "engine.key").read_text())
    with pytest.raises(AccessDenied, match=r"oops\.pub holds the wrong half"):
        ServerKeys(folder)


def test_a_folder_lists_what_it_has_and_what_is_no_good(folder: Path) -> None:
    (folder / "broken.pub").write_text("nonsense")
    (folder / "notes.txt").write_text("nothing of ours")
    rows = {str(path.relative_to(folder)): (kind, public) for path, kind, public in list_keys(folder)}
    assert set(rows) == {
        "broken.pub",
        "clients/engine.pub",
        "engine.key",
        "engine.pub",
        "server.key",
        "server.pub",
    }
    assert rows["engine.key"][1] == rows["engine.pub"][1] == rows["clients/engine.pub"][1]
    assert rows["broken.pub"][0] == "unusable" and "is damaged" in rows["broken.pub"][1]
    assert read_key(folder / "engine.key", "secret-key") not in str(rows)
    with pytest.raises(AccessDenied, match="there is no folder"):
        list(list_keys(folder / "nowhere"))
