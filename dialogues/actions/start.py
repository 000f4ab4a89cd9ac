"""First contact and the choices made there: language, centre, consent."""

from __future__ import annotations

from centre import county, people
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


def save_centre(turn: Turn, slot: str = "person_centre") -> None:
    """Take over the centre in ``slot`` if it exists, else say so and ask again."""
    chosen = turn.slots.get(slot)
    if chosen in county.centres():
        turn.person.centre = chosen
    elif chosen is not None:
        turn.say("centre.unknown")
        turn.forget(slot)


def save_consent(turn: Turn) -> None:
    """Note a yes at once; a no ends the form that needed it, and nothing was stored."""
    answer = turn.slots.get("consent")
    if answer is None:
        return
    if answer == "yes":
        if turn.person.consented_at is None:
            people.consent(turn.person)
    elif turn.form == "start_form":
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
    key = "start.ask_consent" if turn.form == "start_form" else "consent.needed"
    turn.say(
        key,
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
    save_centre(turn)
    save_consent(turn)


@action("validate_language_form")
async def validate_language(turn: Turn) -> None:
    """Accept launch languages only."""
    save_language(turn, "chosen_language")


@action("validate_centre_form")
async def validate_centre(turn: Turn) -> None:
    """Accept our centres only."""
    save_centre(turn, "chosen_centre")


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
    save_centre(turn, "chosen_centre")
    chosen = county.centre(turn.person.centre or next(iter(county.centres())))
    turn.say("centre.changed", keyboard("menu", turn.language), centre=chosen.name)
    turn.forget("chosen_centre")
