"""Probes for whoever runs this: is it alive, is it ready, how is it doing."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import hdrs, web
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy import text

from storage.engine import Database
from web.context import DATABASE, READY

PATIENCE_SECONDS = 3.0
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.12, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# The table of updates belongs to a sibling layer, so it is counted by name.
WAITING = text(
    "select (select count(*) from outgoing_messages where status = 'waiting'),"
    " (select count(*) from updates where answered_at is null)"
)

log = logging.getLogger(__name__)


class Metrics:
    """The numbers of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "lotse_http_request_seconds",
            "Requests and how long they took, by route template",
            ("method", "route", "status"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.outgoing = Gauge(
            "lotse_outgoing_messages_waiting",
            "Messages that wait to be sent",
            registry=self.registry,
        )
        self.updates = Gauge(
            "lotse_updates_unanswered",
            "Updates that were received and are not answered yet",
            registry=self.registry,
        )


METRICS = web.AppKey("metrics", Metrics)


def install(application: web.Application) -> None:
    """Add ``/healthz``, ``/readyz`` and ``/metrics``."""
    application[METRICS] = Metrics()
    application.router.add_get("/healthz", healthz)
    application.router.add_get("/readyz", readyz)
    application.router.add_get("/metrics", metrics)


async def healthz(request: web.Request) -> web.Response:
    """Answer at all: the process lives."""
    return web.Response(text="ok")


async def readyz(request: web.Request) -> web.Response:
    """Say which parts work; 503 unless all do."""
    parts = {"database": await _database_answers(request.app[DATABASE])}
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            parts |= await request.app[READY]()
    except Exception as error:
        log.warning("readiness of the other parts is unknown: %s", type(error).__name__)
        parts["components"] = False
    return web.json_response(parts, status=200 if all(parts.values()) else 503)


async def metrics(request: web.Request) -> web.Response:
    """Return the numbers in Prometheus' text format."""
    numbers = request.app[METRICS]
    async with request.app[DATABASE].transaction() as session:
        outgoing, updates = (await session.execute(WAITING)).one()
    numbers.outgoing.set(outgoing)
    numbers.updates.set(updates)
    return web.Response(
        body=generate_latest(numbers.registry), headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST}
    )


def observe(request: web.Request, status: int, seconds: float) -> str:
    """Count one request and return its route template."""
    route = template(request)
    numbers = request.app[METRICS]
    numbers.requests.labels(method(request), route, str(status)).observe(seconds)
    return route


def template(request: web.Request) -> str:
    """Return the path with placeholders, so that neither tokens nor guesses are written down."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"


def method(request: web.Request) -> str:
    """Return the method, ``other`` for one that HTTP does not know."""
    return request.method if request.method in hdrs.METH_ALL else "other"


async def _database_answers(database: Database) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), database.transaction() as session:
            await session.execute(text("select 1"))
    except Exception as error:
        log.warning("the database does not answer: %s", type(error).__name__)
        return False
    return True
