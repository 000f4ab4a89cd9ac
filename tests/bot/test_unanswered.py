"""A question that nothing answered waits for one message, and is nowhere after it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import unanswered
from bot.conversation import Outcome, converse, plain, seeded
from bot.incoming import Incoming
from bot.rasa import Rasa, Reply
from centre import people
from centre.people import Person
from knowledge_base import feedback
from knowledge_base.feedback import UnansweredQuestion
from storage import clock
from storage.engine import Database
from storage.outbox import Content
from translations.catalogue import say

QUESTION = "Wo wächst der Pfeffer?"


async def asker(session: AsyncSession, **state: Any) -> tuple[Person, int]:
    """Somebody who was just asked whether their question may be handed on."""
    number = await feedback.store_unanswered(session, "reutlingen", "de", "ask_work", None, None)
    person = await people.find_or_create(session, "script", "somebody")
    person.language = "de"
    person.dialogue = {
        "slots": {unanswered.SLOT: QUESTION, "urgent": "no"},
        "offered": {"ja": f"k:hand:yes:{number}", "nein": f"k:hand:no:{number}"},
        "intent": "ask_work",
        **state,
    }
    await session.flush()
    return person, number


async def words(session: AsyncSession) -> str | None:
    return (await session.scalars(select(UnansweredQuestion.text))).one()


class Understanding(Rasa):
    """Understands everything as one intent; the rest is Rasa's own."""

    def __init__(self, intent: str) -> None:
        super().__init__("http://127.0.0.1:9", "secret")
        self.intent = intent
        self.got: dict[str, Any] = {}

    async def turn(
        self, sender: str, message: str, state: dict[str, Any], metadata: dict[str, Any]
    ) -> Reply:
        self.got = state
        return Reply([Content(text="…")], {**state, "loop": None, "intent": self.intent})


async def write(session: AsyncSession, person: Person, rasa: Rasa | None, text: str) -> Outcome:
    return await converse(session, rasa, person, Incoming("text", text=text), "u1")


async def test_the_button_hands_it_on(db: Database) -> None:
    async with db.transaction() as session:
        person, number = await asker(session)
        tap = Incoming("tap", data=f"k:hand:yes:{number}")
        outcome = await converse(session, None, person, tap, "u1")
        assert [one.text for one in outcome.messages] == [say("feedback.handed_on", "de")]
        assert await words(session) == QUESTION
        assert person.dialogue["slots"] == {"urgent": "no"}


@pytest.mark.parametrize(
    ("intent", "key", "stored"),
    [("affirm", "feedback.handed_on", QUESTION), ("deny", "feedback.not_handed_on", None)],
)
async def test_a_typed_yes_or_no_is_as_good_as_the_button(
    db: Database, intent: str, key: str, stored: str | None
) -> None:
    async with db.transaction() as session:
        person, _ = await asker(session)
        outcome = await write(session, person, Understanding(intent), "na klar")
        assert [one.text for one in outcome.messages] == [say(key, "de")]
        assert await words(session) == stored


@pytest.mark.parametrize(("intent", "loop"), [("thank", None), ("affirm", "booking_form")])
async def test_any_other_message_is_no_answer_to_it(
    db: Database, intent: str, loop: str | None
) -> None:
    async with db.transaction() as session:
        person, _ = await asker(session, loop=loop)
        rasa = Understanding(intent)
        outcome = await write(session, person, rasa, "na klar")
        assert [one.text for one in outcome.messages] == ["…"]
        assert rasa.got["slots"].keys() == {"urgent", "person_language"}
        assert outcome.state is not None
        assert unanswered.SLOT not in outcome.state["slots"]
        assert await words(session) is None


@pytest.mark.parametrize(
    "incoming",
    [
        Incoming("sticker"),
        Incoming("text", text="🎉"),
        Incoming("tap", data="l:keep"),
        Incoming("tap", data="not ours"),
    ],
    ids=lambda incoming: incoming.kind,
)
async def test_what_is_answered_without_rasa_drops_it_too(db: Database, incoming: Incoming) -> None:
    async with db.transaction() as session:
        person, _ = await asker(session)
        await converse(session, None, person, incoming, "u1")
        await session.refresh(person)
        assert person.dialogue["slots"] == {"urgent": "no"}


async def test_a_newcomers_question_waits_while_they_are_asked_who_they_are(db: Database) -> None:
    async with db.transaction() as session:
        person = await people.find_or_create(session, "script", "newcomer")
        before = {"slots": {unanswered.SLOT: QUESTION}}
        assert unanswered.carried({"loop": "start_form"}, before) == {
            "loop": "start_form",
            **before,
        }
        assert unanswered.carried({"loop": None}, {}) == {"loop": None}
        assert seeded(before, person)["slots"] == {}


async def test_it_does_not_outlive_a_day_of_silence(db: Database) -> None:
    for silent, left in ((1, {"urgent", unanswered.SLOT}), (25, {"urgent"})):
        async with db.transaction() as session:
            person, _ = await asker(session)
            address = await people.best_address(session, person.id)
            assert address is not None
            address.last_used_at = clock.now() - unanswered.KEEP / 24 * silent
            await session.flush()
            await unanswered.forget_old(session)
            await session.refresh(person)
            assert person.dialogue["slots"].keys() == left


@pytest.mark.parametrize("typed", ["Wohnen", "🏠 Wohnen", "wohnen!"])
def test_a_label_is_the_same_with_and_without_its_sign(typed: str) -> None:
    assert plain(typed) == plain("🏠 Wohnen")
