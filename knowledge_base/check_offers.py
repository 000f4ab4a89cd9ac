"""What is checked about offers beside the fields themselves, and the file of contacts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from knowledge_base.content_files import content_languages, not_yaml
from knowledge_base.offer_heads import Contact, EntryId

CONTACTS = "contacts.yml"
TODO = {
    "offer": "Write the fields of an offer below it, two spaces further in.",
    "type": "Write course, meeting_group, counselling, open_house, day_structure, leisure or"
    " job_support.",
    "place": "Write the name of the place in at most 200 characters, or leave the line out.",
    "address": "Write street and town in at most 200 characters, or leave the line out.",
    "municipality": "Write the id of a municipality of centre/county.yml, or leave the line out.",
    "starts": "Write the first meeting in local time like 2026-11-30T09:30.",
    "minutes": "Write how long it takes, 5 to 1440 minutes.",
    "rrule": "Write how it recurs like FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20270326, beginning with the"
    " day in starts.",
    "except_on": "Write a list of days like 2026-12-24.",
    "levels": "Write a list of alpha, A1, A2, B1, B2, C1.",
    "languages": "Write a list of language codes, the languages that are spoken there.",
    "cost": "Write free, paid or depends, or leave the line out.",
    "childcare": "Write true or false, or leave the line out when it is not known.",
    "capacity": "Write how many can take part, or leave the line out.",
    "join": "Write walk_in, register, appointment, manager or online, or leave the line out.",
    "contact": "Write the id of a contact in contacts.yml, or leave the line out.",
    "name": "Write the name of the office or group in at most 200 characters.",
    "phone": "Write the number with digits, spaces and / ( ) - only.",
    "email": "Write an address like name@example.org.",
    "source_title": "Write where the contact was read.",
    "source_url": "Write an address that begins with http:// or https://.",
}

_ID: TypeAdapter[str] = TypeAdapter(EntryId)
Mistake = tuple[tuple[str, ...], str, str]
"""Where (keys inside the front matter), what is wrong, what to do."""


def mistakes(
    fields: dict[str, Any], contacts: set[str] | None, municipalities: set[str] | None
) -> Iterator[Mistake]:
    """Yield what is wrong with the block ``offer`` of a German file's front matter.

    Args:
        fields: the front matter; fields of a wrong type are left to the model.
        contacts: ids that exist; ``None`` where they are not known.
        municipalities: ids that exist; ``None`` where they are not known.
    """
    offer = fields.get("offer")
    if not isinstance(offer, dict):
        return
    if fields.get("kind") != "offer":
        yield (
            ("offer",),
            f"kind is {fields.get('kind')!r} but there is an offer",
            ("Write kind: offer, or remove the block."),
        )
    town = offer.get("municipality")
    if isinstance(town, str) and municipalities is not None and town not in municipalities:
        yield ("offer", "municipality"), f"unknown municipality {town!r}", TODO["municipality"]
    contact = offer.get("contact")
    if isinstance(contact, str) and contacts is not None and contact not in contacts:
        yield ("offer", "contact"), f"unknown contact {contact!r}", TODO["contact"]
    spoken = offer.get("languages")
    for language in spoken if isinstance(spoken, list) else []:
        if language not in content_languages():
            allowed = ", ".join(content_languages())
            yield ("offer", "languages"), f"unknown language {language!r}", f"Use {allowed}."


def read_contacts(folder: Path) -> tuple[dict[str, Contact], list[tuple[int, str, str]]]:
    """Read ``contacts.yml`` of a folder of content.

    Returns:
        The valid contacts by id, and every mistake as line, what is wrong, what to do.
    """
    path = folder / CONTACTS
    if not path.is_file():
        return {}, []
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        return {}, [(1, "the file is not UTF-8", "Save it with the encoding UTF-8.")]
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        raw = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        line, reason = not_yaml(text, error)
        todo = "Write the id of each contact, and its fields below it, two spaces further in."
        return {}, [(line, f"the file is not YAML: {reason}", todo)]
    if root is None:
        return {}, []
    if not isinstance(root, yaml.MappingNode):
        return {}, [(1, "there are no contacts in the file", "Write the id of a contact first.")]
    found: dict[str, Contact] = {}
    problems: list[tuple[int, str, str]] = []
    seen: set[str] = set()
    for key, node in root.value:
        line, name = key.start_mark.line + 1, str(key.value)
        if name in seen:
            problems.append((line, f"{name} is there twice", "Keep one of the two."))
            continue
        seen.add(name)
        try:
            found[_ID.validate_python(name)] = Contact.model_validate(raw[key.value])
        except ValidationError as error:
            for one in error.errors():
                at, what, todo = _contact_mistake(one, node)
                problems.append((at or line, f"{name}{what}", todo))
    return found, problems


def _contact_mistake(error: Any, node: yaml.Node) -> tuple[int, str, str]:
    field = str(error["loc"][0]) if error["loc"] else ""
    lines = (
        {str(key.value): key.start_mark.line + 1 for key, _ in node.value}
        if isinstance(node, yaml.MappingNode)
        else {}
    )
    todo = TODO.get(field, "Write name, source_title, source_url, checked_on and what is known.")
    if error["type"] == "extra_forbidden":
        return lines.get(field, 0), f": there is no field {field}", "Remove the line."
    if error["type"] == "missing":
        return 0, f": {field} is missing", todo
    return lines.get(field, 0), f": {field} {error['msg']}".replace(":  ", ": "), todo
