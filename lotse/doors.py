"""``lotse understand`` and ``lotse search``: JSON lines in, JSON lines out."""

from __future__ import annotations

import json
import time
from typing import Any, TextIO

from bot.rasa import Rasa
from knowledge_base import search as knowledge
from lotse import model
from lotse.processes import free_port, start_rasa, until
from lotse.settings import Settings
from storage.engine import Database

RASA_SECONDS = 180
# What stands in front of the fallback is what was really understood.
FALLBACK = "nlu_fallback"


def _read(line: str, field: str) -> dict[str, Any]:
    said = json.loads(line)
    if not isinstance(said, dict) or not isinstance(said.get(field), str):
        raise ValueError(f'a line must be a JSON object with "{field}"')
    return said


async def understand(settings: Settings, lines: TextIO, out: TextIO) -> None:
    """Answer ``{"text", "lang"?}`` with intent, confidence, ranking and entities."""
    if not model.is_current(settings):
        model.train(settings)
    port = free_port()
    rasa = Rasa(settings.rasa_url or f"http://127.0.0.1:{port}", settings.secret("rasa"))
    child = None
    if settings.rasa_url is None:
        child = await start_rasa(settings, port, "http://127.0.0.1:9")
    try:
        await until(rasa.ready, RASA_SECONDS, child)
        for line in lines:
            if line.strip():
                out.write(json.dumps(await _parse(rasa, line), ensure_ascii=False) + "\n")
                out.flush()
    finally:
        await rasa.close()
        if child is not None:
            await child.stop()


async def _parse(rasa: Rasa, line: str) -> dict[str, Any]:
    try:
        text = _read(line, "text")["text"]
    except ValueError as error:
        return {"error": str(error)}
    started = time.perf_counter()
    found = await rasa.understand(text.lstrip("/ "))
    spent = time.perf_counter() - started
    ranking = [
        {"intent": one["name"], "confidence": one["confidence"]}
        for one in found.get("intent_ranking", [])
        if one["name"] != FALLBACK
    ]
    best = ranking[0] if ranking else {"intent": FALLBACK, "confidence": 0.0}
    return {
        "text": text,
        **best,
        "ranking": ranking,
        "entities": [
            {"entity": one["entity"], "value": one["value"]} for one in found.get("entities", [])
        ],
        "language": found.get("language_guess"),
        "ms": round(spent * 1000, 1),
    }


async def search(
    url: str, centre: str, language: str | None, top: int, lines: TextIO, out: TextIO
) -> None:
    """Answer ``{"question", "lang"?}`` with the entries that fit and whether it is answered."""
    database = Database(url, pool=2)
    try:
        for line in lines:
            if line.strip():
                answer = await _search(database, centre, language, top, line)
                out.write(json.dumps(answer, ensure_ascii=False) + "\n")
                out.flush()
    finally:
        await database.close()


async def _search(
    database: Database, centre: str, language: str | None, top: int, line: str
) -> dict[str, Any]:
    try:
        said = _read(line, "question")
    except ValueError as error:
        return {"error": str(error)}
    started = time.perf_counter()
    async with database.transaction() as session:
        found = await knowledge.search(
            session,
            said["question"],
            centre=centre,
            language=said.get("lang") or language or "de",
            limit=top,
        )
    return {
        "question": said["question"],
        "results": [
            {
                "entry": hit.entry_id,
                "score": round(hit.score, 4),
                "language": hit.language,
                "title": hit.title,
                "machine": hit.machine,
            }
            for hit in found.hits
        ],
        "answered": found.answered,
        "ms": round((time.perf_counter() - started) * 1000, 1),
    }
