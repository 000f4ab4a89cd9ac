"""The public pages of a centre's offers: a list with filters, a poster, a calendar feed."""

from __future__ import annotations

from typing import Any

import segno
from aiohttp import web

from centre import county, format, offer_calendar, offer_words
from knowledge_base.offer_search import Offers, find
from knowledge_base.wishes import AUDIENCES, DAYTIMES, LEVELS, TYPES, WEEKDAYS, Wishes
from storage import clock
from translations.languages import languages
from web import offer_query
from web.context import DATABASE, TELEGRAM, WebError, base_url, preferred_language, public, render
from web.offer_query import BadFilter, link
from web.offer_view import cards

PAGE = 30
ON_A_POSTER = 60
LONGEST_OFFSET = 5  # digits


def install(application: web.Application) -> None:
    """Add the pages. They are public: nobody is recognised and nothing is kept."""
    application.router.add_get("/offers", choose)
    application.router.add_get("/offers/", choose)
    application.router.add_get("/offers/{centre}.ics", feed)
    application.router.add_get("/offers/{centre}", page)
    application.router.add_get("/offers/{centre}/poster", poster)


async def choose(request: web.Request) -> web.Response:
    """List the centres."""
    try:
        language = _language(request)
    except BadFilter as error:
        return _refused(request, error)
    return _public(request, _centres(request, language))


async def page(request: web.Request) -> web.Response:
    """Show the offers of a centre that fit the filters of the address."""
    try:
        centre, language = _centre(request), _language(request)
        wanted = await offer_query.wishes(request.query, language)
        offset = _offset(request)
    except WebError as error:
        return _refused(request, error)
    found = await _find(request, wanted, centre.id, language, PAGE, offset)
    path, wished = f"/offers/{centre.id}", found.wishes
    after = offset + PAGE
    response = render(
        request,
        "offers.html",
        language,
        centre=centre,
        cards=cards(found.hits, language),
        total=found.total,
        without=offer_words.listed(wanted, found.dropped, language),
        wished=wished,
        chips=_chips(path, wished, language),
        menus=_menus(wished, language),
        kept={key: value for key, value in offer_query.address(wished).items() if key in KEPT},
        spoken=_languages(path, wanted),
        more=link(path, language, wished, **{"from": after}) if after < found.total else None,
        reset=link(path, language, Wishes()),
        choose=link("/offers", language, Wishes()),
        poster=link(f"{path}/poster", language, wished),
        calendar=link(f"{path}.ics", language, Wishes()),
        indexed=not wished.names() and not offset,
    )
    return _public(request, response)


async def poster(request: web.Request) -> web.Response:
    """Show the same offers as a sheet of paper for the wall, with a code to scan."""
    try:
        centre, language = _centre(request), _language(request)
        wanted = await offer_query.wishes(request.query, language)
    except WebError as error:
        return _refused(request, error)
    found = await _find(request, wanted, centre.id, language, ON_A_POSTER)
    address = base_url(request) + link(f"/offers/{centre.id}", language, found.wishes)
    telegram = request.app[TELEGRAM]
    bot = f"https://t.me/{telegram.username}" if telegram is not None else None
    response = render(
        request,
        "poster.html",
        language,
        centre=centre,
        county=county.county_name(),
        cards=cards(found.hits, language, paper=True),
        wishes=offer_words.listed(found.wishes, found.wishes.names(), language),
        short=f"{base_url(request)}/offers/{centre.id}".partition("://")[2],
        code=_code(address),
        bot=bot.partition("://")[2] if bot else None,
        bot_code=_code(bot) if bot else None,
        today=format.date(clock.today(), language),
        back=link(f"/offers/{centre.id}", language, found.wishes),
    )
    return _public(request, response)


async def feed(request: web.Request) -> web.Response:
    """Return the offers of a centre as a calendar."""
    try:
        centre, language = _centre(request), _language(request)
    except WebError as error:
        return _refused(request, error)
    address = base_url(request) + link(f"/offers/{centre.id}", language, Wishes())
    async with request.app[DATABASE].transaction() as session:
        body = await offer_calendar.feed(session, centre.id, language, address)
    response = web.Response(body=body, content_type="text/calendar", charset="utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="lotse-{centre.id}.ics"'
    return _public(request, response)


class NoCentre(WebError):
    """The address names a centre that there is not."""

    code = "unknown_centre"
    status = 404


KEPT = ("topic", "speaks")
"""Filters that the form does not show but keeps."""


def _centre(request: web.Request) -> county.Centre:
    found = county.centres().get(request.match_info["centre"])
    if found is None:
        raise NoCentre
    return found


def _language(request: web.Request) -> str:
    chosen = request.query.get("lang")
    if not chosen:
        return preferred_language(request)
    if chosen not in languages():
        raise BadFilter
    return chosen


def _offset(request: web.Request) -> int:
    written = request.query.get("from") or "0"
    if len(written) > LONGEST_OFFSET or not (written.isascii() and written.isdigit()):
        raise BadFilter
    return int(written)


async def _find(
    request: web.Request, wanted: Wishes, centre: str, language: str, limit: int, offset: int = 0
) -> Offers:
    places = {town.id: town.location for town in county.municipalities().values()}
    async with request.app[DATABASE].transaction() as session:
        return await find(session, wanted, centre, language, limit, offset, places=places)


def _chips(path: str, wished: Wishes, language: str) -> list[tuple[str, str]]:
    """Return what is wished, each with the address of the page without it."""
    return [
        (
            offer_words.wish(wished, name, language),
            link(path, language, wished.without(name)),
        )
        for name in wished.names()
    ]


def _menus(wished: Wishes, language: str) -> list[dict[str, Any]]:
    """Return the menus of the form: name, label, choices (value, words) and what is chosen."""
    towns = {town.id: town.name for town in county.municipalities().values()}
    choices: dict[str, tuple[str, dict[str, str]]] = {
        "type": ("types", {one: _wish(language, types=(one,)) for one in TYPES}),
        "for": ("audience", {one: _wish(language, audience=(one,)) for one in AUDIENCES}),
        "day": (
            "weekdays",
            {one: offer_words.weekday(number, language) for number, one in enumerate(WEEKDAYS)},
        ),
        "time": ("daytimes", {one: _wish(language, daytimes=(one,)) for one in DAYTIMES}),
        "level": ("levels", {one: offer_words.level(one, language) for one in LEVELS}),
        "near": ("near", towns),
    }
    now = offer_query.address(wished)
    menus = []
    for name, (field, known) in choices.items():
        chosen = now.get(name, "")
        if chosen and chosen not in known:
            # Several at once, as words can ask for: a choice of their own.
            known = {chosen: offer_words.wish(wished, field, language), **known}
        label = "whom" if name == "for" else name
        menus.append({"name": name, "label": label, "choices": known, "chosen": chosen})
    return menus


def _wish(language: str, **wished: Any) -> str:
    return offer_words.wish(Wishes(**wished), next(iter(wished)), language)


def _languages(path: str, wished: Wishes) -> list[tuple[str, str, str, str]]:
    """Return code, direction and name of every language, and this page in it."""
    return [
        (one.code, "rtl" if one.rtl else "ltr", one.name, link(path, one.code, wished))
        for one in languages().values()
    ]


def _code(address: str) -> str:
    """Return a QR code as SVG: a picture that prints sharp and needs no file of its own."""
    made = segno.make_qr(address, error="m")
    return str(made.svg_inline(border=2, omitsize=True, svgclass="code", lineclass=None))


def _centres(request: web.Request, language: str, **more: Any) -> web.Response:
    listed = [
        (one.name, format.row(one.places, language), link(f"/offers/{one.id}", language, Wishes()))
        for one in county.centres().values()
    ]
    values = {"problem": None, "county": county.county_name()} | more
    spoken = _languages("/offers", Wishes())
    return render(request, "centres.html", language, centres=listed, spoken=spoken, **values)


def _refused(request: web.Request, error: WebError) -> web.Response:
    """Say what is wrong with the address and show a way on."""
    problem = "offers.missing" if isinstance(error, NoCentre) else "offers.wrong"
    chosen = request.query.get("lang", "")
    language = chosen if chosen in languages() else preferred_language(request)
    response = _centres(request, language, problem=problem)
    response.set_status(error.status)
    return response


def _public(request: web.Request, response: web.Response) -> web.Response:
    if not request.query.get("lang"):
        response.headers["Vary"] = "Accept-Language"
    return public(request, response)
