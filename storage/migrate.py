"""Bring a database to the current schema with Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url

HERE = Path(__file__).parent / "migrations"


def config(url: str) -> Config:
    """Return Alembic's configuration for the database at ``url`` (libpq URL)."""
    settings = Config()
    settings.set_main_option("script_location", str(HERE))
    driver = make_url(url).set(drivername="postgresql+psycopg")
    settings.attributes["url"] = driver.render_as_string(hide_password=False)
    return settings


def upgrade(url: str) -> None:
    """Migrate the database at ``url`` to the newest revision; a database there already stays."""
    command.upgrade(config(url), "head")
