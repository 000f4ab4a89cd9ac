"""``python -m lotse``."""

from lotse.cli import app

app()
