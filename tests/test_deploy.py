"""The examples of how to run it: they say what the program understands, and give away no more than it needs."""

import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from rag.settings import Settings, read_settings, variable
from tests.program import ROOT, Rag

DEPLOY = ROOT / "server" / "deploy"
NAMES = [variable(name) for name in Settings.model_fields]
OF_EVAL = {"RAG_EVAL_KEY"}
ASSIGNED = re.compile(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)


@pytest.fixture
def service() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["rag"]
    return found


@pytest.fixture
def unit() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / "rag.service").read_text().splitlines():
        name, assigned, value = line.partition("=")
        if assigned and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


# --- settings


def test_every_setting_is_in_the_example_file() -> None:
    named = [name for name, _ in ASSIGNED.findall((ROOT / ".env.example").read_text())]
    assert sorted(named) == sorted(NAMES)


def test_the_example_file_shows_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / ".env.example").read_text()
    (tmp_path / ".env").write_text(ASSIGNED.sub(r"\1=\2", text))
    shown = read_settings()
    (tmp_path / ".env").unlink()
    assert shown == read_settings()


def test_serve_help_names_every_setting(inside: Rag) -> None:
    text = "".join(inside("serve", "--help").stdout.replace("│", "").split())
    assert [name for name in NAMES if name not in text] == sorted(OF_EVAL)


def test_the_table_of_settings_names_every_one() -> None:
    text = (ROOT / "server" / "README.md").read_text()
    table = text.partition("### Settings\n")[2].partition("\n### ")[0]
    named = [name for row in table.splitlines() for name in re.findall(r"`([A-Z][A-Z0-9_]*)`", row.split(" | ")[0])]
    assert sorted(named) == sorted(NAMES)


# --- the container


def test_the_dockerfile_has_no_finding() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), "--no-color", ROOT / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_container_runs_as_nobody_in_particular_and_asks_for_a_key() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER 10001:10001" in lines
    assert "rag keys create" in "\n".join(lines)
    assert "API_KEY" not in "\n".join(lines)


def test_compose_gives_the_container_no_more_than_it_needs(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == "10001:10001"
    assert service["mem_limit"]
    assert service["pids_limit"] >= 100
    assert all(str(port).startswith("127.0.0.1:") for port in service["ports"])
    assert not {"privileged", "network_mode", "pid", "devices", "cap_add"} & service.keys()


def test_compose_asks_a_route_that_is_there_whether_it_is_ready(service: dict[str, Any]) -> None:
    (port,) = service["ports"]
    test = service["healthcheck"]["test"]
    assert test[:3] == ["CMD", "python", "-c"]
    assert f"http://127.0.0.1:{port.rpartition(':')[2]}/readyz" in test[3]
    compile(test[3], "healthcheck", "exec")


def test_compose_sets_what_there_is_to_set(service: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(service["environment"]) <= set(NAMES)
    for name, value in service["environment"].items():
        assert isinstance(value, str)
        monkeypatch.setenv(name, value)
    read_settings()
    assert service["command"] == ["rag", "serve"]
    assert int(service["stop_grace_period"].rstrip("s")) > 10


def test_compose_keeps_the_index_on_a_volume_of_the_image(service: dict[str, Any]) -> None:
    assert service["volumes"] == ["index:/data"]
    assert "VOLUME /data" in (ROOT / "Dockerfile").read_text()
    assert any(mount.startswith("/tmp:") for mount in service["tmpfs"])


# --- the unit


def test_the_unit_gives_the_program_no_more_than_it_needs(unit: dict[str, list[str]]) -> None:
    wanted = {
        "DynamicUser": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "StateDirectory": "rag",
        "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    }
    assert {name: unit[name] for name in wanted} == {name: [value] for name, value in wanted.items()}
    assert {"MemoryMax", "TasksMax", "SystemCallFilter"} <= unit.keys()


def test_the_unit_gives_a_stop_the_time_it_takes(unit: dict[str, list[str]]) -> None:
    assert int(unit["TimeoutStopSec"][0]) > 10
    assert unit["ExecStart"] == ["/opt/rag/bin/rag serve"]
    assert unit["RestartPreventExitStatus"] == ["2"]


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:  # the keys that it would refuse are few; elsewhere the parser has to do
        parsed = ConfigParser(strict=False, interpolation=None)
        parsed.read(DEPLOY / "rag.service")
        assert set(parsed.sections()) == {"Unit", "Service", "Install"}
        return
    text = (DEPLOY / "rag.service").read_text().replace("/opt/rag/bin/rag serve", f"{sys.executable} -m rag serve")
    (tmp_path / "rag.service").write_text(text)
    done = subprocess.run(
        [program, "verify", "--man=no", tmp_path / "rag.service"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
