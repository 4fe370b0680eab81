"""Ask meshoptimizer's own decoder about streams, and glTF Transform to unpack a file with it."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

from judges.install import MODULES

_DECODE = """
import { MeshoptDecoder } from 'meshoptimizer';
import { readFileSync } from 'node:fs';
await MeshoptDecoder.ready;
console.log(JSON.stringify(JSON.parse(readFileSync(0)).map(({ data, mode, count, stride }) => {
  const out = new Uint8Array(count * stride);
  MeshoptDecoder.decodeGltfBuffer(out, count, stride, Buffer.from(data, 'base64'), mode, 'NONE');
  return Buffer.from(out).toString('base64');
})));
"""
_UNPACK = """
import { NodeIO } from '@gltf-transform/core';
import { ALL_EXTENSIONS } from '@gltf-transform/extensions';
import { MeshoptDecoder } from 'meshoptimizer';
await MeshoptDecoder.ready;
const [from, to] = process.argv.slice(1);
const io = new NodeIO().registerExtensions(ALL_EXTENSIONS)
  .registerDependencies({ 'meshopt.decoder': MeshoptDecoder });
const document = await io.read(from);
for (const extension of document.getRoot().listExtensionsUsed())
  if (extension.extensionName === 'EXT_meshopt_compression') extension.dispose();
await io.write(to, document);
"""


def decoded(streams: list[tuple[bytes, str, int, int]]) -> list[bytes]:
    """What streams are: each as (data, mode, count, stride)."""
    said = [
        {"data": base64.b64encode(data).decode(), "mode": mode, "count": count, "stride": stride}
        for data, mode, count, stride in streams
    ]
    return [base64.b64decode(text) for text in json.loads(_run(_DECODE, text=json.dumps(said)))]


def unpacked(path: Path, out: Path) -> Path:
    """The file without EXT_meshopt_compression, as glTF Transform reads and writes it."""
    _run(_UNPACK, str(path), str(out))
    return out


def _run(program: str, *words: str, text: str = "") -> str:
    done = subprocess.run(
        ["node", "--input-type=module", "-e", program, *words],
        cwd=MODULES.parent,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
