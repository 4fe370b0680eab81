"""`talkwire preview` as a process: its page, its end, and its refusals in one sentence."""

import json
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.conftest import ENVIRONMENT, PATIENCE_S, Start, begin, end, finish


def page_of(process: subprocess.Popen[bytes]) -> str:
    """The address in its ready line."""
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    assert line.startswith("previewing ") and line.endswith(" (Ctrl-C stops)\n"), finish(process)
    return line.split(" at ")[1].split()[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_the_page_until_it_is_told_to_stop(
    start: Start, small_file: Path, number: signal.Signals
) -> None:
    process = start("preview", "--avatar", small_file, "--port", 0, "--no-browser", "--codec", "basis")
    url = page_of(process)
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as page:
        assert b"talkwire preview" in page.read()
    with urllib.request.urlopen(f"{url}settings.json", timeout=PATIENCE_S) as settings:
        told = json.load(settings)
    assert (told["npc"], told["codec"]) == ("nova", "basis") and told["endpoint"].startswith(
        "tcp://127.0.0.1:"
    )
    process.send_signal(number)
    assert finish(process) == (0, "stopped\n", "")


def test_it_shows_an_npc_of_a_server_that_runs_already(start: Start, serving: str) -> None:
    process = start("preview", "--server", serving, "--npc", "juno", "--port", 0, "--no-browser")
    with urllib.request.urlopen(f"{page_of(process)}settings.json", timeout=PATIENCE_S) as settings:
        assert json.load(settings) == {"endpoint": serving, "npc": "juno", "codec": "q16"}
    process.terminate()
    assert finish(process)[0] == 0


@pytest.fixture
def start_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts `talkwire WORDS` without a display, and with these variables besides."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delitem(ENVIRONMENT, name, raising=False)
    processes: list[subprocess.Popen[bytes]] = []

    def start(*words: object, **variables: str) -> subprocess.Popen[bytes]:
        for name, value in variables.items():
            monkeypatch.setitem(ENVIRONMENT, name, value)
        processes.append(begin(*words))
        return processes[-1]

    yield start
    for process in processes:
        end(process)


def test_it_opens_the_browser(start_in: Start, serving: str, tmp_path: Path) -> None:
    browser, told = tmp_path / "browser", tmp_path / "told"
    browser.write_text(f'#!/bin/sh\necho "$1" > {told}.partial && mv {told}.partial {told}\n')
    browser.chmod(0o755)
    process = start_in("preview", "--server", serving, "--port", 0, BROWSER=str(browser))
    url, deadline = page_of(process), time.monotonic() + PATIENCE_S
    while not told.exists():
        assert time.monotonic() < deadline, "no browser was started"
        time.sleep(0.01)
    assert told.read_text().strip() == url
    process.terminate()
    assert finish(process)[0] == 0


def test_without_a_browser_it_says_how_to_go_on(start_in: Start) -> None:
    code, out, err = finish(start_in("preview", "--port", 0, PATH="/nowhere"))
    assert (code, out) == (9, "") and err.count("\n") == 1 and "--no-browser" in err


def test_a_port_in_use_is_one_sentence_and_exit_7(start: Start, serving: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, out, err = finish(start("preview", "--server", serving, "--port", port, "--no-browser"))
    assert (code, out) == (7, "") and err.count("\n") == 1
    assert err.startswith(
        f"talkwire: the preview page cannot be served there: saw Address already in use: 127.0.0.1:{port}"
    )


def test_nobody_at_the_servers_address_is_exit_7(start: Start) -> None:
    code, _, err = finish(start("preview", "--server", "tcp://127.0.0.1:1", "--port", 0, "--no-browser"))
    assert code == 7 and "no talkwire server answers" in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--avatar", "nobody"), 4, "there is no avatar 'nobody'"),
        (("--server", "nonsense"), 7, "not an address"),
        (("--npc", "../nova"), 6, "Open.session is wrong"),
    ],
)
def test_what_makes_no_sense_is_said(start: Start, words: tuple[str, ...], code: int, said: str) -> None:
    got, out, err = finish(start("preview", *words, "--port", 0, "--no-browser"))
    assert (got, out) == (code, "") and said in err and err.count("\n") == 1


@pytest.mark.parametrize("words", [("--port", 70_000), ("--codec", "delta8")])
def test_a_wrong_option_is_exit_2(start: Start, words: tuple[object, ...]) -> None:
    assert finish(start("preview", *words))[0] == 2
