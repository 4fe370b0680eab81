"""Training for real, on a few clips: it learns, it resumes, and the graph is the network."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import LINE
from talkwire.runtime.arkit import ARKIT_NAMES, INDEX
from talkwire.runtime.ear import SILENT_ROW
from talkwire.runtime.engine_onnx import OnnxEngine
from talkwire.runtime.errors import MissingDependency, TrainingError
from talkwire.runtime.mind import Mind
from talkwire.runtime.minds import Preset, open_mind
from talkwire.runtime.voices import Voices

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'talkwire[train]'")

from talkwire.training.motion import articulation, synthetic  # noqa: E402
from talkwire.training.motion.articulation import articulation_of, measured, with_lips  # noqa: E402
from talkwire.training.motion.augment import RESTING, draw, plain  # noqa: E402
from talkwire.training.motion.corpus import Clip, load  # noqa: E402
from talkwire.training.motion.evaluate import judge  # noqa: E402
from talkwire.training.motion.export import ROUNDED_TOLERANCE, export  # noqa: E402
from talkwire.training.motion.lips import NARROWER_BY, WIDER_BY, _gains, fitted  # noqa: E402
from talkwire.training.motion.metrics import Spoken, aperture, measure  # noqa: E402
from talkwire.training.motion.network import (  # noqa: E402
    LOOK_AHEAD_STEPS,
    Motion,
    compose,
    decompose,
    weights,
)
from talkwire.training.motion.phone_times import read_phones  # noqa: E402
from talkwire.training.motion.phones import (  # noqa: E402
    CLASSES,
    CURVES,
    GLIDES,
    PHONES,
    UNKNOWN_CLASS,
    VOWELS,
)
from talkwire.training.motion.shown import shown  # noqa: E402
from talkwire.training.motion.targets import Targets, make_targets  # noqa: E402
from talkwire.training.motion.train import Recipe, loss_of, move, train  # noqa: E402
from talkwire.training.onnx_export import in_8_bits, to_onnx  # noqa: E402


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def clips(grid_s1: Path, cache: Path) -> dict[str, list[Clip]]:
    return load(grid_s1, cache, limit=3)


def made_up_clip(phones: str = "SIL P AA B IY F AE SIL", each_s: float = 0.12) -> Clip:
    """A clip of noise: what targets say does not depend on the sound."""
    names = phones.split()
    times = [(name, i * each_s, (i + 1) * each_s) for i, name in enumerate(names)]
    rng = np.random.default_rng(0)
    rows = {pitch: rng.normal(-6, 3, (110, 80)).astype(np.float16) for pitch in (1.0, 1.17)}
    return Clip("made up", rows, tuple(times))


def steps_of(clip: Clip, phone: str) -> slice:
    start_s, end_s = next((a, b) for name, a, b in clip.phones if name == phone)
    return slice(round(start_s * 50) + 1, round(end_s * 50))


def test_loss_falls_on_real_clips_and_the_graph_is_the_network(
    clips: dict[str, list[Clip]], tmp_path: Path
) -> None:
    said: list[str] = []
    network = untrained()
    losses = train(
        network,
        lesson(clips["train"]),
        Recipe(epochs=40, batch_clips=3, steps=120),
        val=clips["val"],
        say=said.append,
    )
    assert np.mean(losses[-5:]) < 0.8 * losses[0]
    assert loss_on(network, clips["train"]) < 0.9 * loss_on(Motion(), clips["train"])
    assert len(said) == 40
    assert "val closures" in said[-1]
    check_graph(network, clips["val"][0], tmp_path)


def test_loss_falls_without_any_data_at_hand() -> None:
    clips = [made_up_clip(), made_up_clip("SIL M EY V OW SIL")]
    network = untrained()
    train(network, lesson(clips), Recipe(epochs=40, batch_clips=2, steps=50), say=lambda _: None)
    assert loss_on(network, clips) < 0.8 * loss_on(Motion(), clips)


def untrained() -> Motion:
    torch.manual_seed(7)
    return Motion()


def lesson(clips: list[Clip]) -> list[tuple[Clip, Targets]]:
    return [(clip, make_targets(clip, measured(clip))) for clip in clips]


def loss_on(network: Motion, clips: list[Clip]) -> float:
    """Of one fixed batch, so that luck in augmentation cannot look like learning."""
    pairs = lesson(clips)
    with torch.no_grad():
        return float(loss_of(network, draw(np.random.default_rng(99), pairs, 80)))


def test_the_exported_graph_streams_as_the_network_does(tmp_path: Path) -> None:
    torch.manual_seed(0)
    check_graph(Motion(), made_up_clip(), tmp_path)


def check_graph(network: Motion, clip: Clip, folder: Path) -> None:
    path = folder / "motion.onnx"
    difference = export(network, path, {"figures": {"r": 0.5}})
    assert difference < ROUNDED_TOLERANCE
    assert path.stat().st_size < 12e6
    assert [file.name for file in folder.iterdir()] == ["motion.onnx"]
    engine = OnnxEngine.from_file(path)
    assert json.loads(engine.metadata["figures"]) == {"r": 0.5}
    assert "CC BY 4.0" in engine.metadata["training_data"]
    mind = Mind(Voices(engine))
    rows = clip.rows[1.0].astype(np.float32)
    streamed = np.concatenate([mind.push(rows), mind.end()])
    whole = move(network, plain(clip, LOOK_AHEAD_STEPS))
    shared = min(len(streamed), len(whole))
    assert np.percentile(np.abs(streamed[:shared] - whole[:shared]), 99) < ROUNDED_TOLERANCE


def shipped() -> OnnxEngine:
    return OnnxEngine.from_file(LINE.parents[1] / "motion_live.onnx")


def test_a_graph_that_is_not_the_network_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("talkwire.training.motion.export.compare", lambda *_: np.array([0.5]))
    with pytest.raises(TrainingError, match=r"not the network: saw weights that differ by 5\.0e-01"):
        export(Motion(), tmp_path / "x.onnx", {})
    assert not list(tmp_path.iterdir())


def test_training_is_seeded_and_resumes(tmp_path: Path) -> None:
    clips = lesson([made_up_clip()])
    recipe, quiet = Recipe(epochs=3, batch_clips=1, steps=20), lambda _: None
    network, again = untrained(), untrained()
    whole = train(again, clips, recipe, say=quiet)
    stopped = tmp_path / "stopped.pt"

    def stop(line: str) -> None:
        if line.startswith("epoch 3"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(untrained(), clips, recipe, checkpoint=stopped, say=stop)
    assert train(network, clips, recipe, checkpoint=stopped, say=quiet) == whole
    for name, value in network.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    with pytest.raises(TrainingError, match="belongs to another training"):
        train(
            untrained(),
            clips,
            Recipe(seed=8, epochs=3, batch_clips=1, steps=20),
            checkpoint=stopped,
            say=quiet,
        )


def test_targets_close_lips_open_vowels_and_rest_in_silence() -> None:
    clip = made_up_clip()
    targets = make_targets(clip)
    face = compose(torch.from_numpy(targets.curves), torch.from_numpy(targets.gates)).numpy()
    opening = aperture(face)
    for bilabial in ("P", "B"):
        assert opening[steps_of(clip, bilabial)].min() == pytest.approx(0, abs=1e-6)
        assert targets.gates[steps_of(clip, bilabial), 0].max() == 1
    assert face[steps_of(clip, "F"), INDEX["mouthRollLower"]].max() > 0.4
    assert opening[steps_of(clip, "AA")].max() > 0.4
    assert opening[steps_of(clip, "AE")].max() > 0.4
    assert opening[steps_of(clip, "IY")].max() < opening[steps_of(clip, "AA")].max()
    assert face[:2].max() == 0
    assert face[-2:, INDEX["jawOpen"]].max() == 0


def test_rounding_phones_round_and_spreading_ones_spread() -> None:
    clip = made_up_clip("SIL S UW S IY SIL", each_s=0.2)
    curves = make_targets(clip).curves
    pucker, smile = curves[:, CURVES.index("mouthPucker")], curves[:, CURVES.index("mouthSmile")]
    assert pucker[steps_of(clip, "UW")].max() > 0.5 > pucker[steps_of(clip, "IY")].max()
    assert smile[steps_of(clip, "IY")].max() > 0.2 > smile[steps_of(clip, "UW")].max()


def test_targets_show_the_lips_that_were_tracked(clips: dict[str, list[Clip]]) -> None:
    clip = clips["train"][0]
    assert clip.gap is not None
    targets = make_targets(clip, measured(clip))
    free = compose(torch.from_numpy(targets.curves), torch.zeros(len(targets.gates), 2)).numpy()
    closed = compose(torch.from_numpy(targets.curves), torch.from_numpy(targets.gates)).numpy()
    assert np.abs(shown(free)[0] - clip.gap)[clip.gap > 0.02].max() < 0.004
    assert np.corrcoef(shown(closed)[0], clip.gap)[0, 1] > 0.9
    spoken = slice(*(round(clip.phones[i][side] * 50) for i, side in ((0, 2), (-1, 1))))
    assert np.corrcoef(shown(free)[1][spoken], clip.width[spoken])[0, 1] > 0.9


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=7, max_size=7), st.floats(0.005, 0.09), st.floats(-0.04, 0.03))
def test_shapes_that_phones_ask_for_are_fitted_to_what_was_measured(
    asked: list[float], gap: float, wider: float
) -> None:
    curves = fitted(np.array([asked]), np.array([gap]), np.array([wider]))
    assert (curves >= 0).all() and (curves <= 1).all()
    no_gates = torch.zeros(1, 2)
    opening, _ = shown(compose(torch.from_numpy(curves), no_gates).numpy())
    assert opening[0] == pytest.approx(gap, abs=0.012)
    spreads = curves[0, [CURVES.index("mouthSmile"), CURVES.index("mouthStretch")]].sum()
    width = _gains()[1]
    others = set(CURVES) - {"jawOpen", NARROWER_BY, *WIDER_BY}
    rest = sum(width[name] * curves[0, CURVES.index(name)] for name in others)
    if wider < min(0, rest):  # a funnel may narrow a mouth by more than was measured
        assert spreads <= asked[CURVES.index("mouthSmile")] + asked[CURVES.index("mouthStretch")] + 1e-6


def test_lips_follow_phones_as_those_of_the_filmed_speaker(
    clips: dict[str, list[Clip]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(articulation, "EPOCHS", 60)
    learned = articulation_of(clips["train"], tmp_path)
    again = articulation_of(clips["train"], tmp_path)
    clip = clips["train"][0]
    assert clip.gap is not None
    lips = learned.lips(clip.phones, clip.steps)
    np.testing.assert_array_equal(lips, again.lips(clip.phones, clip.steps))
    assert np.corrcoef(lips[:, 0], clip.gap)[0, 1] > 0.7
    nobody = with_lips(made_up_clip("SIL AA P AA UW SIL", each_s=0.2), learned)
    assert nobody.gap is not None
    assert nobody.gap[steps_of(nobody, "AA")].max() > 2 * nobody.gap[steps_of(nobody, "P")].min()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_augmented_batches_are_sane(seed: int) -> None:
    pairs = [(clip, make_targets(clip)) for clip in (made_up_clip(), made_up_clip("SIL M AO SIL"))]
    batch = draw(np.random.default_rng(seed), pairs, 30)
    assert batch.rows.shape == (2, 30, 2, 80)
    assert np.isfinite(batch.rows).all()
    assert batch.curves.shape == (2, 30, len(CURVES))
    assert 0 <= batch.curves.min() <= batch.curves.max() <= 1
    assert 0 <= batch.gates.min() <= batch.gates.max() <= 1
    assert set(batch.classes.flatten()) <= {*range(len(CLASSES)), UNKNOWN_CLASS}
    assert batch.heard is None


def test_what_sounds_beside_a_voice_moves_nothing() -> None:
    """With music, some of a hundred batches have music alone: then the mouth rests and nobody is heard."""
    rng, rested = np.random.default_rng(0), 0
    targets = make_targets(made_up_clip())
    heard = np.ones((len(targets.curves), 4), np.float16)
    pairs = [(made_up_clip(), replace(targets, heard=heard))]
    for _ in range(100):
        batch = draw(rng, pairs, 30, [rng.normal(-3, 1, (50, 80)).astype(np.float32)])
        assert batch.heard is not None
        if np.isnan(batch.heard).all():
            rested += 1
            np.testing.assert_allclose(batch.curves[0], np.broadcast_to(RESTING, (30, len(CURVES))))
            assert batch.gates.max() == 0
            assert (batch.classes == UNKNOWN_CLASS).all()
            assert (batch.rows > SILENT_ROW[0]).any()
        else:
            assert np.isfinite(batch.heard).all()
    assert 1 <= rested <= 20


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_faces_are_taken_apart_into_what_they_were_composed_of(seed: int) -> None:
    rng, time_s = np.random.default_rng(seed), np.arange(120) / 50
    phase, hz = rng.uniform(0, 6, (2, len(CURVES)))
    curves = 0.3 + 0.2 * np.sin(time_s[:, None] * np.minimum(hz, 4) + phase)
    gates = np.zeros((120, 2))
    for at, of in ((20, 0), (50, 1), (80, 0), (105, 1)):
        gates[at : at + 5, of] = 0.3, 0.8, 1, 0.7, 0.2
    faces = compose(torch.from_numpy(curves), torch.from_numpy(gates)).numpy()
    curves_again, gates_again = decompose(faces.astype(np.float32))
    np.testing.assert_allclose(gates_again, gates, atol=1e-5)
    assert np.abs(curves_again - curves).max() < 0.08  # between what was seen before and after a closure
    free = gates.max(axis=1) < 0.5
    np.testing.assert_allclose(curves_again[free], curves[free], atol=2e-3)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1, width=32), min_size=9, max_size=9))
def test_composed_faces_are_weights_and_a_seal_is_a_seal(values: list[float]) -> None:
    curves, gates = torch.tensor([values[:7]]), torch.tensor([values[7:]])
    face = compose(curves, gates)
    assert face.shape == (1, 52)
    assert 0 <= float(face.min()) <= float(face.max()) <= 1
    sealed = compose(curves, torch.tensor([[1.0, values[8]]])).numpy()
    assert aperture(sealed)[0] == pytest.approx(0, abs=1e-6)


def test_phone_table_is_whole() -> None:
    assert set(CLASSES) == set(PHONES) | set(GLIDES)
    assert {half for pair in GLIDES.values() for half in pair} <= set(PHONES)
    assert all(0 <= value <= 1 for phone in PHONES.values() for value in phone[1:])


def test_metrics_know_good_from_bad() -> None:
    clip = made_up_clip()
    targets = make_targets(clip)
    weights = compose(torch.from_numpy(targets.curves), torch.from_numpy(targets.gates)).numpy()
    gap, width = shown(weights)
    good = measure([Spoken(weights, clip.phones, gap, width)])
    assert good["J"] == good["closures"] == good["auc"] == 1.0
    assert good["r"] == pytest.approx(1)
    assert good["width_r"] == pytest.approx(1)
    assert good["lag_ms"] == 0
    assert good["jitter"] == pytest.approx(1)
    assert measure([Spoken(weights, clip.phones, gap)])["range"] == pytest.approx(1)
    assert measure([Spoken(weights, clip.phones, gap / 2)])["range"] == pytest.approx(2)
    assert measure([Spoken(np.roll(weights, 2, axis=0), clip.phones, gap)])["lag_ms"] == 40
    assert measure([Spoken(weights, clip.phones, 1 - gap)])["r"] == pytest.approx(-1)
    assert measure([Spoken(np.full_like(weights, 0.3), clip.phones)])["J"] == 0


def test_a_mouth_that_rests_open_is_told() -> None:
    clip = made_up_clip(each_s=0.3)
    targets = make_targets(clip)
    weights = compose(torch.from_numpy(targets.curves), torch.from_numpy(targets.gates)).numpy()
    assert measure([Spoken(weights, clip.phones)])["silence"] < 0.05
    assert measure([Spoken(np.full_like(weights, 0.3), clip.phones)])["silence"] == pytest.approx(1)


def test_lips_are_seen_on_a_head() -> None:
    weights = np.zeros((4, len(ARKIT_NAMES)), np.float32)
    weights[1, INDEX["jawOpen"]] = 0.3
    weights[2, [INDEX["jawOpen"], INDEX["mouthClose"]]] = 0.3
    weights[3, INDEX["mouthPucker"]] = 1
    gap, width = shown(weights)
    assert gap[0] == 0
    assert 0.05 < gap[1] < 0.09, "as far as a man's lips part in lively speech"
    assert gap[2] < 0.1 * gap[1], "sealed over an open jaw"
    assert width[3] < 0.9 * width[0]


@pytest.mark.skipif(shutil.which("flite") is None, reason="needs Debian's package flite")
def test_synthetic_sentences_are_said_and_timed(cache: Path) -> None:
    first, *_ = synthetic.sentences(2, cache=cache)
    assert first.phones[0][0] == first.phones[-1][0] == "SIL"
    assert all(a < b for _, a, b in first.phones)
    assert len(first.rows[1.0]) == pytest.approx(first.phones[-1][2] * 100, abs=3)
    loud = np.exp(first.rows[1.0].astype(np.float64)).sum(axis=1)
    vowels = [loud[round((a + b) * 50)] for name, a, b in first.phones if name in VOWELS]
    assert np.median(vowels) > 100 * loud[0]  # the phones are where the sound is
    audio, phones = synthetic.speak(synthetic.Sentence("maybe", "rms"))
    assert "B" in [name for name, *_ in phones]
    assert audio.duration_s == pytest.approx(phones[-1][2], abs=0.02)


def test_absent_flite_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingDependency, match="apt-get install flite"):
        synthetic.speak(synthetic.Sentence("hello", "rms"))


def test_unseen_words_were_not_learned() -> None:
    assert not set(synthetic.UNSEEN_WORDS) & set(synthetic.WORDS)
    assert synthetic.UNSEEN_VOICE not in synthetic.VOICES


def test_damaged_corpora_are_refused(grid_s1: Path, tmp_path: Path) -> None:
    for name in ("alignments.json", "splits.json"):
        shutil.copy(grid_s1 / name, tmp_path)
    (tmp_path / "labels.npz").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(TrainingError, match=r"cannot read .*labels\.npz"):
        load(tmp_path, tmp_path)
    shutil.copy(grid_s1 / "labels.npz", tmp_path)
    with pytest.raises(TrainingError, match=r"cannot decode the sound of .*\.mp4"):
        load(tmp_path, tmp_path, limit=1)


def test_a_line_is_judged_by_its_phones(tmp_path: Path) -> None:
    phones = LINE.with_suffix(".phones.json")
    for preset in Preset:
        figures = judge(open_mind(preset), lines=[LINE])["he_turned_sharply"]
        assert 0.9 < figures["J"] <= 1
    assert "opening at P 0.81 s" in figures
    assert read_phones(phones)[1][0] == "HH"
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(TrainingError, match=r"cannot read .*bad\.json"):
        read_phones(tmp_path / "bad.json")


def test_clips_are_judged_by_tracked_lips(grid_s1: Path) -> None:
    figures = judge(open_mind(), clips=grid_s1, limit=3)["grid_s1 test"]
    assert figures["r"] > 0.4
    assert -1 <= figures["width_r"] <= 1
    assert 0.5 < figures["range"] < 4


def test_rounded_weights_are_smaller_and_nearly_the_same() -> None:
    torch.manual_seed(0)
    module, rows = torch.nn.Linear(256, 256), torch.randn(3, 256)
    exact = to_onnx(module, {"rows": rows}, ["out"], {"name": "x"})
    small = in_8_bits(exact, [{"rows": rows.numpy()}])
    assert len(small) < 0.4 * len(exact)
    engine = OnnxEngine(small)
    assert engine.metadata["name"] == "x"
    out = engine.run({"rows": rows.numpy()})["out"]
    assert 0 < np.abs(out - module(rows).detach().numpy()).max() < 0.05


def test_rounded_a_row_is_the_same_whatever_is_beside_it() -> None:
    torch.manual_seed(0)
    module, rows = torch.nn.Linear(256, 256), torch.randn(3, 256).numpy()
    exact = to_onnx(module, {"rows": torch.from_numpy(rows)}, ["out"], {})
    engine = OnnxEngine(in_8_bits(exact, [{"rows": rows}]))
    together = engine.run({"rows": rows * np.array([[1], [0.1], [3]], np.float32)})["out"]
    np.testing.assert_array_equal(together[:1], engine.run({"rows": rows[:1]})["out"])


def test_the_shipped_graph_for_baking_speaks_of_its_making() -> None:
    path = LINE.parents[1] / "motion_quality.onnx"
    assert path.stat().st_size < 20e6
    engine = OnnxEngine.from_file(path)
    assert "Whisper" in engine.metadata["training_data"]
    figures = json.loads(engine.metadata["figures"])["test"]
    assert figures["r"] > 0.85
    assert figures["J"] > 0.8


def test_the_shipped_graph_speaks_of_its_making() -> None:
    engine = shipped()
    assert "GRID" in engine.metadata["training_data"]
    assert json.loads(engine.metadata["recipes"])[0]["seed"] == 7
    figures = json.loads(engine.metadata["figures"])["test"]
    assert figures["r"] > 0.8
    assert figures["J"] > 0.8


def test_what_no_tracker_sees_shows_where_it_is_heard() -> None:
    def face(phone: str, seal: float) -> torch.Tensor:
        logits = torch.full((1, len(CLASSES)), -9.0)
        logits[0, CLASSES.index(phone)] = 9.0
        return weights(torch.full((1, len(CURVES)), 0.1), torch.tensor([[seal, -9.0]]), logits)[0]

    assert face("TH", -9.0)[INDEX["tongueOut"]] > 0.4
    assert face("TH", 9.0)[INDEX["tongueOut"]] < 1e-3
    assert face("AA", -9.0)[INDEX["tongueOut"]] < 1e-3
    assert face("P", 9.0)[INDEX["cheekPuff"]] > 0.1
    assert face("M", 9.0)[INDEX["cheekPuff"]] < 1e-3
