"""The Khronos validator's word on a file, where node and the package gltf-validator are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

TIMEOUT_S: Final = 120
HOW: Final = "install Node.js and run: npm install -g gltf-validator"
_MOST_MESSAGES: Final = 20
_KINDS: Final = ("errors", "warnings", "infos", "hints")

# from anywhere but the folder of the file: what lies beside a file that came from somebody else is not run
_SCRIPT: Final = """
const fs = require('fs'), path = require('path'), file = process.argv[1];
module.paths.push(path.resolve(process.execPath, '../../lib/node_modules'));
module.paths.push(path.resolve(process.execPath, '../node_modules'), '/usr/local/lib/node_modules');
let validator;
try { validator = require('gltf-validator'); } catch { process.exit(42); }
const folder = path.dirname(file);
const external = uri => new Promise((done, fail) => {
  const place = path.resolve(folder, decodeURIComponent(uri));
  if (!place.startsWith(folder + path.sep)) return fail('outside its folder');
  fs.readFile(place, (error, data) => error ? fail(error.message) : done(new Uint8Array(data)));
});
validator.validateBytes(new Uint8Array(fs.readFileSync(file)),
  { uri: path.basename(file), maxIssues: 0, externalResourceFunction: external })
  .catch(error => ({ error: `${error}` }))
  .then(report => console.log(JSON.stringify(report)));
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """counts: errors, warnings, infos, hints.  messages: of the first of them.  why: there is none."""

    why: str = ""
    version: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)


def validate(path: Path) -> Verdict:
    """Ask the validator."""
    node = shutil.which("node")
    if node is None:
        return Verdict(f"not asked: {HOW}")
    with tempfile.TemporaryDirectory() as elsewhere:
        try:
            done = subprocess.run(
                [node, "-e", _SCRIPT, str(path.resolve())],
                cwd=elsewhere,
                env=os.environ,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Verdict(f"no answer: {error}"[:200])
    if done.returncode == 42:
        return Verdict(f"not asked: {HOW}")
    try:
        return _verdict(json.loads(done.stdout))
    except (ValueError, KeyError, TypeError):
        return Verdict(f"no answer: {(done.stderr or done.stdout).strip()[-200:]}")


def _verdict(report: dict[str, Any]) -> Verdict:
    if "error" in report:
        return Verdict(f"no answer: {report['error']}"[:200])
    issues = report["issues"]
    messages = [f"{m['code']} at {m.get('pointer', '?')}" for m in issues["messages"][:_MOST_MESSAGES]]
    counts = {kind: int(issues[f"num{kind.capitalize()}"]) for kind in _KINDS}
    return Verdict("", str(report.get("validatorVersion", "")), counts, messages)
