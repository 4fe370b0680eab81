"""What a server is run by: unit, image, compose, alerts and dashboard fit the server that there is."""

import configparser
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from wsgiref.util import setup_testing_defaults

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bridge.conftest import TOPOLOGY
from support import ROOT
from talkwire.bridge.serving import logs
from talkwire.bridge.serving.metrics import application
from talkwire.bridge.serving.server import Server
from talkwire.bridge.synthetic import SyntheticSession

DEPLOY = ROOT / "bridge/deploy"
MANUAL = (ROOT / "docs/operations.md").read_text()
UNIT = DEPLOY / "talkwire.service"
DASHBOARD = DEPLOY / "grafana/dashboards/talkwire.json"
MOST_EXPOSED = 20  # tenths; 100 is a service that may do everything
YAML = sorted(path for path in DEPLOY.rglob("*") if path.suffix in (".yml", ".yaml"))
DRAIN_S: float = tomllib.loads((DEPLOY / "talkwire.toml").read_text())["serve"]["drain-s"]


def tool(name: str) -> str:
    """Where it is; the test is skipped where it is not."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def run(*words: object, cwd: Path = DEPLOY) -> str:
    done = subprocess.run([*map(str, words)], cwd=cwd, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def metrics() -> set[str]:
    """The names that /metrics really gives."""
    server = Server(lambda: SyntheticSession(TOPOLOGY), port=0)
    environ: dict[str, Any] = {"PATH_INFO": "/metrics"}
    setup_testing_defaults(environ)
    server.studio("nova", "")
    app = application(server, {"version": "1", "avatar": "a sphere", "engine": "none"})
    text = b"".join(app(environ, lambda *_: None)).decode()
    server.close()
    return {s.name for family in text_string_to_metric_families(text) for s in family.samples}


def expressions() -> Iterator[str]:
    """Of the dashboard and of the alerts."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


def names(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:talkwire|process)_[a-z_]+\b|\bup\b", expression))


def test_dashboard_and_alerts_ask_for_what_there_is_and_all_of_it(metrics: set[str]) -> None:
    asked = set().union(*map(names, expressions()))
    assert asked - metrics == {"up"}  # which is Prometheus' own
    apart = {name for name in metrics if not name.endswith(("_count", "_sum", "_created"))}
    assert {name for name in apart if name.startswith("talkwire_")} - asked == set()


def test_the_manual_names_all_metrics_events_and_fields(metrics: set[str]) -> None:
    families = {name.removesuffix("_bucket") for name in metrics if not name.endswith(("_count", "_sum"))}
    own = {name for name in families if name.startswith("talkwire_")}
    missing = [name for name in sorted({*own, *get_args(logs.Event)}) if f"`{name}`" not in MANUAL]
    assert missing == []
    assert [name for name in sorted(logs.FIELDS) if f"`{name}`" not in MANUAL] == []


def test_the_dashboard_is_whole() -> None:
    board = json.loads(DASHBOARD.read_text())
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids)) > 20 and board["uid"] == "talkwire"
    places = [tuple(panel["gridPos"][key] for key in "xywh") for panel in board["panels"]]
    taken = [(x + i, y + j) for x, y, w, h in places for i in range(w) for j in range(h)]
    assert len(taken) == len(set(taken)) and max(x for x, _ in taken) < 24
    variables = {variable["name"] for variable in board["templating"]["list"]}
    assert set(re.findall(r"\$\{?(\w+)", DASHBOARD.read_text())) - {"__all"} == variables
    for expression in expressions():
        for opening, closing in ("()", "{}", "[]"):
            assert expression.count(opening) == expression.count(closing), expression


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_yaml_is_read(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text()), dict)


def test_prometheus_takes_its_configuration_and_the_alerts() -> None:
    promtool = tool("promtool")
    run(promtool, "check", "config", "prometheus.yml")
    run(promtool, "check", "rules", "alerts.yml")


def unit(section: str) -> dict[str, str]:
    """Its last word on each key."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(UNIT.read_text())
    return dict(parser[section])


def test_the_unit_checks_serves_and_gives_time_to_finish() -> None:
    service = unit("Service")
    assert service["ExecStartPre"] == f"{service['ExecStart']} --check"
    assert float(service["TimeoutStopSec"]) > DRAIN_S + 5
    wanted = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "DynamicUser": "yes"}
    assert wanted.items() <= service.items() and service["Restart"] == "on-failure"
    assert {"MemoryMax", "LimitNOFILE", "SystemCallFilter"} <= set(service)


def test_systemd_takes_the_unit_and_finds_it_tight(tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    here = tmp_path / "talkwire.service"  # with a program that is there
    here.write_text(UNIT.read_text().replace("/opt/talkwire/bin/talkwire", sys.executable))
    assert run(analyze, "verify", here) == ""
    run(analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", here)


def dockerfile() -> list[list[str]]:
    """Its instructions, in words."""
    text = re.sub(r"(?m)^#.*\n", "", (DEPLOY / "Dockerfile").read_text()).replace("\\\n", " ")
    return [line.split() for line in text.splitlines() if line.strip()]


def test_the_image_has_what_it_copies_and_is_nobody() -> None:
    instructions = dockerfile()
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    for words in instructions:
        if words[0] == "COPY" and not words[1].startswith("--from"):
            for source in words[1:-1]:
                assert (ROOT / source).exists() and f"!{source}" in ignored
    kinds = [words[0] for words in instructions]
    assert kinds.index("USER") < kinds.index("ENTRYPOINT") and "HEALTHCHECK" in kinds
    assert next(words[1] for words in instructions if words[0] == "USER") != "root"
    assert re.fullmatch(r"PYTHON=python:3\.\d+\.\d+-slim-\w+", instructions[0][1])
    served = tomllib.loads((DEPLOY / "container.toml").read_text())["serve"]
    assert served["metrics"] == "0.0.0.0:9464" and "127.0.0.1:9464/health" in str(instructions)


def test_compose_publishes_on_this_machine_alone_and_mounts_what_there_is() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    for name, service in services.items():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"]), name
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert not source.startswith(".") or (DEPLOY / source).exists(), volume
        assert name == "talkwire" or re.search(r":v?\d+\.\d+\.\d+$", service["image"])
    talkwire = services["talkwire"]
    assert (DEPLOY / talkwire["build"]["context"] / talkwire["build"]["dockerfile"]).exists()
    assert int(talkwire["stop_grace_period"].removesuffix("s")) > DRAIN_S
    target = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["scrape_configs"][0]["static_configs"]
    assert target[0]["targets"] == ["talkwire:9464"]


def test_compose_takes_the_file() -> None:
    run(tool("docker-compose"), "-f", "compose.yaml", "config", "-q")
