"""The whole way from a capture to an avatar, small: what is promised of file, figures and page."""

import base64
import io
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from dyntet_support import CONSENT, FRAMES, LICENCE, Learned, learned, tiny_recipe
from talkwire.runtime.avatar import DyntetAvatar, load_avatar
from talkwire.runtime.errors import AvatarError, TrainingError

for needed in ("torch", "onnxscript", "scipy", "igl", "xatlas"):
    pytest.importorskip(needed, reason=f"training needs {needed}: pip install 'talkwire[train]'")

import torch  # noqa: E402
from PIL import Image  # noqa: E402

from talkwire.runtime.render import Renderer  # noqa: E402
from talkwire.training import perceptual  # noqa: E402
from talkwire.training.capture import Capture, load_capture  # noqa: E402
from talkwire.training.dyntet import ablate as ablation  # noqa: E402
from talkwire.training.dyntet.ablate import VARIANTS  # noqa: E402
from talkwire.training.dyntet.batches import Footage  # noqa: E402
from talkwire.training.dyntet.learn import HELD_OUT, choose_device, split_frames  # noqa: E402
from talkwire.training.dyntet.rehearsal import random_windows  # noqa: E402
from talkwire.training.dyntet.report import POSES, write_report  # noqa: E402
from talkwire.training.dyntet.shots import Shots  # noqa: E402
from talkwire.training.heads.nova import load_nova_head  # noqa: E402

FULL_DISK = Path("/dev/full")
needs_full_disk = pytest.mark.skipif(not FULL_DISK.exists(), reason="no /dev/full here")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Learned:
    return learned(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def capture(made: Learned) -> Capture:
    return load_capture(made.capture)


@pytest.fixture(scope="module")
def head(made: Learned) -> DyntetAvatar:
    avatar = load_avatar(made.out)
    assert isinstance(avatar, DyntetAvatar)
    return avatar


@pytest.fixture(scope="module")
def network(head: DyntetAvatar) -> DyntetAvatar:
    return DyntetAvatar(head.card, head.topology, head.window, head.data, head.figures, "network")


def windows_of(capture: Capture, frames: np.ndarray, head: DyntetAvatar) -> np.ndarray:
    return Footage(capture, frames, head.window).codes(frames).numpy().transpose(0, 2, 1)


# --- the file


def test_the_card_says_who_is_shown_and_what_was_measured(head: DyntetAvatar, made: Learned) -> None:
    card = head.card
    assert (card.name, card.kind, card.made_by) == ("tiny", "dyntet", "talkwire train dyntet")
    assert (card.shows, card.licence) == (CONSENT, LICENCE)
    assert "talkwire.training.synth, seed 3" in card.credit
    assert load_nova_head().credit in card.credit
    assert head.figures == made.figures
    trained = made.figures["training"]
    assert (trained["frames"], trained["head"], trained["exact"], trained["light"]) == (
        FRAMES,
        "nova",
        True,
        "flat",
    )
    assert (trained["steps"], trained["device"], trained["seed"]) == (60, "cpu", 0)
    assert made.figures["vertices"] == len(head.data.mean_vx3)


def test_saving_what_was_loaded_gives_the_same_bytes(
    head: DyntetAvatar, made: Learned, tmp_path: Path
) -> None:
    head.save(tmp_path / "again.talkwire")
    assert (tmp_path / "again.talkwire").read_bytes() == made.out.read_bytes()


def test_nothing_half_written_is_left(made: Learned) -> None:
    folders = (made.out.parent, made.work, made.report.parent)
    assert [path for folder in folders for path in folder.rglob("*.partial")] == []
    assert sorted(path.name for path in made.report.parent.iterdir()) == ["figures.json", "index.html"]


def test_basis_and_network_agree_as_far_as_was_measured(
    head: DyntetAvatar, network: DyntetAvatar, capture: Capture
) -> None:
    learned_k, held_k = split_frames(capture)

    def apart_mm(windows: np.ndarray) -> np.ndarray:
        pairs = [(head.vertices(codes), network.vertices(codes)) for codes in windows]
        return np.concatenate([1000 * np.linalg.norm(a - b, axis=1) for a, b in pairs])

    held = head.figures["held_out"]["basis"]
    found = apart_mm(windows_of(capture, held_k, head))
    assert np.percentile(found, 99) == pytest.approx(held["p99_mm"], rel=1e-3, abs=1e-6)
    assert found.max() <= held["max_mm"] * 1.001
    seen = capture.codes_nx52[learned_k]
    rehearsed = random_windows(30, head.window, np.random.default_rng(99), seen).numpy().transpose(0, 2, 1)
    assert np.percentile(apart_mm(rehearsed), 99) < 2 * head.figures["basis"]["p99_mm"] + 1e-3


def test_both_ways_are_drawn_alike(head: DyntetAvatar, network: DyntetAvatar, capture: Capture) -> None:
    codes = windows_of(capture, np.array([12]), head)[0]
    pictures = []
    for avatar in (head, network):
        with Renderer(avatar.topology, width=128, height=128) as renderer:
            for patch in avatar.texture_patches(codes):
                renderer.retouch(patch)
            pictures.append(renderer.draw(avatar.vertices(codes)).astype(int))
    assert np.abs(pictures[0] - pictures[1]).mean() < 0.5
    assert pictures[0].std() > 20  # of something


def test_at_rest_the_mesh_is_its_topologys_neutral(head: DyntetAvatar, network: DyntetAvatar) -> None:
    still = np.zeros((1, 52), np.float32)
    np.testing.assert_allclose(network.vertices(still), head.topology.neutral_vx3, atol=2e-6)
    spread = np.abs(network.vertices(still + 0.5) - head.topology.neutral_vx3)
    assert spread.max() > 1e-4  # and it moves
    low, high = head.figures["bounds_m"]
    skin = head.topology.neutral_vx3[: len(head.data.skin_vertex_s)]
    assert (skin.min(axis=0) > np.array(low) - 0.01).all()
    assert (skin.max(axis=0) < np.array(high) + 0.01).all()


def test_seams_are_one_place(head: DyntetAvatar) -> None:
    topology = head.topology
    np.testing.assert_array_equal(topology.neutral_vx3[topology.weld_v], topology.neutral_vx3)
    np.testing.assert_array_equal(topology.weld_v[topology.weld_v], topology.weld_v)
    skin = len(head.data.skin_vertex_s)
    assert len(np.unique(topology.weld_v[:skin])) == len(head.data.mean_vx3)


def test_parts_are_runs_that_cover_all_triangles(head: DyntetAvatar) -> None:
    parts = head.topology.parts
    assert [part.name for part in parts][:2] == ["skin", "scalp"]
    assert {"lining", "eyes", "teeth", "tongue"} <= {part.name for part in parts}
    ends = np.cumsum([part.triangle_count for part in parts])
    assert [part.first_triangle for part in parts] == [0, *ends[:-1]]
    assert ends[-1] == len(head.topology.triangles_tx3)


# --- figures


def test_figures_are_numbers_of_held_out_frames(made: Learned) -> None:
    held = made.figures["held_out"]
    assert held["frames"] == FRAMES - int(FRAMES * (1 - HELD_OUT))
    assert (held["mode"], held["size_hw"]) == ("basis", [96, 96])
    pictures, surface, lips = held["pictures"], held["surface"], held["lips"]
    assert 10 < pictures["head_psnr_db_worst"] <= pictures["head_psnr_db"] < pictures["whole_frame_psnr_db"]
    assert 0 < pictures["head_ssim"] < 1
    assert ("st_lpips" in pictures) == perceptual.installed()
    assert 0 < surface["mean_mm"] < surface["p95_mm"] < surface["max_mm"] < 60
    assert -1.001 < lips["aperture_r"] < 1.001
    assert json.loads(json.dumps(made.figures)) == made.figures  # nothing that JSON would change


def test_the_ablation_has_a_row_for_each_part_and_the_same_columns(made: Learned) -> None:
    table = json.loads((made.work / "ablation.json").read_text())
    assert list(table) == list(VARIANTS)
    assert len({tuple(row) for row in table.values()}) == 1
    assert np.isfinite([list(row.values()) for row in table.values()]).all()
    assert len({json.dumps(row) for row in table.values()}) == len(table)  # each is another training


def test_on_a_clock_all_rows_of_the_ablation_take_as_many_steps_as_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a busy minute would be laid to the part that is missing."""
    calls: list[tuple[tuple[int, int, int], float | None]] = []

    def train(trainer: SimpleNamespace, folder: Path, **options: Any) -> list[dict[str, float]]:
        recipe = trainer.recipe
        steps = recipe.prior_steps, recipe.free_steps, recipe.mesh_steps
        calls.append((steps, options["minutes"]))
        done = (30, 40, 50) if options["minutes"] else steps
        return [{"stage": float(k), "step": float(step)} for k, step in enumerate(done)]

    monkeypatch.setattr(
        ablation, "make_trainer", lambda capture, prior, recipe, *_: SimpleNamespace(recipe=recipe)
    )
    monkeypatch.setattr(ablation, "train", train)
    monkeypatch.setattr(ablation, "measure", lambda *_: {})
    nothing: Any = None
    recipe = replace(tiny_recipe(), prior_steps=500, free_steps=500, mesh_steps=5000)
    common = nothing, nothing, recipe, nothing, nothing, tmp_path, nothing
    ablation.ablate(*common, 10.0, nothing)
    planned = (100, 100, 1000)
    assert calls == [(planned, 2.0), ((30, 40, 50), None), ((0, 40, 50), None), ((30, 40, 50), None)]
    calls.clear()
    ablation.ablate(*common, None, nothing)
    assert calls == [(planned, None), (planned, None), ((0, 100, 1000), None), (planned, None)]


# --- the page


class Page(HTMLParser):
    """Text, pictures and table rows; fails on a tag that is not closed where it should be."""

    EMPTY = ("meta", "img", "br")

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text, self.titles = "", []
        self.pictures: list[tuple[str, str]] = []
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img":
            self.pictures.append((given["src"] or "", given["alt"] or ""))
        if tag not in self.EMPTY:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._open[-1:] == ["h2"]:
            self.titles.append(data)
        if self._open[-1:] in (["td"], ["th"]):
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def page(made: Learned) -> Page:
    return Page(made.report.read_text())


def test_the_page_is_whole_and_every_picture_on_it_opens(page: Page, made: Learned) -> None:
    assert page.titles == [
        *("The avatar's card", "Held-out frames", "Mouth, lids, gaze", "All round", "Training"),
        "What each part is for",
    ]
    assert len(page.pictures) == 4
    for source, words in page.pictures:
        kind, _, data = source.removeprefix("data:image/").partition(";base64,")
        with Image.open(io.BytesIO(base64.b64decode(data, validate=True))) as picture:
            assert picture.format == kind.upper()
            assert min(picture.size) >= 190
            assert np.asarray(picture.convert("L")).std() > 2
        assert len(words) > 10
    assert "http" not in made.report.read_text()  # it needs nothing but itself


def test_the_page_shows_the_card_and_the_figures(page: Page, made: Learned) -> None:
    rows = {row[0]: row[1] for row in page.rows if len(row) == 2}
    assert rows["shows"] == CONSENT  # with its angle brackets, as text
    assert rows["licence"] == LICENCE
    assert rows["training: head"] == "nova"
    psnr = made.figures["held_out"]["pictures"]["head_psnr_db"]
    assert rows["held out: pictures: head psnr db"] == f"{psnr:.4g}"
    assert "Pictures of it are generated" in page.text
    assert json.loads((made.report.parent / "figures.json").read_text()) == made.figures


def test_the_page_shows_the_ablation(page: Page) -> None:
    rows = [row for row in page.rows if len(row) > 2]
    assert rows[0][0] == ""
    assert [row[0] for row in rows[1:]] == list(VARIANTS)
    assert np.isfinite([[float(value) for value in row[1:]] for row in rows[1:]]).all()


@needs_full_disk
def test_a_full_disk_spoils_neither_the_avatar_nor_the_page_before(
    head: DyntetAvatar, made: Learned, tmp_path: Path
) -> None:
    """Whatever is written to /dev/full meets a disk without space."""
    out, folder = tmp_path / "tiny.talkwire", tmp_path / "report"
    head.save(out)
    folder.mkdir()
    (folder / "index.html").write_text("the one before")
    for partial in (out.with_name("tiny.talkwire.partial"), folder / "index.html.partial"):
        partial.symlink_to(FULL_DISK)
    with pytest.raises(AvatarError, match=r"tiny\.talkwire cannot be written: saw No space left on device"):
        head.save(out)
    assert out.read_bytes() == made.out.read_bytes()
    picture = np.zeros((8, 8, 3), np.float32)
    shots = Shots(np.array([0]), [picture], [picture], [np.ones((8, 8), bool)])
    with pytest.raises(TrainingError, match=r"report in .* cannot be written: saw No space left") as failure:
        write_report(folder, head, shots, [], tmp_path)
    assert str(failure.value).count("\n") == 0
    assert "the avatar itself is done" in str(failure.value)
    assert (folder / "index.html").read_text() == "the one before"


def test_the_judges_stand_ins_do_not_stay() -> None:
    """A module without a version in sys.modules broke the figure of the report."""
    if not perceptual.installed():
        pytest.skip("no ST-LPIPS: pip install --no-deps stlpips_pytorch==0.0.2")
    import sys

    picture = np.random.default_rng(0).random((70, 90, 3)).astype(np.float32)
    perceptual._network.cache_clear()
    assert perceptual.st_lpips(picture, picture) == 0
    assert perceptual.st_lpips(picture, 1 - picture) > 0.01
    assert perceptual.st_lpips(picture[:20, :20], picture[:20, :20]) == 0  # small ones are enlarged
    for name in ("torchvision", "torchsummary", "IPython"):
        module = sys.modules.get(name)
        assert module is None or module.__spec__ is not None


def test_the_eight_poses_are_arkits() -> None:
    from talkwire.runtime.arkit import INDEX

    assert all(name in INDEX and 0 < weight <= 1 for pose in POSES.values() for name, weight in pose.items())


# --- what is learned from


def test_the_last_eleventh_is_kept_back_and_what_is_not_sure_is_in_neither(capture: Capture) -> None:
    learned_k, held_k = split_frames(capture)
    assert np.array_equal(np.concatenate([learned_k, held_k]), np.arange(FRAMES))
    assert len(held_k) == FRAMES - int(FRAMES * 10 / 11)
    confidence = capture.confidence_n.copy()
    confidence[[0, 5, FRAMES - 1]] = 0.2
    learned_k, held_k = split_frames(replace(capture, confidence_n=confidence))
    assert not {0, 5, FRAMES - 1} & {*learned_k.tolist(), *held_k.tolist()}
    assert learned_k.max() < held_k.min()


@pytest.mark.parametrize("sure", [0, 1, 2])
def test_too_little_is_one_sentence(capture: Capture, sure: int) -> None:
    confidence = np.zeros(FRAMES, np.float32)
    confidence[:sure] = 1
    with pytest.raises(TrainingError, match=f"too little to learn from: saw {sure} usable frames"):
        split_frames(replace(capture, confidence_n=confidence))


def test_a_card_that_is_not_there_is_one_sentence() -> None:
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(TrainingError, match="saw warp, wanted one of cpu, gpu"):
        choose_device("warp")
    if not torch.cuda.is_available():
        with pytest.raises(TrainingError, match="'gpu' cannot be trained here: saw no CUDA card"):
            choose_device("gpu")
