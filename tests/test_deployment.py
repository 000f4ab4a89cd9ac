"""What a server is given: containers with nothing left open, and documents that are true."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator

from lotse import model
from lotse.settings import load

ROOT = Path(__file__).parents[1]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILES = (ROOT / "Dockerfile", ROOT / "nlu" / "Dockerfile")
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN")
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"][
    "targets"
]["wheel"]["packages"]


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return found


def long_running() -> dict[str, dict[str, Any]]:
    services = compose()["services"]
    return {name: one for name, one in services.items() if one.get("restart") != "no"}


def instructions(dockerfile: Path) -> list[str]:
    """Return the instructions of a Dockerfile, one line each, without comments."""
    lines = [one for one in dockerfile.read_text("utf-8").splitlines() if not one.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [" ".join(one.split()) for one in joined.splitlines() if one.strip()]


def test_the_compose_file_is_valid() -> None:
    schema = json.loads((ROOT / "tests" / "data" / "compose-spec.json").read_text("utf-8"))
    problems = [
        f"{one.json_path}: {one.message}"
        for one in Draft201909Validator(schema).iter_errors(compose())
    ]
    assert problems == []


def test_the_four_services_are_there_and_what_runs_once() -> None:
    assert set(long_running()) == {"postgres", "rasa", "web", "worker"}
    assert set(compose()["services"]) - set(long_running()) == {"migrate", "models"}
    assert compose()["services"]["migrate"]["command"] == ["migrate"]


def test_nothing_has_a_default_password() -> None:
    text = COMPOSE.read_text("utf-8")
    for name, otherwise in re.findall(r"\$\{(\w+)([^}]*)\}", text):
        if SECRET.search(name):
            assert otherwise == ":-" or otherwise.startswith(":?"), name
    for service in compose()["services"].values():
        for name, value in (service.get("environment") or {}).items():
            if SECRET.search(name):
                assert re.fullmatch(r"\$\{\w+:[-?][^}]*\}", value), name
    assert re.findall(r"://\w+:([^@]*)@", text) == ["${POSTGRES_PASSWORD:?set it in .env}"]


def test_the_example_names_every_required_setting_and_no_secret() -> None:
    example = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    )
    required = set(re.findall(r"\$\{(\w+):\?", COMPOSE.read_text("utf-8")))
    assert required == {"POSTGRES_PASSWORD", "LOTSE_SECRET"}
    assert required <= set(example)
    assert [name for name, value in example.items() if SECRET.search(name) and value] == []


@pytest.mark.parametrize("name", ["postgres", "rasa", "web", "worker"])
def test_a_service_reports_its_health_and_can_do_little_harm(name: str) -> None:
    service = long_running()[name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert not service["healthcheck"].get("disable")
    assert int(service["user"].split(":")[0]) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=["application", "rasa"])
def test_an_image_is_pinned_checked_and_not_root(dockerfile: Path) -> None:
    found = instructions(dockerfile)
    bases = [one.split()[1] for one in found if one.startswith("FROM ")]
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+", base) for base in bases), bases
    user = [one for one in found if one.startswith("USER ")][-1].removeprefix("USER ")
    assert int(user.split(":")[0]) > 0
    assert any(one.startswith("HEALTHCHECK ") for one in found)
    assert all("--require-hashes" in one for one in found if "pip sync" in one)
    assert any("pip sync" in one for one in found)


def test_hadolint_has_nothing_to_say() -> None:
    tool = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([tool, *DOCKERFILES], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=["application", "rasa"])
def test_what_an_image_copies_exists_and_is_let_in(dockerfile: Path) -> None:
    let_in = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.M)
    copied = [
        one.split()[1]
        for one in instructions(dockerfile)
        if one.startswith("COPY ") and "--from" not in one
    ]
    for source in copied:
        assert (ROOT / source).exists(), source
        assert source.split("/")[0] in let_in, source


def test_the_application_image_holds_every_package() -> None:
    found = instructions(ROOT / "Dockerfile")
    assert [name for name in PACKAGES if f"COPY {name} {name}" not in found] == []


def test_the_rasa_image_trains_like_make_train(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands: list[list[str]] = []

    def record(command: list[str], **_: object) -> SimpleNamespace:
        commands.append(command)
        return SimpleNamespace(returncode=0)

    monkeypatch.setenv("LOTSE_VAR", str(tmp_path))
    (tmp_path / "models").mkdir()
    monkeypatch.setattr("lotse.model.subprocess.run", record)
    model.train(load())
    ours = " ".join(commands[0]).replace(str(model.RASA), "rasa")
    ours = ours.replace(str(tmp_path / "models"), "/models")
    training = [one for one in instructions(ROOT / "nlu" / "Dockerfile") if "rasa train" in one]
    assert training[0].startswith(f"RUN {ours} ")


def test_rasa_and_the_application_derive_the_same_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTSE_SECRET", " one for the test \n")
    done = subprocess.run(
        ["sh", "nlu/serve.sh", "secret"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == load().secret("rasa")


def test_every_setting_the_code_reads_is_documented_and_no_other() -> None:
    name = re.compile(r"\b(?:LOTSE|TELEGRAM|DATABASE|RASA)_[A-Z_]+\b")
    read = re.compile(r"environ(?:\.get\(|\[)\s*\"(\w+)\"")
    code = "\n".join(
        path.read_text("utf-8") for package in PACKAGES for path in (ROOT / package).rglob("*.py")
    )
    rows = [
        line
        for line in (ROOT / "docs" / "deploy.md").read_text("utf-8").splitlines()
        if line.startswith("| `")
    ]
    documented = {one for row in rows for one in name.findall(row.split("|")[1])}
    in_containers = {"LOTSE_ACTIONS_URL", "LOTSE_PUBLISH"}
    assert documented - in_containers == {one for one in read.findall(code) if name.fullmatch(one)}
