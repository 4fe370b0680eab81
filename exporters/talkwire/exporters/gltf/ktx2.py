"""Pixels as KTX2 with Basis Universal's ETC1S, which cards keep compressed, by npm's `ktx2-encoder`."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from talkwire.exporters.pictures.encode import resized
from talkwire.runtime.errors import ExportError, MissingDependency

PACKAGE: Final = "ktx2-encoder"
QUALITY: Final = 255  # of 255: 39 dB on nova's skin, in less than its JPEG
TIMEOUT_S: Final = 300
_BLOCK_PX: Final = 4  # KHR_texture_basisu: sides are multiples of it
_MAGIC: Final = b"\xabKTX 20\xbb\r\n\x1a\n"

_PROGRAM: Final = """
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
const [entry, from, width, height, quality, to] = process.argv.slice(1);
const { encodeToKTX2 } = await import(pathToFileURL(entry));
const data = new Uint8Array(readFileSync(from));
writeFileSync(to, await encodeToKTX2(new Uint8Array(1), {
  isUASTC: false, qualityLevel: Number(quality), compressionLevel: 2, generateMipmap: true,
  isPerceptual: true, isSetKTX2SRGBTransferFunc: true,
  imageDecoder: async () => ({ data, width: Number(width), height: Number(height) }),
}));
"""


def ktx2(pixels_hxwx4: npt.NDArray[np.uint8], *, timeout_s: float = TIMEOUT_S) -> bytes:
    """A KTX2 file with all its mipmaps; sides that are no multiples of 4 are scaled up to such.

    Ten seconds for 1024 x 1024.  Raises MissingDependency without Node or the package, ExportError when they
    fail.
    """
    node, entry = find_encoder()
    height, width, _ = pixels_hxwx4.shape
    width, height = (side + -side % _BLOCK_PX for side in (width, height))
    pixels = resized(pixels_hxwx4, width, height)
    with tempfile.TemporaryDirectory(prefix="talkwire-") as folder:
        raw, out = Path(folder) / "pixels", Path(folder) / "texture.ktx2"
        raw.write_bytes(pixels.tobytes())
        sizes = [str(width), str(height), str(QUALITY)]
        words = [node, "--input-type=module", "-e", _PROGRAM, str(entry), str(raw), *sizes, str(out)]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=timeout_s, check=False)
        except subprocess.TimeoutExpired:
            raise _failed(f"no end after {timeout_s:g} s") from None
        except OSError as error:
            raise _failed(str(error)) from None
        data = out.read_bytes() if out.is_file() else b""
    if done.returncode or not data.startswith(_MAGIC):
        said = [line for line in done.stderr.splitlines() if "Error" in line] or [
            f"exit code {done.returncode}"
        ]
        raise _failed(said[0].strip()[:200])
    return data


def find_encoder() -> tuple[str, Path]:
    """Node, and the package's module. Raises MissingDependency."""
    node, entry = shutil.which("node"), _entry()
    if node is None or entry is None:
        raise MissingDependency(
            "a KTX2 texture needs an encoder",
            seen="no node" if node is None else f"no {PACKAGE} in node_modules here, above or global",
            wanted=f"Node with npm's {PACKAGE}",
            cure=f"run: npm install {PACKAGE}  (or choose --texture webp)",
        )
    return node, entry


def _entry() -> Path | None:
    """The package's module: of the nearest node_modules from here upwards, else of npm's global ones."""
    return next(
        (entry for place in _places() if (entry := place / PACKAGE / "dist/node/index.js").is_file()), None
    )


def _places() -> Iterator[Path]:
    here = Path.cwd()
    for folder in (here, *here.parents):
        yield folder / "node_modules"
    npm = shutil.which("npm")
    if npm is not None:
        done = subprocess.run([npm, "root", "-g"], capture_output=True, text=True, timeout=60, check=False)
        if done.returncode == 0:
            yield Path(done.stdout.strip())


def _failed(seen: str) -> ExportError:
    return ExportError(
        "the texture cannot be encoded as KTX2",
        seen=seen,
        wanted=f"a file by npm's {PACKAGE}",
        cure=f"install it again (npm install {PACKAGE}), or choose --texture webp",
    )
