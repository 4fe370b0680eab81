"""A training that is killed, runs out of disk or out of time: what it leaves, and how it goes on."""

import io
import itertools
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dyntet_support import (
    CONSENT,
    ENVIRONMENT,
    LICENCE,
    PROGRAM,
    Learned,
    learned,
    run_cli,
    shrink,
    tiny_recipe,
)
from talkwire.runtime.errors import TrainingError

for needed in ("torch", "onnxscript", "scipy", "igl", "xatlas"):
    pytest.importorskip(needed, reason=f"training needs {needed}: pip install 'talkwire[train]'")

import torch  # noqa: E402

from talkwire.training.capture import Capture, load_capture  # noqa: E402
from talkwire.training.checkpoint import (  # noqa: E402
    BEFORE,
    NEWEST,
    VERSION,
    Checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from talkwire.training.dyntet import train as training  # noqa: E402
from talkwire.training.dyntet.batches import Footage  # noqa: E402
from talkwire.training.dyntet.learn import split_frames  # noqa: E402
from talkwire.training.dyntet.mesh import HeadMesh  # noqa: E402
from talkwire.training.dyntet.prior import HeadPrior  # noqa: E402
from talkwire.training.dyntet.recipe import TIERS  # noqa: E402
from talkwire.training.dyntet.train import Standing, fingerprint, make_trainer, train  # noqa: E402
from talkwire.training.dyntet.trainer import Trainer  # noqa: E402
from talkwire.training.heads.choose import load_head  # noqa: E402

FULL_DISK = Path("/dev/full")
needs_full_disk = pytest.mark.skipif(not FULL_DISK.exists(), reason="no /dev/full here")
PATIENCE_S = 300.0


# --- a checkpoint on disk


def checkpoint(step: int, belongs_to: str = "this") -> Checkpoint:
    rng = torch.Generator().manual_seed(step)
    mesh = HeadMesh(
        rest_vx3=torch.rand(5, 3, generator=rng),
        triangles_fx3=torch.tensor([[0, 1, 2], [2, 3, 4]]),
        rides_v=torch.tensor([0, 1, 0, 3, 3]),
    )
    state = {"layer.weight": torch.rand(4, 4, generator=rng)}
    optimizer = {"state": {0: {"step": torch.tensor(2.0)}}, "param_groups": [{"lr": 1e-3, "params": [0]}]}
    history = [{"step": 10.0, "stage": 2.0, "seconds": 1.5, "image": 0.1}]
    random = '{"bit_generator": "PCG64", "state": {"state": 123456789012345678901234567890}}'
    return Checkpoint(belongs_to, "mesh", step, 12.5, state, optimizer, vars(mesh), random, history)


def step_in(folder: Path) -> int | None:
    found = load_checkpoint(folder, "this")
    return None if found is None else found.step


def test_what_is_saved_is_loaded_and_the_one_before_is_kept(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path, "this") is None
    save_checkpoint(replace(checkpoint(1), parts={}), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [NEWEST]
    save_checkpoint(checkpoint(2), tmp_path)
    save_checkpoint(checkpoint(3), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([NEWEST, BEFORE])
    found, wanted = load_checkpoint(tmp_path, "this"), checkpoint(3)
    assert found is not None
    for name in ("belongs_to", "stage", "step", "seconds", "random", "history", "optimizer"):
        assert getattr(found, name) == getattr(wanted, name)
    assert torch.equal(found.model["layer.weight"], wanted.model["layer.weight"])
    assert found.parts.keys() == wanted.parts.keys()
    for name, tensor in wanted.parts.items():
        assert torch.equal(found.parts[name], tensor)
    (tmp_path / NEWEST).unlink()  # a kill between two renames
    assert step_in(tmp_path) == 2


def pickled(value: object) -> bytes:
    data = io.BytesIO()
    torch.save(value, data)
    return data.getvalue()


class Evil:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return Path.touch, (Path("touched"),)  # type: ignore[return-value]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "one byte": lambda data: data[:1],
    "half": lambda data: data[: len(data) // 2],
    "all but the end": lambda data: data[:-40],
    "garbage": lambda data: np.random.default_rng(0).bytes(5000),
    "text": lambda data: b"not a checkpoint at all",
    "something else": lambda data: pickled([1, 2, 3]),
    "no version": lambda data: pickled({"belongs_to": "this"}),
    "too little": lambda data: pickled({"version": VERSION, "belongs_to": "this"}),
    "a program": lambda data: pickled({"version": VERSION, "belongs_to": "this", "parts": Evil()}),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_falls_back_to_the_one_before_or_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for step in (1, 2):
        save_checkpoint(checkpoint(step), tmp_path)
    newest, before = tmp_path / NEWEST, tmp_path / BEFORE
    newest.write_bytes(DAMAGE[damage](newest.read_bytes()))
    assert step_in(tmp_path) == 1
    before.write_bytes(DAMAGE[damage](before.read_bytes()))
    with pytest.raises(TrainingError, match=r"no checkpoint in .* can be read: saw .*--resume") as failure:
        load_checkpoint(tmp_path, "this")
    assert "\n" not in str(failure.value)
    assert not (tmp_path / "touched").exists()  # nothing in a file is ever run


def test_another_trainings_is_refused_even_where_the_one_before_would_do(tmp_path: Path) -> None:
    save_checkpoint(checkpoint(1), tmp_path)
    save_checkpoint(checkpoint(2, "that"), tmp_path)
    with pytest.raises(TrainingError, match="is of another training: saw another video, recipe or version"):
        load_checkpoint(tmp_path, "this")


@needs_full_disk
def test_a_full_disk_is_one_sentence_and_the_checkpoint_before_is_there(tmp_path: Path) -> None:
    save_checkpoint(checkpoint(1), tmp_path)
    (tmp_path / f"{NEWEST}.partial").symlink_to(FULL_DISK)
    with pytest.raises(TrainingError, match=r"cannot be saved in .*: saw .*free some space") as failure:
        save_checkpoint(checkpoint(2), tmp_path)
    assert "\n" not in str(failure.value)
    assert [path.name for path in tmp_path.iterdir()] == [NEWEST]
    assert step_in(tmp_path) == 1
    with pytest.raises(TrainingError, match="saw No such file or directory"):
        save_checkpoint(checkpoint(1), tmp_path / "nowhere")


# --- a training


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Learned:
    return learned(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def capture(made: Learned) -> Capture:
    return load_capture(made.capture)


@pytest.fixture(scope="module")
def prior(capture: Capture) -> HeadPrior:
    return HeadPrior(load_head("nova"), capture.identity_i, hair=True)


@pytest.fixture
def trainer(capture: Capture, prior: HeadPrior) -> Trainer:
    torch.set_num_threads(1)
    return make_trainer(capture, prior, tiny_recipe(), split_frames(capture)[0], torch.device("cpu"))


def written(folder: Path) -> Checkpoint:
    values = torch.load(folder / NEWEST, weights_only=True)
    values.pop("version")
    return Checkpoint(**values)


def losses(history: list[dict[str, float]]) -> list[dict[str, float]]:
    """Without the time they took."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history]


def assert_same_curve(found: list[dict[str, float]], wanted: list[dict[str, float]]) -> None:
    assert [(row["stage"], row["step"]) for row in found] == [(row["stage"], row["step"]) for row in wanted]
    for a, b in zip(losses(found), losses(wanted), strict=True):
        assert a == pytest.approx(b, rel=1e-4)


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "avatar.json"}


SAVED = 44  # 20 of prior, 10 of free, and 14 of mesh
KILLED = f"""{PROGRAM}
import os, signal
from talkwire.training.dyntet import train
train.SAVE_EVERY_S = -1.0  # after every step
left, fsync = {SAVED}, os.fsync

def fsync_or_die(handle):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)  # a whole file lies there, and is not renamed yet
    left -= 1
    fsync(handle)

os.fsync = fsync_or_die
main()
"""


def test_a_killed_training_goes_on_to_the_same_head(
    made: Learned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed in the middle of a step's checkpoint, in a process of its own."""
    out, work = tmp_path / "tiny.talkwire", tmp_path / "tiny_work"
    words = ["train", "dyntet", made.capture, "-o", out, "--consent", CONSENT, "--licence", LICENCE]
    work.mkdir()
    (work / "ablation.json").write_text("{}")  # of a training before
    command = [sys.executable, "-c", KILLED, *map(str, words)]
    killed = subprocess.run(command, env=ENVIRONMENT, capture_output=True, timeout=PATIENCE_S)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert not out.exists()
    assert (work / f"{NEWEST}.partial").exists()
    there = written(work)
    assert (there.stage, there.step) == ("mesh", SAVED - 30)

    shrink(monkeypatch)
    assert run_cli(monkeypatch, *words, "--resume") == 0
    shown = capsys.readouterr().out
    assert "PSNR inside the head" in shown
    assert f"{out} (" in shown
    assert "tiny_report/index.html" in shown
    assert sorted(path.name for path in work.iterdir()) == sorted([NEWEST, BEFORE])
    done = written(work)
    assert done.stage == "done"
    assert done.history[: len(there.history)] == there.history  # not one step was done again
    assert_same_curve(done.history, written(made.work).history)
    assert members(out) == members(made.out)


@pytest.mark.parametrize(("stage", "step"), [("prior", 9), ("free", 9)])
def test_an_interrupted_stage_goes_on_from_its_checkpoint(
    made: Learned, trainer: Trainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str, step: int
) -> None:
    def interrupt(standing: Standing) -> None:
        if standing.stage == stage:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training, "SAVE_EVERY_S", -1.0)
        with pytest.raises(KeyboardInterrupt):
            train(trainer, tmp_path, progress=interrupt)
    there = written(tmp_path)
    assert (there.stage, there.step) == (stage, step)
    footage = trainer.footage
    again = make_trainer(footage.capture, trainer.prior, trainer.recipe, footage.frames_k, trainer.device)
    assert_same_curve(train(again, tmp_path, resume=True), written(made.work).history)


def test_a_finished_training_is_not_done_again(made: Learned, trainer: Trainer, tmp_path: Path) -> None:
    (tmp_path / NEWEST).write_bytes((made.work / NEWEST).read_bytes())
    told: list[Standing] = []
    history = train(trainer, tmp_path, resume=True, progress=told.append)
    assert told == []
    assert history == written(made.work).history
    for name, value in written(made.work).model.items():
        assert torch.equal(trainer.model.state_dict()[name], value)


def test_without_resume_a_training_begins_anew(made: Learned, trainer: Trainer, tmp_path: Path) -> None:
    class Begun(Exception):
        pass

    def stop(standing: Standing) -> None:
        assert standing.stage == "prior"
        raise Begun

    (tmp_path / NEWEST).write_bytes((made.work / NEWEST).read_bytes())
    with pytest.raises(Begun):
        train(trainer, tmp_path, progress=stop)


def test_the_checkpoint_of_another_recipe_or_video_is_refused(
    made: Learned,
    trainer: Trainer,
    capture: Capture,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe, footage = trainer.recipe, trainer.footage

    def filmed(other: Capture) -> Trainer:
        return replace(trainer, footage=Footage(other, footage.frames_k, footage.window))

    others = [
        replace(trainer, recipe=replace(recipe, seed=1)),
        replace(trainer, recipe=replace(recipe, mesh_steps=31)),
        replace(trainer, recipe=replace(recipe, weights=recipe.weights | {"image": 2.0})),  # type: ignore[operator]
        replace(trainer, recipe=replace(recipe, widths=replace(recipe.widths, code=17))),
        replace(trainer, recipe=replace(recipe, ablation=replace(recipe.ablation, warm_up=False))),
        filmed(replace(capture, codes_nx52=capture.codes_nx52 + np.float32(1e-6))),
        filmed(replace(capture, card=replace(capture.card, source="another.mp4"))),
        filmed(replace(capture, frames_nxhxwx3=capture.frames_nxhxwx3[:, :88])),
    ]
    same = written(made.work).belongs_to
    assert fingerprint(trainer) == same
    assert len({same, *(fingerprint(other) for other in others)}) == 1 + len(others)
    for other in others[:1] + others[-1:]:
        with pytest.raises(TrainingError, match="is of another training"):
            train(other, made.work, resume=True)
    before = made.out.read_bytes()
    shrink(monkeypatch)
    monkeypatch.setitem(TIERS, "cpu", others[0].recipe)  # type: ignore[arg-type]
    words = ("train", "dyntet", made.capture, "-o", made.out, "--consent", CONSENT, "--resume")
    assert run_cli(monkeypatch, *words) == TrainingError.exit_code
    shown = capsys.readouterr()
    assert shown.err.startswith("talkwire: the checkpoint in ")
    assert shown.err.count("\n") == 1
    assert made.out.read_bytes() == before


@needs_full_disk
def test_a_training_on_a_full_disk_ends_in_one_sentence(
    trainer: Trainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(standing: Standing) -> None:  # the disk, after ten steps
        (tmp_path / f"{NEWEST}.partial").symlink_to(FULL_DISK)

    monkeypatch.setattr(training, "SAVE_EVERY_S", -1.0)
    with pytest.raises(TrainingError, match=r"cannot be saved in .*go on with --resume"):
        train(trainer, tmp_path, progress=fill)
    there = load_checkpoint(tmp_path, fingerprint(trainer))
    assert there is not None
    assert (there.stage, there.step) == ("prior", 9)


def test_a_loss_that_is_not_finite_stops_before_it_is_saved(trainer: Trainer, tmp_path: Path) -> None:
    weights = trainer.recipe.weights | {"prior_offset": float("nan")}  # type: ignore[operator]
    lost = replace(trainer, recipe=replace(trainer.recipe, weights=weights))
    with pytest.raises(TrainingError, match="come apart: saw a loss of nan in step 0 of stage prior"):
        train(lost, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_training_with_too_little_time_is_still_a_head(trainer: Trainer, tmp_path: Path) -> None:
    """By a clock that jumps a second whenever it is looked at."""
    ticks = itertools.count()
    told: list[Standing] = []
    history = train(trainer, tmp_path, minutes=3.0, clock=lambda: float(next(ticks)), progress=told.append)
    recipe = trainer.recipe
    assert sum(row["stage"] == 2 for row in history) >= 1
    assert len(history) < (recipe.prior_steps + recipe.free_steps + recipe.mesh_steps) / 10
    assert history[-1]["seconds"] < 180 + 10
    assert [standing.share for standing in told] == sorted(standing.share for standing in told)
    assert 0.5 < told[-1].share <= 1
    assert written(tmp_path).stage == "done"
    codes = trainer.footage.codes(trainer.footage.frames_k[:1])
    assert torch.isfinite(trainer.model.shape(codes).vertices_bxvx3).all()


def test_with_no_time_at_all_there_is_a_mesh(trainer: Trainer, tmp_path: Path) -> None:
    ticks = itertools.count(step=1000)
    assert train(trainer, tmp_path, minutes=0.1, clock=lambda: float(next(ticks))) == []
    assert trainer.model.mesh is not None
    assert len(trainer.model.mesh.triangles_fx3) > 1000
