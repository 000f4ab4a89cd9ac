"""The command line: ``lotse …``."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Annotated, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import typer

from lotse import settings as configuration
from lotse.cli_calendar import calendar
from lotse.cli_catalogues import catalogues
from lotse.cli_catalogues import check as check_catalogues
from lotse.cli_kb import kb
from lotse.cli_run import quiet, run_async, with_database
from lotse.cli_translate_draft import translate

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
app.add_typer(kb, name="kb")
app.add_typer(translate, name="translate")
app.add_typer(calendar, name="calendar")
app.add_typer(catalogues, name="catalogues")
app.command("check-catalogues")(check_catalogues)
language_app = typer.Typer(no_args_is_help=True, help="The languages: add one, see what it lacks.")
app.add_typer(language_app, name="language")

Language = Annotated[str | None, typer.Option("--lang", help="a launch language, such as ar")]
Centre = Annotated[str | None, typer.Option("--centre", help="a centre, such as dettingen")]


@app.command()
def run() -> None:
    """Start everything and print where it is (make run)."""
    from lotse.supervise import run as supervise

    quiet()
    raise typer.Exit(run_async(supervise(configuration.load())))


@app.command()
def web() -> None:
    """Run the web application alone (pages, Rasa's callbacks, receiving from Telegram)."""
    quiet()
    run_async(_service(web=True))


@app.command()
def worker() -> None:
    """Run one worker alone; start as many as you like."""
    quiet()
    run_async(_service(web=False))


async def _service(web: bool) -> None:
    from bot.rasa import Rasa
    from lotse.prepare import database_url
    from lotse.services import run_worker, serve_web
    from storage.engine import Database

    settings = configuration.load()
    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    with database_url(settings) as url:
        database = Database(url, pool=20)
        rasa = Rasa(settings.rasa_url or "http://127.0.0.1:5005", settings.secret("rasa"))
        service = (
            serve_web(settings, database, rasa, settings.port)
            if web
            else run_worker(settings, database, rasa)
        )
        async with service:
            await stop.wait()
        await rasa.close()
        await database.close()


@app.command()
def migrate() -> None:
    """Bring the database to the current schema and load the knowledge (containers run this)."""

    async def work(settings: Any, url: str) -> None:
        from lotse import prepare
        from storage.engine import Database

        database = Database(url, pool=2)
        report = await prepare.load_knowledge(database, settings)
        typer.echo(f"Schema is current; knowledge: {prepare.summary(report)}")
        await database.close()

    with_database(work)


@app.command("admin-link")
def admin_link() -> None:
    """Print a one-time link that signs the administrator in to the staff page."""

    async def work(settings: Any, url: str) -> None:
        from storage.engine import Database
        from web import staff

        database = Database(url, pool=2)
        async with database.transaction() as session:
            typer.echo(await staff.admin_link(session, settings.base_url))
        await database.close()

    with_database(work)


@app.command()
def demo() -> None:
    """Reset the database to the small fictional demonstration set."""

    async def work(settings: Any, url: str) -> None:
        from centre import demo as fictional
        from lotse import prepare
        from storage.engine import Database

        database = Database(url)
        async with database.transaction() as session:
            await fictional.reset(session)
        report = await prepare.load_knowledge(database, settings)
        await prepare.load_demo_offers(database)
        await database.close()
        typer.echo(f"Demonstration set loaded; knowledge: {prepare.summary(report)}")

    with_database(work)


@app.command()
def chat(
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON lines in, JSON lines out, with everybody")
    ] = False,
    lang: Language = None,
    centre: Centre = None,
) -> None:
    """Talk with the assistant in the terminal."""

    async def work(settings: Any, url: str) -> None:
        from lotse import prepare, talk
        from storage.engine import Database

        database = Database(url, pool=2)
        await prepare.load_knowledge(database, settings)
        await prepare.load_demo_once(database)
        await database.close()
        if as_json:
            await talk.scripted(settings, url, sys.stdin, sys.stdout)
        else:
            await talk.terminal(settings, url, lang, centre)

    with_database(work)


@app.command()
def understand() -> None:
    """Read JSON lines {"text"}, write what Rasa understands."""
    from lotse import doors

    quiet()
    run_async(doors.understand(configuration.load(), sys.stdin, sys.stdout))


@app.command()
def evaluate(
    language: Annotated[str | None, typer.Option("--language", help="only this one")] = None,
) -> None:
    """Run every test message; for all languages, write docs/language-quality.md."""
    from lotse import evaluate as evaluation
    from translations.languages import languages

    if language is not None and language not in languages():
        typer.echo(f"{language} is not a launch language; there are {', '.join(languages())}.")
        raise typer.Exit(2)
    quiet()
    chosen = [language] if language else list(languages())
    pairs = run_async(evaluation.ask(configuration.load(), chosen))
    typer.echo(evaluation.summary(pairs))
    if language is None:
        evaluation.write(pairs, evaluation.today())
        typer.echo(f"Written: {evaluation.CARD}")


@app.command()
def search(
    centre: Annotated[str, typer.Option("--centre")],
    lang: Language = None,
    top: Annotated[int, typer.Option("--top", min=1, max=50)] = 5,
) -> None:
    """Read JSON lines {"question"}, write which knowledge entries answer."""
    from lotse import doors

    async def work(settings: Any, url: str) -> None:
        await doors.search(url, centre, lang, top, sys.stdin, sys.stdout)

    with_database(work)


@app.command()
def train(
    force: Annotated[bool, typer.Option("--force", help="even if nothing changed")] = False,
) -> None:
    """Train the Rasa model if its inputs changed."""
    from lotse import model

    settings = configuration.load()
    if not force and model.is_current(settings):
        typer.echo("The model is up to date.")
        return
    typer.echo(f"Trained: {model.train(settings)}")


@app.command("languages")
def languages_page() -> None:
    """Write docs/languages.md: what is translated, reviewed, spoken, and by whom, per language."""
    from lotse import languages_page as page

    page.write()
    typer.echo(f"Written: {page.PAGE.relative_to(configuration.ROOT)}")


@language_app.command("add")
def language_add(code: Annotated[str, typer.Argument(help="ISO 639 code, such as es")]) -> None:
    """Create the skeletons of a language that are not there yet, and list what is missing."""
    from lotse import language

    try:
        made = language.add(code)
    except language.UnknownLanguage:
        typer.echo(f"There is no language {code!r}; give its ISO 639 code, such as es or sq.")
        raise typer.Exit(2) from None
    for path in made:
        typer.echo(f"written: {path.relative_to(configuration.ROOT)}")
    lacking = language.missing(code)
    for one in lacking:
        typer.echo(one)
    typer.echo(f"{code}: {len(lacking)} things missing")
    if not lacking:
        typer.echo("Complete: remove its draft mark in translations/languages.yml to offer it.")
