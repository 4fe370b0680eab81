"""The same work by a real Ray on this machine."""

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from exporters.batch.conftest import MakeJobs, speak_alone
from talkwire.exporters.batch import remote
from talkwire.exporters.batch.outcome import Status
from talkwire.exporters.batch.remote import speak_there
from talkwire.runtime.cluster import Cluster, joined
from talkwire.runtime.errors import LinkError, MissingDependency


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    if not os.environ.get("CI"):
        pytest.importorskip("ray")
    with joined("local", cores=2) as cluster:
        yield cluster


def never() -> bool:
    return False


def workers() -> list[int]:
    """Processes that speak at this moment, by the title that Ray gives them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.joinpath("cmdline").read_bytes().startswith(b"ray::speak_bytes"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("mark", ["7", "no/such/folder"], ids=["writes there", "sends files"])
def test_a_lost_worker_costs_nothing_and_files_are_the_same(
    cluster: Cluster, make_jobs: MakeJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str
) -> None:
    monkeypatch.setattr(remote.secrets, "randbits", lambda bits: mark)  # seen by every worker, or by none
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()
    line = tmp_path / "5.wav"  # where a file of its own would go
    line.write_bytes(make_jobs(1)[0].line.read_bytes())
    jobs = [replace(job, name=f"{job.row}.glb") for job in make_jobs(8)]
    jobs[0] = replace(jobs[0], name="2.rhubarb.json")
    jobs[6] = replace(jobs[6], line=tmp_path / "none.wav")
    jobs[7] = replace(jobs[7], line=tmp_path / "bad.wav")
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    killed, came = 0, {}
    for job, outcome in speak_there(jobs, there, cluster=cluster, pictures=False, stopped=never):
        assert job.row not in came
        came[job.row] = outcome
        if not killed and (now := workers()):
            os.kill(now[0], signal.SIGKILL)
            killed = now[0]
    assert killed
    assert [row for row, outcome in sorted(came.items()) if outcome.status is not Status.done] == [8, 9]
    assert str(tmp_path / "bad.wav") in came[9].error and "cannot open" in came[8].error
    for job, outcome in speak_alone(jobs[:6], here, never):
        assert replace(came[job.row], took_s=0) == replace(outcome, took_s=0)
    mine = {path.name: path.read_bytes() for path in here.iterdir()}
    assert {path.name: path.read_bytes() for path in there.iterdir() if path.is_file()} == mine


@pytest.mark.parametrize(
    "address", ["127.0.0.1:1", "ray://127.0.0.1:1", "nonsense", "[::1", "", "nowhere.invalid:6379"]
)
def test_no_cluster_is_one_sentence(address: str) -> None:
    with pytest.raises(LinkError, match="there is no Ray cluster at"), joined(address):
        pass


def test_without_ray_the_pip_line_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingDependency, match=r"pip install 'talkwire\[cluster\]'"), joined("local"):
        pass
