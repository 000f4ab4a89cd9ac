"""First contact and the choices made there: language, centre, consent."""

from __future__ import annotations

from centre import county, people
from centre.appointments import responsible
from centre.county import county_name
from dialogues.actions.keyboards import centre_buttons, keyboard, language_buttons
from dialogues.actions.turn import Turn, action
from storage.outbox import Content
from translations.languages import languages

CONSENT_DATA = '/choose{"consent":"%s"}'


def save_language(turn: Turn, slot: str) -> None:
    """Take over the language in ``slot`` if it is one of ours, else forget it."""
    chosen = turn.slots.get(slot)
    if chosen in languages():
        turn.person.language = chosen
    elif chosen is not None:
        turn.forget(slot)


async def save_centre(turn: Turn, slot: str = "person_centre") -> None:
    """Settle who is responsible by the town that was named, or else by the centre in ``slot``.

    A centre that does not exist is asked for again; so it is where the town advises people itself,
    because the county's centres are only for who wants them all the same.
    """
    place, chosen = _named_place(turn, slot), turn.slots.get(slot)
    if place is None and chosen not in county.centres():
        if chosen is not None:
            turn.say("centre.unknown")
            turn.forget(slot)
        return
    if place is None and chosen == turn.person.centre:
        return
    lives = place.id if place is not None else None
    settled = await responsible.settle(
        turn.session, turn.person.id, lives, None if place else chosen
    )
    if place is not None and settled.own is not None:
        turn.say("mine.own", place=place.name, name=settled.own.name, url=settled.own.url)
        turn.forget(slot)
    elif settled.centre != chosen:
        turn.set(slot, settled.centre)


def _named_place(turn: Turn, slot: str) -> county.Municipality | None:
    """Return the one town that answers the question for the centre, or ``None``."""
    if turn.slots.get("requested_slot") != slot and turn.intent != "change_centre":
        return None
    entities = turn.message.get("entities") or []
    named = {str(one["value"]) for one in entities if one["entity"] == "place"}
    if not named and turn.metadata.get("place"):
        named = {str(turn.metadata["place"])}
    found = county.municipalities().get(named.pop()) if len(named) == 1 else None
    return found if found is not None and (found.centre or found.own) else None


def save_consent(turn: Turn) -> None:
    """Note a yes at once; a no ends the form that needed it, and nothing was stored."""
    answer = turn.slots.get("consent")
    if answer is None:
        return
    if answer == "yes":
        if turn.person.consented_at is None:
            people.consent(turn.person)
    elif turn.form == "start_form":
        responsible.forget(turn.person)
        turn.say("start.consent_declined")
    else:
        turn.forget("consent")
        turn.say("consent.refused", keyboard("menu", turn.language))
        turn.stop_form()


@action("action_ask_person_language")
async def welcome(turn: Turn) -> None:
    """Say who is speaking and offer every language under its own name."""
    turn.say("start.welcome", county=county_name())
    await ask_language(turn)


@action("action_ask_chosen_language")
async def ask_language(turn: Turn) -> None:
    """Offer every language under its own name."""
    turn.say("start.ask_language", language_buttons('/choose{"language":"%s"}'))


@action("action_ask_person_centre")
async def ask_home_centre(turn: Turn) -> None:
    """Offer the centres, and the way to share a location."""
    _offer_centres(turn, "start.ask_centre")


@action("action_ask_chosen_centre")
async def ask_centre(turn: Turn) -> None:
    """Offer the centres."""
    _offer_centres(turn, "centre.ask")


def _offer_centres(turn: Turn, key: str) -> None:
    buttons = centre_buttons('/choose{"centre":"%s"}')
    turn.send(Content(text=turn.words(key), buttons=buttons, ask_location=True))


@action("action_ask_consent")
async def ask_consent(turn: Turn) -> None:
    """Ask whether what is needed may be stored."""
    text = turn.words("consent.needed")
    if turn.form == "start_form":
        text = turn.words("start.ask_consent") + "\n\n" + turn.words("mine.stored")
    turn.send_text(
        text,
        [
            [
                turn.button("start.consent_yes", CONSENT_DATA % "yes"),
                turn.button("start.consent_no", CONSENT_DATA % "no"),
            ]
        ],
    )


@action("validate_start_form")
async def validate_start(turn: Turn) -> None:
    """Check what was chosen so far and take it over at once."""
    save_language(turn, "person_language")
    await save_centre(turn)
    save_consent(turn)


@action("validate_language_form")
async def validate_language(turn: Turn) -> None:
    """Accept launch languages only."""
    save_language(turn, "chosen_language")


@action("validate_centre_form")
async def validate_centre(turn: Turn) -> None:
    """Accept our centres only."""
    await save_centre(turn, "chosen_centre")


@action("action_finish_start")
async def finish_start(turn: Turn) -> None:
    """Say that everything is ready and show what can be done."""
    centre = county.centre(turn.person.centre or next(iter(county.centres())))
    turn.say("start.done", keyboard("menu", turn.language), centre=centre.name)


@action("action_change_language")
async def change_language(turn: Turn) -> None:
    """Confirm in the new language."""
    save_language(turn, "chosen_language")
    turn.say("language.changed", keyboard("menu", turn.language))
    turn.forget("chosen_language")


@action("action_change_centre")
async def change_centre(turn: Turn) -> None:
    """Confirm the new centre."""
    await save_centre(turn, "chosen_centre")
    chosen = county.centre(turn.person.centre or next(iter(county.centres())))
    turn.say("centre.changed", keyboard("menu", turn.language), centre=chosen.name)
    turn.forget("chosen_centre")
