"""What `talkwire bench wire` measures is what crossed the wire."""

from collections.abc import Iterator

import pytest

from support import LINE
from talkwire.bridge.serving.server import Server, serving
from talkwire.bridge.trial import wire_bench
from talkwire.bridge.trial.codecs import codecs
from talkwire.runtime.audio import Audio, read_audio
from talkwire.runtime.avatar import find_avatar, load_avatar
from talkwire.runtime.session import open_session

WHOLE = read_audio(LINE)
SPEECH = Audio(WHOLE.samples[: WHOLE.sample_rate_hz // 2], WHOLE.sample_rate_hz)
HEAD = load_avatar(find_avatar("nova-dyntet"))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with serving(Server(lambda: open_session(HEAD), port=0)) as address:
        yield address


def test_each_codec_has_its_bytes_and_its_error() -> None:
    found = codecs(HEAD, SPEECH)
    vertices = HEAD.topology.vertex_count
    assert found["frame/f32"]["error"] == {"mm": 0.0}
    assert 6 * vertices < found["frame/q16"]["bytes_most"] < 6 * vertices + 500
    assert 0 < found["frame/q16"]["error"]["mm"] < 0.005
    assert found["frame/delta8"]["bytes_most"] < 0.9 * vertices
    assert 0 < found["frame/delta8"]["error"]["mm"] <= 0.1
    assert found["frame/basis"]["bytes_most"] < 300 and found["frame/basis"]["error"]["mm"] < 0.005
    assert found["frame/q16n"]["error"]["degrees"] < 1
    assert found["frame/arkit"]["bytes_most"] < 200 and "error" not in found["frame/arkit"]
    assert 0 < found["patch"]["error"]["levels"] < 3 and found["patch/bc1"]["error"]["levels"] < 4


@pytest.mark.parametrize("codec", ["q16", "basis", "arkit"])
def test_latency_is_of_frames_that_were_decoded(
    endpoint: str, codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_bench, "SETTLE_S", 0.5)
    found = wire_bench.one_way(endpoint, codec, 0.5)
    assert found["frames"] > 5 and 0 < found["p50"] <= found["p99"]


def test_interruptions_end_what_is_seen_and_heard(endpoint: str) -> None:
    found = wire_bench.interruptions(endpoint, WHOLE, 2, lambda what, share: None)
    assert found["times"] == 2
    assert found["seen_ms"]["p50"] > 0 and found["heard_ms"]["p50"] > 0


def test_a_crowd_is_counted_each(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_bench, "SETTLE_S", 0.5)
    found = wire_bench.crowd(endpoint, WHOLE, 2, 1.0, lambda what, share: None)
    assert found["npcs"] == 2 and 10 < found["frames_per_s_each"] < 80
    assert 0.01 < found["mbit_s"] < 1


def test_lips_and_sound_are_compared(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_bench, "SETTLE_S", 0.5)
    assert wire_bench.sync(endpoint, WHOLE, 1.0)["pictures"] > 10
