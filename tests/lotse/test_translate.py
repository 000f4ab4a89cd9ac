"""Models come from files or from the index; whatever goes wrong is said with what to do."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from typer.testing import CliRunner

from lotse import models
from lotse.cli import app
from tests.conftest import TINY
from translations.machine import engine, packages

GERMAN = TINY / "translate-de_en-1_0.argosmodel"


@dataclass
class Index:
    """An index of packages that can be told to misbehave."""

    address: str = ""
    cut_at: int | None = None
    asked: list[str | None] = field(default_factory=list)

    async def rows(self, request: web.Request) -> web.Response:
        rows = [
            {"from_code": source, "to_code": target, "package_version": version, "links": [link]}
            for source, target, version, link in [
                ("de", "en", "0.9", f"{self.address}/old"),
                ("de", "en", "1.0", f"{self.address}/de_en"),
                ("en", "de", "1.0", f"{self.address}/nothing"),
                ("en", "fa", "1.0", f"{self.address}/en_fa"),
                ("fa", "en", "1.0", "ftp://example.org/fa_en"),
            ]
        ]
        return web.json_response(rows)

    async def file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        path = TINY / f"translate-{name}-1_0.argosmodel"
        if not path.exists():
            raise web.HTTPNotFound
        self.asked.append(request.headers.get("Range"))
        if self.cut_at is None:
            return web.FileResponse(path)
        answer = web.StreamResponse(headers={"Content-Length": str(path.stat().st_size)})
        await answer.prepare(request)
        await answer.write(path.read_bytes()[: self.cut_at])
        assert request.transport is not None
        request.transport.close()
        return answer


@pytest_asyncio.fixture
async def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Index]:
    served = Index()
    application = web.Application()
    application.add_routes([web.get("/index.json", served.rows), web.get("/{name}", served.file)])
    async with TestServer(application) as server:
        served.address = str(server.make_url("/")).rstrip("/")
        monkeypatch.setenv("ARGOS_PACKAGE_INDEX", served.address)
        monkeypatch.setenv("LOTSE_TRANSLATION_MODELS", str(tmp_path / "models"))
        yield served
    engine.stop()


def pairs() -> list[tuple[str, str]]:
    return [(one.source, one.target) for one in packages.installed()]


async def test_a_pair_comes_from_the_index_in_its_newest_version(index: Index) -> None:
    assert await models.install(["de_en"])
    assert pairs() == [("de", "en")]
    assert not list((packages.home() / "downloads").iterdir())
    assert await models.install(["de_en"])
    assert index.asked == [None]


async def test_a_language_means_both_ways_and_what_works_stays(
    index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not await models.install(["de", "prs"])
    assert pairs() == [("de", "en"), ("en", "fa")]
    said = capsys.readouterr().err
    assert "en_de" in said
    assert "fa_en" in said


async def test_a_download_that_breaks_off_goes_on_where_it_stopped(index: Index) -> None:
    index.cut_at = 300_000
    assert not await models.install(["de_en"])
    (part,) = (packages.home() / "downloads").iterdir()
    assert part.stat().st_size == 300_000
    assert pairs() == []
    index.cut_at = None
    assert await models.install(["de_en"])
    assert index.asked[-1] == "bytes=300000-"
    assert pairs() == [("de", "en")]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("xx", "no launch language"),
        ("ti", "has no model for it"),
        ("de_xx", "no such package"),
        ("12_en", "write it like de_en"),
        ("none.argosmodel", "there is no such file"),
        (__file__, "no whole zip file"),
    ],
)
async def test_what_cannot_be_installed_is_said(
    index: Index, capsys: pytest.CaptureFixture[str], source: str, said: str
) -> None:
    assert not await models.install([source])
    assert said in " ".join(capsys.readouterr().err.split())
    assert pairs() == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://127.0.0.1:9/index.json"])
async def test_an_index_that_cannot_be_reached_is_said(
    index: Index,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    address: str,
) -> None:
    monkeypatch.setenv("ARGOS_PACKAGE_INDEX", address)
    assert not await models.install(["ar"])
    said = " ".join(capsys.readouterr().err.split())
    assert "cannot be fetched" in said
    assert ".argosmodel" in said


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTSE_TRANSLATION_MODELS", str(tmp_path))
    run = CliRunner().invoke
    assert "No models are installed" in run(app, ["translate", "list"]).stdout
    made = run(app, ["translate", "install", *map(str, sorted(TINY.glob("*.argosmodel")))])
    assert made.exit_code == 0, made.output
    shown = re.sub(r"\s+", " ", run(app, ["translate", "list"]).stdout)
    assert "from de: en (direct), fa (through English), prs (through English, as Persian)" in shown
    assert "no model anywhere: ps, kmr, ckb, ti, so, am" in shown
    told = json.loads(run(app, ["translate", "list", "--json"]).stdout)
    assert told["reach"]["de"]["fa"] == "through English"
    assert told["reach"]["fa"]["de"] == "-"
    assert run(app, ["translate", "remove", "de_en"]).exit_code == 0
    assert run(app, ["translate", "remove", "de_en"]).exit_code == 1
    assert run(app, ["translate", "install", "xx"]).exit_code == 1
