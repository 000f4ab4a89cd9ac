"""The slash commands: what each means to Rasa and how Telegram's menu describes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One command: the intent it stands for and the catalogue key that describes it."""

    intent: str
    description: str


# In the order Telegram shows them. Others, such as /find, /end and /agenda, never reach Rasa (see
# bot/helpers.py and bot/manager.py).
COMMANDS: dict[str, Command] = {
    "/start": Command("start", "command.start"),
    "/help": Command("help", "command.help"),
    "/language": Command("change_language", "command.language"),
    "/book": Command("book_appointment", "command.book"),
    "/appointments": Command("show_appointments", "command.appointments"),
    "/interpreter": Command("request_interpreter", "command.interpreter"),
    "/human": Command("talk_to_human", "command.human"),
    "/privacy": Command("show_privacy", "command.privacy"),
    "/cancel": Command("cancel", "command.cancel"),
}
