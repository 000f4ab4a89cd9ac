"""What the commands share: logging, the event loop, a database that is ready."""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

from lotse import settings as configuration


def quiet() -> None:
    """Log warnings only, unless ``LOTSE_LOG_LEVEL`` says otherwise."""
    logging.basicConfig(
        level=os.environ.get("LOTSE_LOG_LEVEL", "WARNING"),
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )


def run_async(work: Awaitable[Any]) -> Any:
    """Run ``work`` to its end on a uvloop of its own."""

    async def main() -> Any:
        return await work

    return uvloop.run(main())


def with_database(work: Callable[[Any, str], Awaitable[Any]]) -> Any:
    """Run ``work(settings, url)`` on a database that is running and migrated."""
    from lotse import prepare

    quiet()
    settings = configuration.load()

    async def main() -> Any:
        with prepare.database_url(settings) as url:
            await prepare.migrate(url)
            return await work(settings, url)

    return run_async(main())
