"""Settings from the environment; everything is optional."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def _folder() -> Path:
    return Path(os.environ.get("LOTSE_VAR", ROOT / "var")).resolve()


@dataclass(frozen=True)
class Settings:
    """Where things are and what they are reached by.

    Attributes:
        var: folder of everything that is made at run time (database, model, secret).
        database_url: ``DATABASE_URL``, or ``None`` for the embedded server.
        rasa_url: ``RASA_URL``, or ``None`` to start Rasa ourselves.
        host, port: where the web application listens.
        public_url: how the world reaches the web application (links, webhook).
        telegram_token: ``TELEGRAM_TOKEN``; without one Telegram is not connected.
        telegram_api: ``TELEGRAM_API_URL``, or ``None`` for Telegram's own servers.
        telegram_webhook: ``TELEGRAM_WEBHOOK_URL``; without one updates are polled.
        smtp_url: ``SMTP_URL``; without one no invitations go out by e-mail.
        mail_from: ``MAIL_FROM``, the address they come from.
    """

    var: Path
    database_url: str | None
    rasa_url: str | None
    host: str
    port: int
    public_url: str | None
    telegram_token: str | None
    telegram_api: str | None
    telegram_webhook: str | None
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str | None = None

    @property
    def base_url(self) -> str:
        """How people reach the web application, as far as we know."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def model(self) -> Path:
        """The trained Rasa model."""
        return self.var / "models" / "lotse.tar.gz"

    def secret(self, purpose: str) -> str:
        """Return a secret of this installation, a different one for every purpose (64 hex)."""
        path = self.var / "secret"
        given = os.environ.get("LOTSE_SECRET")
        if not given and not path.exists():
            self.var.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32))
        key = (given or path.read_text()).strip().encode()
        return hmac.new(key, purpose.encode(), hashlib.sha256).hexdigest()


def load() -> Settings:
    """Read the settings from the environment."""
    return Settings(
        var=_folder(),
        database_url=os.environ.get("DATABASE_URL") or None,
        rasa_url=os.environ.get("RASA_URL") or None,
        host=os.environ.get("LOTSE_HOST", "127.0.0.1"),
        port=int(os.environ.get("LOTSE_PORT", "8080")),
        public_url=os.environ.get("LOTSE_PUBLIC_URL") or None,
        telegram_token=os.environ.get("TELEGRAM_TOKEN") or None,
        telegram_api=os.environ.get("TELEGRAM_API_URL") or None,
        telegram_webhook=os.environ.get("TELEGRAM_WEBHOOK_URL") or None,
        smtp_url=os.environ.get("SMTP_URL") or None,
        mail_from=os.environ.get("MAIL_FROM") or None,
    )
