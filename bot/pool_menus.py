"""What an interpreter sees of their profile: the whole of it, and a page with buttons per part.

Every button says what holds after it (``on``, ``off``), so that an old one or a second tap never
does the opposite of what it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from centre import format
from centre.county import centres
from centre.notify import button
from centre.pool import dialects
from centre.pool.changes import DUTY_HOURS, PAUSES, WEEKDAYS, interpreted
from centre.pool.profile import FOR_GOOD, GENDERS, GERMAN, PARTS, Profile, Spoken
from centre.pool.tables import LEVELS, ON_SITE, WAYS
from centre.pool.topics import inside, outside
from storage.outbox import Button, Content
from translations.catalogue import say
from translations.direction import inserted, lines

CHOSEN = "✅"
MENU = "i:menu"
# The parts of a profile by the verb that opens each, in the order of the buttons.
_PARTS = {
    "langs": "pool.languages",
    "promise": "pool.promise",
    "german": "pool.german",
    "ways": "pool.ways",
    "places": "pool.places",
    "week": "pool.week",
    "topics": "pool.topics",
    "gender": "pool.gender",
    "duty": "pool.duty",
    "pause": "pool.pause",
    "leave": "pool.leave",
}


def menu(found: Profile, language: str) -> Content:
    """Return the whole profile, with a button for each of its parts."""
    buttons = [_open(verb, language) for verb in _PARTS if verb != "pause" or not found.paused]
    if found.paused:
        buttons.insert(0, button(language, "pool.resume", "i:pause:none"))
    text = "\n".join([say("pool.title", language), "", *_told(found, language)])
    return Content(text=lines(text, language), buttons=_rows(buttons, 2))


def languages(found: Profile, language: str) -> Content:
    """Return the page with all languages."""
    buttons = [
        _button(
            format.language_name(code, language), f"i:lang:{code}", found.spoken(code) is not None
        )
        for code in interpreted()
    ]
    return _page(say("pool.ask_languages", language), _rows(buttons, 2), language)


def one_language(found: Profile, spoken: Spoken, language: str) -> Content:
    """Return the page of one language they interpret: its level and dialects."""
    code = spoken.language
    rows = [
        [_button(say(f"pool.level_{one}", language), f"i:level:{code}:{one}", one == spoken.level)]
        for one in LEVELS
    ]
    known = [
        _tick(dialects.label(code, one, language), f"i:dial:{code}:{one}", one in spoken.dialects)
        for one in dialects.dialects(code)
    ]
    rows += _rows(known, 2)
    rows.append([button(language, "pool.drop", f"i:drop:{code}"), _open("langs", language)])
    name = format.language_name(code, language)
    return _page(say("pool.ask_language", language, language=name), rows, language)


def german(found: Profile, language: str) -> Content:
    """Return the page with the levels of their German."""
    levels = [_button(one, f"i:german:{one}", one == found.german) for one in GERMAN]
    return _page(say("pool.ask_german", language), [levels], language)


def gender(found: Profile, language: str) -> Content:
    """Return the page with the genders."""
    rows = [
        [_button(say(f"pool.gender_{one}", language), f"i:gender:{one}", one == found.gender)]
        for one in GENDERS
    ]
    unsaid = _button(say("pool.gender_none", language), "i:gender:none", found.gender is None)
    return _page(say("pool.ask_gender", language), [*rows, [unsaid]], language)


def places(found: Profile, language: str) -> Content:
    """Return the page with the centres."""
    rows = [
        [_tick(one.name, f"i:places:{one.id}", one.id in found.centres)]
        for one in centres().values()
    ]
    return _page(say("pool.ask_places", language), rows, language)


def ways(found: Profile, language: str) -> Content:
    """Return the page with the ways to help."""
    rows = [
        [_tick(say(f"pool.way_{one}", language), f"i:ways:{one}", one in found.ways)]
        for one in WAYS
    ]
    return _page(say("pool.ask_ways", language), rows, language)


def week(found: Profile, language: str) -> Content:
    """Return the page with the week: a row for each day, a button for each part of it."""
    rows = [
        [
            _tick(_when(day, part, language), f"i:week:{day}:{part}", (day, part) in found.parts)
            for part in PARTS
        ]
        for day in WEEKDAYS
    ]
    return _page(say("pool.ask_week", language), rows, language)


def without(found: Profile, language: str) -> Content:
    """Return the page with the topics they can refuse."""
    buttons = [
        _tick(_topic(one, language), f"i:topics:{one}", one in found.without) for one in inside()
    ]
    never = [_topic(one, language) for one in outside()]
    text = say("pool.ask_topics", language, topics=format.listing(never, language))
    return _page(text, _rows(buttons, 2), language)


def pause(found: Profile, language: str) -> Content:
    """Return the page with the breaks; during a break, with its end."""
    if found.paused:
        resume = button(language, "pool.resume", "i:pause:none")
        return _page(_break(found, language), [[resume]], language)
    rows = [[button(language, f"pool.pause_{one}", f"i:pause:{one}")] for one in PAUSES]
    return _page(say("pool.ask_pause", language), rows, language)


def duty(found: Profile, language: str) -> Content:
    """Return the page with the hours of a duty; during one, with its end."""
    if found.on_duty:
        end = button(language, "pool.off_duty", "i:duty:none")
        return _page(_on_duty(found, language), [[end]], language)
    rows = [
        [Button(label=say("pool.duty_hours", language, count=one), data=f"i:duty:{one}")]
        for one in DUTY_HOURS
    ]
    return _page(say("pool.ask_duty", language), rows, language)


def promise(found: Profile, language: str) -> Content:
    """Return what they are to promise, or when they did."""
    if found.declared_on is not None:
        return _page(_promised(found, language), [], language)
    yes = button(language, "pool.promise_yes", "i:promise:yes")
    return _page(say("pool.ask_promise", language), [[yes]], language)


def leave(found: Profile, language: str) -> Content:
    """Return what leaving means, with the one tap that does it."""
    yes = button(language, "pool.leave_yes", "i:leave:yes")
    return _page(say("pool.ask_leave", language), [[yes]], language)


PAGES: dict[str, Callable[[Profile, str], Content]] = {
    "menu": menu,
    "langs": languages,
    "german": german,
    "gender": gender,
    "places": places,
    "ways": ways,
    "week": week,
    "topics": without,
    "pause": pause,
    "duty": duty,
    "promise": promise,
    "leave": leave,
}
"""The pages by the verb that opens each; that of one language needs the language."""


def _told(found: Profile, language: str) -> Iterator[str]:
    spoken = [_spoken(one, language) for one in found.languages]
    times = [_when(*one, language) for one in _in_order(found)]
    told = {
        "pool.languages": spoken,
        "pool.german": [found.german] if found.german else [],
        "pool.gender": [say(f"pool.gender_{found.gender}", language)] if found.gender else [],
        "pool.ways": [say(f"pool.way_{one}", language) for one in found.ways],
        "pool.places": _places(found, language),
        "pool.week": times or [say("pool.any_time", language)],
        "pool.topics": [_topic(one, language) for one in found.without],
    }
    for key, values in told.items():
        if values:
            what, value = say(key, language), format.listing(values, language)
            yield say("pool.line", language, what=what, value=value)
    yield ""
    yield from _standing(found, language)
    if found.minutes:
        yield say("pool.served", language, minutes=found.minutes)


def _standing(found: Profile, language: str) -> Iterator[str]:
    """Yield why they are not asked, or since when they can be."""
    if not found.languages:
        yield say("pool.no_language", language)
    if found.declared_on is not None:
        yield _promised(found, language)
    elif found.told:
        yield say("pool.not_promised", language)
    if found.paused:
        yield _break(found, language)
    if found.on_duty:
        yield _on_duty(found, language)


def _break(found: Profile, language: str) -> str:
    until = found.paused_until
    if until is None or until >= FOR_GOOD:
        return say("pool.paused", language)
    day, start = format.day(until, language), format.time(until, language)
    return say("pool.paused_until", language, day=day, start=start)


def _on_duty(found: Profile, language: str) -> str:
    until = found.duty_until
    start = format.time(until, language) if until else ""
    return say("pool.on_duty_until", language, start=start)


def _promised(found: Profile, language: str) -> str:
    day = found.declared_on
    return say("pool.promised", language, day=format.date(day, language) if day else "")


def _spoken(one: Spoken, language: str) -> str:
    said = [
        say(f"pool.level_{one.level}", language),
        *(dialects.label(one.language, dialect, language) for dialect in one.dialects),
    ]
    name = inserted(format.language_name(one.language, language), language)
    return f"{name} ({format.row([inserted(part, language) for part in said], language)})"


def _places(found: Profile, language: str) -> list[str]:
    if ON_SITE not in found.ways:
        return []
    names = [one.name for one in centres().values() if one.id in found.centres]
    return names or [say("pool.all", language)]


def _in_order(found: Profile) -> list[tuple[int, str]]:
    return [(day, part) for day in WEEKDAYS for part in PARTS if (day, part) in found.parts]


def _when(day: int, part: str, language: str) -> str:
    """Return a part of a weekday as it stands on a button, such as ``Mo. 8–12``."""
    start, end = PARTS[part]
    # "stand-alone" would be the better form, but Babel 2.18 mixes the languages up there.
    name = format.locale(language).days["format"]["abbreviated"][day]
    return f"{name} {inserted(f'{start.hour}–{end.hour}', language)}"


def _topic(topic: str, language: str) -> str:
    return say(f"interpreting.{topic}", language)


def _page(text: str, rows: list[list[Button]], language: str) -> Content:
    return Content(text=text, buttons=[*rows, [button(language, "pool.back", MENU)]])


def _open(verb: str, language: str) -> Button:
    return button(language, _PARTS[verb], f"i:{verb}")


def _tick(label: str, data: str, chosen: bool) -> Button:
    return _button(label, f"{data}:{'off' if chosen else 'on'}", chosen)


def _button(label: str, data: str, chosen: bool) -> Button:
    return Button(label=f"{CHOSEN} {label}" if chosen else label, data=data)


def _rows(buttons: list[Button], wide: int) -> list[list[Button]]:
    return [buttons[at : at + wide] for at in range(0, len(buttons), wide)]
