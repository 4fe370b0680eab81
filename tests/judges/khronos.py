"""Ask the Khronos glTF validator about a file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from judges.install import VALIDATOR

_SCRIPT = """
const validator = require(process.argv[1]);
const fs = require('fs'), path = require('path');
const file = process.argv[2];
const external = uri => new Promise((done, fail) =>
  fs.readFile(path.join(path.dirname(file), decodeURIComponent(uri)),
    (error, data) => error ? fail(error.message) : done(new Uint8Array(data))));
validator.validateBytes(new Uint8Array(fs.readFileSync(file)),
  { uri: path.basename(file), maxIssues: 0, externalResourceFunction: external })
  .then(report => console.log(JSON.stringify(report)));
"""


def validate(path: Path) -> dict[str, Any]:
    """The validator's whole report: issues.numErrors, numWarnings, numInfos, numHints, messages; info."""
    done = subprocess.run(
        ["node", "-e", _SCRIPT, str(VALIDATOR), str(path)], capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))
