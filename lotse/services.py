"""The web application and the worker as one process runs them: wiring only."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from aiohttp import web as http
from telegram import Bot
from telegram.error import InvalidToken, NetworkError

from bot import appointment_jobs, calendar_commands, housekeeping, inbox, talk_jobs
from bot.rasa import Rasa
from bot.telegram import client, commands, receive, send
from bot.worker import Worker
from centre.appointments import mail
from dialogues.actions import server as actions
from lotse.settings import Settings
from storage import queue
from storage.engine import Database
from storage.outbox import SEND_TASK
from web.app import build
from web.context import TelegramState

log = logging.getLogger(__name__)

WORKER_CONCURRENCY = 16
RECONNECT_SECONDS = 5
WITHOUT_TELEGRAM_SECONDS = 60.0
WEBHOOK_PATH = "/telegram"


@dataclass
class Running:
    """A web application that listens."""

    url: str
    application: http.Application


async def connect_telegram(settings: Settings) -> Bot | None:
    """Return the bot, or ``None`` without a token or when Telegram refuses it.

    An unreachable Telegram is waited for: stored messages must not be given up because of it.
    """
    if not settings.telegram_token:
        return None
    bot = client.build(settings.telegram_token, settings.telegram_api)
    while True:
        try:
            await bot.initialize()
            return bot
        except InvalidToken:
            log.error("Telegram refuses TELEGRAM_TOKEN; going on without Telegram")
            await bot.shutdown()
            return None
        except NetworkError as error:
            log.warning("Telegram cannot be reached (%s); trying again", type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)


@asynccontextmanager
async def serve_web(
    settings: Settings, database: Database, rasa: Rasa, port: int, telegram: bool = True
) -> AsyncIterator[Running]:
    """Run the web application: pages, Rasa's callbacks and, if wanted, receiving from Telegram."""
    secret = settings.secret("telegram-webhook")
    routes: list[http.AbstractRouteDef] = list(actions.routes(database, settings.secret("rasa")))
    bot = await connect_telegram(settings) if telegram else None
    if bot is not None:
        routes.append(http.post(WEBHOOK_PATH, receive.webhook(database, secret, bot)))

    async def ready() -> dict[str, bool]:
        return {"rasa": await rasa.ready()}

    me = TelegramState(bot.username) if bot is not None else None
    application = build(
        database,
        receive=inbox.receive,
        ready=ready,
        telegram=me,
        public_url=settings.public_url,
        extra_routes=routes,
    )
    runner = http.AppRunner(application, access_log=None)
    await runner.setup()
    await http.TCPSite(runner, settings.host, port).start()
    stop = asyncio.Event()
    receiving: asyncio.Task[None] | None = None
    if bot is not None:
        receiving = asyncio.create_task(_receive(settings, bot, database, secret, stop))
    try:
        yield Running(f"http://{settings.host}:{port}", application)
    finally:
        stop.set()
        if receiving is not None:
            receiving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await receiving
        if bot is not None:
            await bot.shutdown()
        await runner.cleanup()


async def _receive(
    settings: Settings, bot: Bot, database: Database, secret: str, stop: asyncio.Event
) -> None:
    publishing = asyncio.create_task(commands.publish(bot))
    if settings.telegram_webhook:
        await receive.set_webhook(bot, settings.telegram_webhook + WEBHOOK_PATH, secret)
    else:
        await receive.poll(bot, database, stop)
    await publishing


def _keep_for_telegram() -> None:
    """Leave messages for Telegram in the queue: a forgotten or mistyped token must lose none."""

    async def send_message(message_id: int) -> None:
        raise send.Later(WITHOUT_TELEGRAM_SECONDS)

    queue.app.task(name=SEND_TASK, retry=send.Again())(send_message)


def _mail_server(settings: Settings) -> mail.Server | None:
    """Return where e-mail is handed over; without one, what can't be sent is shown as such."""
    try:
        return mail.server(settings.smtp_url, settings.mail_from)
    except mail.BadMailSettings as error:
        log.error("%s can't be understood; going on without e-mail", error.data["what"])
        return None


@asynccontextmanager
async def run_worker(
    settings: Settings, database: Database, rasa: Rasa, telegram: bool = True
) -> AsyncIterator[None]:
    """Run a worker that answers updates and sends messages until the block ends."""
    bot = await connect_telegram(settings) if telegram else None

    async def acknowledge(callback: str) -> None:
        if bot is not None:
            await send.answer_callback(bot, callback)

    username, typing = (bot.username, partial(send.typing, bot)) if bot else (None, None)
    Worker(database, rasa, acknowledge, username, typing).register()
    if bot is not None:
        send.register(database, bot)
    else:
        _keep_for_telegram()
    housekeeping.register(database)
    appointment_jobs.register(database, _mail_server(settings))
    talk_jobs.register(database)
    calendar_commands.configure(settings.base_url)
    async with queue.opened(database.url) as app:
        await housekeeping.rescue(app)
        task = asyncio.create_task(
            app.run_worker_async(
                queues=[queue.queue_name()],
                concurrency=WORKER_CONCURRENCY,
                install_signal_handlers=False,
                delete_jobs="always",
                fetch_job_polling_interval=1.0,
                update_heartbeat_interval=housekeeping.HEARTBEAT_SECONDS,
                stalled_worker_timeout=housekeeping.STALLED_SECONDS,
                shutdown_graceful_timeout=10,
            )
        )
        rescuing = asyncio.create_task(housekeeping.keep_rescuing(app))
        try:
            yield
        finally:
            for one in (rescuing, task):
                one.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await one
    if bot is not None:
        await bot.shutdown()
