"""Both cores' Zstandard decoders against Python's zstandard: the same bytes, and the same refusals."""

import random
import struct
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import zstandard

from plugins.build import cpp_program, run
from plugins.build_cs import run_test_program, run_tests

SIZES = (0, 1, 2, 7, 31, 33, 63, 64, 65, 127, 255, 256, 257, 1000, 1023, 1024, 1025, 4096, 16_383)
LARGE = (65_535, 65_536, 65_791, 65_792, 131_071, 131_072, 131_073, 200_000, 262_145, 300_000)
LEVELS = range(1, 20)
MUTATED, FUZZ_RUNS = 6_000, 100_000
WORDS = ("he", "turned", "sharply", "and", "faced", "Gregson", "across", "the", "table", "it", "was", "a")

Frame = tuple[int, bytes]  # what it holds, in bytes, and the frame
Run = Callable[[Path, Path], str]


def by_cpp(frames: Path, out: Path) -> str:
    return run(cpp_program("tool_zstd", "address"), frames, out)


def by_cs(frames: Path, out: Path) -> str:
    return run_test_program("ZstdFrames", str(frames), str(out))


DECODERS = pytest.mark.parametrize("decoder", [by_cpp, by_cs], ids=["cpp", "cs"])


def smooth(size: int, rng: random.Random) -> bytes:
    """Steps as delta8 has them: a wave that falls off, three times, and a lot that does not move."""
    at = np.arange(size) / max(1, size)
    wave = 40 * np.sin(20 * at + rng.random()) * np.exp(-8 * (at * 3 % 1)) * (at * 3 % 1 < 0.6)
    return np.rint(wave).astype(np.int8).tobytes()


def text(size: int, rng: random.Random) -> bytes:
    return " ".join(rng.choice(WORDS) for _ in range(size // 2 + 1)).encode()[:size]


def few(size: int, rng: random.Random) -> bytes:
    """Symbols of very different odds, whose Huffman weights are worth compressing."""
    return bytes(min(255, int(rng.expovariate(0.1))) for _ in range(size))


def far(size: int, rng: random.Random) -> bytes:
    """Random stretches that come again from far back, and nearly."""
    made = bytearray(rng.randbytes(min(size, 3000)))
    while len(made) < size:
        start, count = rng.randrange(len(made)), rng.randint(3, 4000)
        made += made[start : start + count] + rng.randbytes(rng.randint(0, 9))
    return bytes(made[:size])


def four(size: int, rng: random.Random) -> bytes:
    """So few symbols that their weights are not worth compressing."""
    return bytes(rng.choices(b"acgt", (5, 3, 2, 1), k=size))


def islands(size: int, rng: random.Random) -> bytes:
    """Pieces of what came before, with zeros between: the only literals of a block."""
    made = bytearray(rng.randbytes(min(size, size // 20 + 1)))
    known = len(made)
    while len(made) < size:
        start = rng.randrange(known)
        made += made[start : start + rng.randint(8, 60)] + bytes(rng.randint(1, 2))
    return bytes(made[:size])


KINDS: dict[str, Callable[[int, random.Random], bytes]] = {
    "zeros": lambda size, rng: bytes(size),
    "noise": lambda size, rng: rng.randbytes(size),
    "text": text,
    "smooth": smooth,
    "few": few,
    "far": far,
    "four": four,
    "islands": islands,
}


@cache
def whole() -> list[Frame]:
    """All kinds and sizes, each at some level, and one of each kind at all of them."""
    rng, levels, frames = random.Random(1), iter(list(LEVELS) * 20), []
    for make in KINDS.values():
        for size in (*SIZES, *LARGE):
            frames.append((size, _compressor(next(levels)).compress(make(size, rng))))
        for level in LEVELS:
            data = make(20_000, rng)
            frames.append((len(data), _compressor(level, write_checksum=level % 2 == 0).compress(data)))
        data = make(LARGE[-1], rng)
        for window_log in (10, 14, 17):
            window = zstandard.ZstdCompressionParameters(window_log=window_log)
            frames.append((len(data), zstandard.ZstdCompressor(compression_params=window).compress(data)))
        frames += (_in_blocks(make(size, rng), size // 20 + 1) for size in (800, 9_000, 90_000))
    return frames


@cache
def mutated() -> list[Frame]:
    """Small damage, in frames short enough that most of it matters."""
    rng, made = random.Random(2), []
    seeds = [one for one in whole() if 0 < len(one[1]) < 700 and one[0]]
    while len(made) < MUTATED:
        size, frame = rng.choice(seeds)
        data = bytearray(frame)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(rng.choice((4, 4, 0)), len(data))
            how = rng.randrange(5)
            if how == 0:
                data[at] ^= 1 << rng.randrange(8)
            elif how == 1:
                data[at] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
            elif how == 2 and len(data) > 9:
                del data[at : at + rng.randint(1, 3)]
            elif how == 3:
                data[at:at] = rng.randbytes(rng.randint(1, 3))
            else:
                other = rng.choice(seeds)[1]
                data[at:] = other[min(at, len(other) - 1) :]
        made.append((size, bytes(data)))
    return made


def _compressor(level: int, *, write_checksum: bool = False) -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=level, write_checksum=write_checksum)


def _in_blocks(data: bytes, block: int) -> Frame:
    """Many blocks, of which later ones use the tables of earlier ones."""
    making = zstandard.ZstdCompressor(level=5).compressobj(size=len(data))
    out = b""
    for at in range(0, len(data), block):
        out += making.compress(data[at : at + block]) + making.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    return len(data), out + making.flush()


def expected(size: int, frame: bytes) -> bytes | None:
    """What Python's zstandard makes of it; None where it refuses it, or it is not exactly so large."""
    try:
        if zstandard.frame_content_size(frame) != size:
            return None
        made = zstandard.ZstdDecompressor().decompress(frame, max_output_size=size, allow_extra_data=False)
    except zstandard.ZstdError:
        return None
    return made if len(made) == size else None


def decoded(decoder: Run, frames: list[Frame], folder: Path) -> Iterator[bytes | None]:
    packed = b"".join(struct.pack("<II", size, len(frame)) + frame for size, frame in frames)
    (folder / "frames").write_bytes(packed)
    decoder(folder / "frames", folder / "out")
    out, at = (folder / "out").read_bytes(), 0
    for size, _ in frames:
        good, at = out[at], at + 1
        yield out[at : at + size] if good else None
        at += size if good else 0
    assert at == len(out)


def features(frame: bytes) -> Iterator[tuple[object, ...]]:
    """Which parts of the format a frame makes use of."""
    head, single = frame[4], frame[4] >> 5 & 1
    at = 5 + 1 - single + (0, 1, 2, 4)[head & 3] + (single, 2, 4, 8)[head >> 6]
    yield "window", single
    yield "checksum", head >> 2 & 1
    last = 0
    while not last:
        word = int.from_bytes(frame[at : at + 3], "little")
        last, kind = word & 1, ("raw", "run", "packed")[word >> 1 & 3]
        body = frame[at + 3 : at + 3 + (1 if kind == "run" else word >> 3)]
        at += 3 + len(body)
        yield "block", kind
        if kind == "packed":
            yield from _features_of_block(body)


def _features_of_block(body: bytes) -> Iterator[tuple[object, ...]]:
    kind, form = body[0] & 3, body[0] >> 2 & 3
    head = (1, 2, 1, 3)[form] if kind < 2 else (3, 3, 4, 5)[form]
    word = int.from_bytes(body[:head], "little") >> (3 if kind < 2 and head == 1 else 4)
    yield "literals", ("raw", "run", "huffman", "same huffman")[kind], 4 if form and kind > 1 else 1
    if kind == 2:
        yield "weights", "plain" if body[head] >= 128 else "packed"
    held = (word, 1)[kind] if kind < 2 else word >> (10, 10, 14, 18)[form]
    rest = body[head + held :]
    if rest[0]:
        modes = rest[1 if rest[0] < 128 else 2 if rest[0] < 255 else 3]
        yield from (("table", which, modes >> (6 - 2 * which) & 3) for which in range(3))


def test_the_frames_have_all_that_the_format_has() -> None:
    seen = {feature for _, frame in whole() for feature in features(frame)}
    wanted = {("window", 0), ("window", 1), ("checksum", 0), ("checksum", 1)}
    wanted |= {("block", kind) for kind in ("raw", "run", "packed")}
    wanted |= {("literals", kind, 1) for kind in ("raw", "run", "huffman", "same huffman")}
    wanted |= {("literals", kind, 4) for kind in ("huffman", "same huffman")}
    wanted |= {("weights", "plain"), ("weights", "packed")}
    wanted |= {("table", which, mode) for which in range(3) for mode in range(4)}
    assert wanted - seen == set()


@DECODERS
def test_what_zstd_compresses_is_decoded(decoder: Run, tmp_path: Path) -> None:
    frames = whole()
    for (size, frame), made in zip(frames, decoded(decoder, frames, tmp_path), strict=True):
        assert made == zstandard.ZstdDecompressor().decompress(frame, max_output_size=size), (
            size,
            len(frame),
        )


@DECODERS
def test_damaged_frames_give_the_same_answer_or_refusal(decoder: Run, tmp_path: Path) -> None:
    """But for streams of literals with bits left over: RFC 8878 (4.2.2) refuses them, zstd not always."""
    frames = mutated()
    outcomes = {"same": 0, "refused": 0, "stricter": 0}
    for (size, frame), made in zip(frames, decoded(decoder, frames, tmp_path), strict=True):
        wanted = expected(size, frame)
        if made is None:
            outcomes["refused" if wanted is None else "stricter"] += 1
        else:
            assert made == wanted, (size, frame.hex())
            outcomes["same"] += 1
    assert min(outcomes["same"], outcomes["refused"]) > MUTATED // 20
    assert outcomes["stricter"] < MUTATED // 50


@DECODERS
def test_every_truncation_and_another_size_is_refused(decoder: Run, tmp_path: Path) -> None:
    size, frame = next(one for one in whole() if one[0] == 1000 and 100 < len(one[1]) < 900)
    frames = [(size, frame[:cut]) for cut in range(len(frame))]
    frames += [(size, frame + b"\0"), (size - 1, frame), (size + 1, frame), (0, frame), (0, b"")]
    assert list(decoded(decoder, frames, tmp_path)) == [None] * len(frames)


def test_any_bytes_break_nothing(tmp_path: Path) -> None:
    seeds = [frame for _, frame in whole() if len(frame) < 700]
    for i, frame in enumerate(seeds):
        (tmp_path / f"{i:03}.bin").write_bytes(frame)
    said = run(cpp_program("fuzz_zstd", "address"), "--runs", str(FUZZ_RUNS), tmp_path)
    assert f"{FUZZ_RUNS} damaged ones" in said


def test_unit_tests_of_the_cs_decoder_pass() -> None:
    assert "0 failed" in run_tests("ZstdTests")
