"""Erasing everything about a person, after asking once more."""

from __future__ import annotations

from centre import privacy
from dialogues.actions.turn import Turn, action


@action("action_ask_deletion_confirmed")
async def ask_deletion(turn: Turn) -> None:
    """Ask whether it is really wanted."""
    turn.say(
        "privacy.ask_delete",
        [
            [turn.button("privacy.delete_yes", '/choose{"confirm_delete":"yes"}')],
            [turn.button("privacy.delete_no", '/choose{"confirm_delete":"no"}')],
        ],
    )


@action("validate_deletion_form")
async def validate(turn: Turn) -> None:
    """Accept a clear yes or no only."""
    if turn.slots.get("deletion_confirmed") not in ("yes", "no", None):
        turn.forget("deletion_confirmed")


@action("action_delete_data")
async def delete(turn: Turn) -> None:
    """Erase the person, or say that nothing was deleted.

    The answer to an erased person has no one in the database to belong to; the worker sends it to
    the address the request came from and then forgets that too.
    """
    if turn.slots.get("deletion_confirmed") == "yes":
        turn.say("privacy.deleted")
        await privacy.erase(turn.session, turn.person.id)
    else:
        turn.say("privacy.kept")
    turn.forget("deletion_confirmed")
