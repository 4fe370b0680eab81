"""The error family: one tree, distinct exit codes, messages that hold seen, wanted and cure."""

import copy
import inspect
from pathlib import Path

from talkwire.runtime import errors
from talkwire.runtime.errors import TalkwireError, missing

FAMILY = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, TalkwireError)]


def test_every_error_is_drawn_in_the_tree() -> None:
    assert errors.__doc__ is not None
    for cls in FAMILY:
        line = next(line for line in errors.__doc__.splitlines() if cls.__name__ in line)
        assert line.split("exit")[1].split()[0] == str(cls.exit_code)


def test_each_branch_has_its_own_exit_code() -> None:
    branches = TalkwireError.__subclasses__()
    codes = [cls.exit_code for cls in branches]
    assert len(set(codes)) == len(codes)
    assert not {0, 1, 2} & set(codes)  # success, a bug, and the command line's own usage error


def test_a_message_holds_seen_wanted_and_cure() -> None:
    error = TalkwireError("it broke", seen=3, wanted="at most 2", cure="take one away")
    assert str(error) == "it broke: saw 3, wanted at most 2; take one away"
    assert (error.seen, error.wanted, error.cure) == (3, "at most 2", "take one away")


def test_an_absent_package_names_the_pip_line() -> None:
    assert "pip install 'talkwire[render]'" in str(missing("moderngl", extra="render", need="drawing"))


def test_an_error_comes_whole_from_another_process() -> None:
    for cls in FAMILY:
        error = copy.copy(cls("it broke", seen=Path("x"), wanted="at most 2", cure="take one away"))
        assert type(error) is cls
        assert str(error) == "it broke: saw x, wanted at most 2; take one away"
        assert (error.seen, error.cure) == ("x", "take one away")
