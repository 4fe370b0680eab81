"""A training of a made-up mouth of 16 pixels: it learns, is killed and goes on, and becomes an avatar."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

for needed in ("torch", "onnxscript", "scipy"):
    pytest.importorskip(needed, reason=f"training needs {needed}: pip install 'talkwire[train]'")

import torch  # noqa: E402
from PIL import Image  # noqa: E402

from g4g_footage import CLIP, CLIPS, SIDE, small_footage  # noqa: E402
from talkwire.runtime.avatar import load_avatar  # noqa: E402
from talkwire.runtime.avatar_card import AvatarCard  # noqa: E402
from talkwire.runtime.errors import TrainingError  # noqa: E402
from talkwire.runtime.g4g import G4gAvatar  # noqa: E402
from talkwire.runtime.g4g_geometry import HEARD_COLUMNS, WINDOW, mask_columns, mask_rows  # noqa: E402
from talkwire.runtime.machine import hardware  # noqa: E402
from talkwire.training.checkpoint import load_checkpoint  # noqa: E402
from talkwire.training.g4g import compile as compiling  # noqa: E402
from talkwire.training.g4g import train as training  # noqa: E402
from talkwire.training.g4g.batches import Batches, windows  # noqa: E402
from talkwire.training.g4g.compile import compile_avatar, encode_frames  # noqa: E402
from talkwire.training.g4g.encoders import Widths  # noqa: E402
from talkwire.training.g4g.learn import only, split_frames, training_figures  # noqa: E402
from talkwire.training.g4g.probe import SAMPLES, SIMILARITY, drawn, held_clips  # noqa: E402
from talkwire.training.g4g.reader import LipReader  # noqa: E402
from talkwire.training.g4g.recipe import WITHOUT, Recipe  # noqa: E402
from talkwire.training.g4g.report import write_report  # noqa: E402
from talkwire.training.g4g.sync import TRUSTED, accuracy, off_sync  # noqa: E402
from talkwire.training.g4g.train import STAGES, fingerprint, make_trainer, train  # noqa: E402
from talkwire.training.g4g.trainer import Trainer  # noqa: E402
from talkwire.training.measures import correlation  # noqa: E402
from talkwire.training.standing import Standing, steps_done  # noqa: E402

TINY = Recipe(
    frames=4,
    clips=1,
    stretches=2,
    sync_steps=4,
    frame_steps=6,
    clip_steps=5,
    widths=Widths(half=8, quarter=12, aligned=12, code=16, fusion=4, critic=4),
)
REFERENCES = np.array([0, 4, 9, 33, 40])
FOOTAGE = small_footage()


@pytest.fixture(autouse=True)
def alike_to_the_bit() -> None:
    torch.set_num_threads(1)


def trainer_of(recipe: Recipe = TINY) -> Trainer:
    return make_trainer(FOOTAGE, *split_frames(FOOTAGE), REFERENCES, recipe, torch.device("cpu"))


def without_time(history: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history]


# --- what is drawn


def test_windows_do_not_reach_across_cuts_nor_into_what_must_not_be_used() -> None:
    confidence = FOOTAGE.confidence_n.copy()
    confidence[40] = 0
    rows = windows(replace(FOOTAGE, confidence_n=confidence))
    assert rows[0].tolist() == [0] * WINDOW
    assert rows[7].tolist() == [3, 4, 5, 6, 7]
    assert rows[CLIP + 1].tolist() == [CLIP] * 4 + [CLIP + 1]
    assert rows[42].tolist() == [41, 41, 41, 41, 42]


def test_borrowed_surroundings_are_another_moments_and_only_the_mask_counts() -> None:
    batches = Batches(FOOTAGE, FOOTAGE.usable, np.random.default_rng(0))
    own = batches.frames(6, borrowed=0.0, noise=0.0)
    assert torch.equal(own.crop, own.wanted)
    other = batches.frames(6, borrowed=1.0, noise=0.0)
    assert (other.crop != other.wanted).flatten(1).any(dim=1).all()
    outside = torch.ones(other.crop.shape[2:], dtype=torch.bool)
    outside[mask_rows(SIDE), mask_columns(SIDE)] = False
    assert other.weights_bx1xhxw[:, :, outside].max() == 0
    assert own.weights_bx1xhxw[:, :, outside].max() > 0
    shots = FOOTAGE.shots_n
    for frame, others in zip(batches.frames_k, batches.alike_kx4, strict=True):
        assert (shots[others] == shots[frame]).all()
        assert (np.abs(others - frame) != 0).all()


def test_a_clip_is_heard_by_one_network() -> None:
    batches = Batches(FOOTAGE, FOOTAGE.usable, np.random.default_rng(0))
    heard = FOOTAGE.heard_kxnx5xc
    seen = set()
    for _ in range(8):
        batch = batches.clips_of(2, borrowed=0.0, noise=0.0)
        assert (np.diff(batch.frames_b.reshape(2, WINDOW), axis=1) == 1).all()
        for rows, frames in zip(
            batch.heard.reshape(2, WINDOW, *heard.shape[2:]).numpy(),
            batch.frames_b.reshape(2, WINDOW),
            strict=True,
        ):
            network = [k for k in range(2) if np.array_equal(rows, heard[k, frames])]
            assert len(network) == 1
            seen |= set(network)
    assert seen == {0, 1}


def test_off_sync_pairs_are_heard_otherwise_and_not_beside() -> None:
    batches = Batches(FOOTAGE, FOOTAGE.usable, np.random.default_rng(0))
    frames, others = off_sync(batches, batches.frames_k, 40)
    assert len(frames) > 20
    same = FOOTAGE.shots_n[frames] == FOOTAGE.shots_n[others]
    assert same.any()
    apart = np.abs(FOOTAGE.heard_kxnx5xc[0, frames] - FOOTAGE.heard_kxnx5xc[0, others]).max(axis=(1, 2))
    assert (apart > 0.05).all()
    silent = replace(FOOTAGE, heard_kxnx5xc=np.zeros_like(FOOTAGE.heard_kxnx5xc))
    nothing = Batches(silent, FOOTAGE.usable, np.random.default_rng(0))
    assert len(off_sync(nothing, nothing.frames_k, 40)[0]) == 0
    trainer = replace(trainer_of(), batches=nothing)
    assert accuracy(trainer.networks.sync, nothing, nothing.frames_k) == 0.0
    loss = trainer.sync_step(0.0)["sync"]
    loss.backward()
    assert float(loss.detach()) == 0.0  # there is nothing to learn, and that is no mishap


def test_a_linear_reader_reads_lips() -> None:
    learned, held = split_frames(FOOTAGE)
    batches = Batches(FOOTAGE, learned, np.random.default_rng(0))
    mouths = torch.from_numpy(batches.mouths_nx3xmxm[held]).float() / 255
    read = LipReader.of(batches).read(mouths)
    assert correlation(read, FOOTAGE.lips_nx2[held, 0].astype(np.float64)) > 0.9


def test_too_little_footage_is_one_sentence() -> None:
    with pytest.raises(TrainingError, match=r"too little to learn from: saw no 9 usable frames in a row"):
        Batches(FOOTAGE, np.arange(0, 90, 2), np.random.default_rng(0))
    with pytest.raises(TrainingError, match=r"too little to learn from: saw 3 usable frames"):
        split_frames(only(FOOTAGE, np.arange(3)))


# --- a training


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trainer, list[dict[str, float]], Path]:
    """A tiny training without a kill."""
    torch.set_num_threads(1)
    work = tmp_path_factory.mktemp("g4g")
    trainer = trainer_of()
    return trainer, train(trainer, work), work


class Killed(Exception):
    pass


@pytest.mark.parametrize(("stage", "step"), [("sync", 2), ("frame", 3), ("clip", 4)])
def test_a_killed_training_goes_on_as_if_nothing_had_been(
    whole: tuple[Trainer, list[dict[str, float]], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    step: int,
) -> None:
    monkeypatch.setattr(training, "SAVE_EVERY_S", -1.0)  # after every step
    monkeypatch.setattr(training, "RECORD_EVERY", 1)

    def kill(standing: Standing) -> None:
        here = load_checkpoint(tmp_path, fingerprint(killed))
        if here is not None and (here.stage, here.step) == (stage, step):
            raise Killed

    killed = trainer_of()
    with pytest.raises(Killed):
        train(killed, tmp_path, progress=kill)
    again = trainer_of()
    history = train(again, tmp_path, resume=True)
    trainer, _, _ = whole
    for name, value in trainer.networks.state_dict().items():
        torch.testing.assert_close(again.networks.state_dict()[name], value, msg=name)
    assert steps_done(history, STAGES) == {"sync": 4, "frame": 6, "clip": 5}
    assert [row["step"] for row in history if "held_psnr_db" not in row] == [
        *range(1, 5),
        *range(1, 7),
        *range(1, 6),
    ]


def test_a_finished_training_is_not_done_again(
    whole: tuple[Trainer, list[dict[str, float]], Path],
) -> None:
    trainer, history, work = whole
    told: list[Standing] = []
    again = trainer_of()
    assert train(again, work, resume=True, progress=told.append) == history
    assert told == []
    assert torch.equal(again.networks.said.weight, trainer.networks.said.weight)


def test_the_checkpoint_of_another_recipe_or_footage_is_refused(
    whole: tuple[Trainer, list[dict[str, float]], Path],
) -> None:
    trainer, _, work = whole
    others = [
        replace(trainer, recipe=replace(TINY, noise=0.2)),
        replace(trainer, recipe=replace(TINY, ablation=WITHOUT["fusion"])),
        replace(trainer, held_k=trainer.held_k[1:]),
        replace(trainer, references_r=trainer.references_r + 1),
    ]
    assert len({fingerprint(trainer), *(fingerprint(other) for other in others)}) == 5
    with pytest.raises(TrainingError, match="is of another training"):
        train(others[0], work, resume=True)


def test_a_loss_that_is_not_finite_stops_before_it_is_saved(tmp_path: Path) -> None:
    lost = trainer_of(replace(TINY, sync_steps=0, weights=TINY.weights | {"image": float("nan")}))  # type: ignore[operator]
    with pytest.raises(TrainingError, match="come apart: saw a loss of nan in step 0 of stage frame"):
        train(lost, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_with_hardly_any_time_there_is_a_model_and_a_look(tmp_path: Path) -> None:
    ticks = itertools.count(step=20)
    told: list[Standing] = []
    trainer = trainer_of(replace(TINY, frame_steps=1000, clip_steps=1000))
    clock = lambda: float(next(ticks))  # noqa: E731
    history = train(trainer, tmp_path, minutes=10, clock=clock, progress=told.append)
    assert 1 <= len(history) < 20
    assert "held_psnr_db" in history[-1]
    shares = [standing.share for standing in told]
    assert shares == sorted(shares)


def test_a_look_leaves_pictures_and_figures(
    whole: tuple[Trainer, list[dict[str, float]], Path],
) -> None:
    trainer, history, work = whole
    looks = [row for row in history if "held_psnr_db" in row]
    assert len(looks) == 1
    assert 3 < looks[0]["held_psnr_db"] < 40
    assert all(np.isfinite(value) for value in looks[0].values())
    shown = work / training.SHOWN
    kinds = sorted(path.name.partition(".")[2] for path in shown.iterdir())
    assert kinds == sorted([SAMPLES, SIMILARITY])
    for path in shown.iterdir():
        assert np.asarray(Image.open(path)).std() > 2
    assert np.concatenate(held_clips(trainer)).tolist() == trainer.held_k.tolist()


def test_without_the_diagonal_or_fusion_it_trains_as_well(tmp_path: Path) -> None:
    for name, ablation in WITHOUT.items():
        recipe = replace(TINY, sync_steps=0, frame_steps=1, clip_steps=1, ablation=ablation)
        (tmp_path / name).mkdir()
        history = train(trainer_of(recipe), tmp_path / name)
        terms = set().union(*history)
        assert ("own" in terms) == (name != "diagonal")
        assert "sync" not in terms  # nobody has taught that network


def test_what_is_learned_follows_the_sound(tmp_path: Path) -> None:
    """Losses fall, and lips drawn in other moments' surroundings open with the jaw that is heard."""
    recipe = replace(TINY, frames=6, sync_steps=0, frame_steps=70, clip_steps=0, rate=3e-3, noise=0.0)
    trainer = trainer_of(recipe)
    history = train(trainer, tmp_path)
    drawn_badly = [row["scales"] for row in history if "scales" in row]
    assert drawn_badly[-1] < 0.75 * drawn_badly[0]
    said = trainer.batches.frames_k[:40]
    mouths = drawn(trainer, trainer.maps(), said, said[::-1])
    square = mouths[..., 15:20, 8:12].mean(dim=(1, 2, 3)).numpy().astype(np.float64)
    assert correlation(-square, FOOTAGE.lips_nx2[said, 0].astype(np.float64)) > 0.8


# --- an avatar


def test_the_avatar_draws_what_the_model_draws(
    whole: tuple[Trainer, list[dict[str, float]], Path], tmp_path: Path
) -> None:
    trainer, history, work = whole
    figures = {"training": training_figures(trainer, history)}
    assert figures["training"]["hardware"] == hardware()
    assert figures["training"]["sync_loss"].startswith("not used") or (
        figures["training"]["sync_accuracy"] > TRUSTED
    )
    card = AvatarCard("tiny", "g4g", "CC0-1.0", "made up", "tests", "nobody")
    avatar = compile_avatar(trainer, card, figures, lambda stage, share: None)
    avatar.save(tmp_path / "tiny.talkwire")
    loaded = load_avatar(tmp_path / "tiny.talkwire")
    assert isinstance(loaded, G4gAvatar)
    assert loaded.figures == figures
    assert len(loaded.data.frames) <= CLIP * CLIPS
    weights = np.zeros((WINDOW, 52), np.float32)
    weights[:, HEARD_COLUMNS] = FOOTAGE.heard_kxnx5xc[0, 5]
    whole_frame, mouth = loaded.texture_patches(weights, 0.2)
    assert whole_frame.rgb_hxwx3.shape == (*FOOTAGE.size_hw, 3)
    assert mouth.rgb_hxwx3.size > 0
    report = write_report(tmp_path, loaded, FOOTAGE, REFERENCES.tolist(), work / training.SHOWN, history)
    page = report.read_text()
    assert page.count("<img") >= 5
    assert "diagonal must emerge" in page
    assert "http" not in page


def test_frames_that_are_too_large_are_packed_harder(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)]
    best = encode_frames(frames)
    monkeypatch.setattr(compiling, "MOST_BYTES", len(best[0]) - 1)
    assert len(encode_frames(frames)[0]) < len(best[0])
