"""Offers and contacts in files: mistakes are named with their line, nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update

from knowledge_base.check import check
from knowledge_base.content_files import CONTENT
from knowledge_base.importer import export_folder, import_folder
from knowledge_base.offers import Contact, Offer
from storage.engine import Database
from tests.knowledge_base.conftest import CENTRES, Write

TOWNS = ("dettingen", "metzingen")
OFFER = """kind: offer
topic: ask_language_course
also: []
centre: dettingen
statuses:
- any
audience:
- women
rank: 1
source:
  title: Beispielamt
  url: https://example.org/
  date: '2026'
checked_on: 2026-11-01
valid_from: null
valid_until: null
volatile: false
unconfirmed: false
supersedes: null
offer:
  type: course
  place: Musterraum
  municipality: dettingen
  starts: 2026-11-30T09:30
  minutes: 120
  rrule: FREQ=WEEKLY;BYDAY=MO,WE
  except_on:
  - 2026-12-23
  levels:
  - A1
  languages:
  - de
  - ar
  cost: free
  childcare: false
  capacity: 12
  join: register
  contact: office
title: Kurs
"""
CONTACTS = """office:
  name: Musteramt
  phone: 07121 000-0
  source_title: Beispielamt
  source_url: https://example.org/
  checked_on: 2026-11-01
"""


@pytest.fixture
def course(content: Path) -> Callable[..., Path]:
    """Write an offer and the contacts, with one thing replaced."""

    def write(old: str = "", new: str = "", contacts: str = CONTACTS) -> Path:
        path = content / "dettingen" / "kurs.de.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        assert old in OFFER
        text = f"---\nid: kurs\n{OFFER.replace(old, new, 1)}---\n\nJede Frau kann kommen.\n"
        path.write_text(text, "utf-8")
        (content / "contacts.yml").write_text(contacts, "utf-8")
        return path

    return write


def test_a_clean_offer_has_no_problems(content: Path, course: Callable[..., Path]) -> None:
    course()
    assert check(content, CENTRES, TOWNS) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("kind: offer", "kind: article", 22, "kind is 'article' but there is an offer"),
        ("  type: course\n", "", 22, "offer.type is missing"),
        ("type: course", "type: cinema", 23, "offer.type"),
        ("place: Musterraum", "plase: Musterraum", 24, "no field offer.plase → Did you mean place"),
        ("municipality: dettingen", "municipality: ulm", 25, "unknown municipality 'ulm'"),
        ("2026-11-30T09:30", "Montag 9:30", 26, "offer.starts"),
        ("2026-11-30T09:30", "2026-11-30T09:30:00+01:00", 26, "time zone"),
        ("minutes: 120", "minutes: 2 Stunden", 27, "offer.minutes"),
        ("  starts: 2026-11-30T09:30\n", "", 27, "offer.rrule: Value error, it needs starts"),
        ("BYDAY=MO,WE", "BYDAY=Mo", 28, "no part 'BYDAY=Mo'"),
        ("BYDAY=MO,WE", "BYDAY=TU", 28, "does not include the first day"),
        ("- 2026-12-23", "- Heiligabend", 29, "offer.except_on"),
        ("- A1", "- A9", 31, "offer.levels"),
        ("- ar", "- arabisch", 33, "unknown language 'arabisch'"),
        ("cost: free", "cost: 5 Euro", 36, "offer.cost"),
        ("childcare: false", "childcare: vielleicht", 37, "offer.childcare"),
        ("capacity: 12", "capacity: 0", 38, "offer.capacity"),
        ("join: register", "join: anrufen", 39, "offer.join"),
        ("contact: office", "contact: somebody", 40, "unknown contact 'somebody'"),
    ],
)
def test_a_mistake_in_an_offer_is_named_with_its_line(
    content: Path, course: Callable[..., Path], old: str, new: str, line: int, said: str
) -> None:
    course(old, new)
    problems = [str(one) for one in check(content, CENTRES, TOWNS)]
    assert any(
        one.startswith(f"dettingen/kurs.de.md:{line}: ") and said in one for one in problems
    ), problems


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("  name: Musteramt\n", "", 1, "office: name is missing"),
        ("phone: 07121 000-0", "phone: ruf an", 3, "office: phone"),
        ("phone:", "fone:", 3, "there is no field fone"),
        ("https://example.org/", "example.org", 5, "office: source_url"),
        ("checked_on: 2026-11-01", "checked_on: bald", 6, "office: checked_on"),
        ("office:", "Office!:", 1, "Office!"),
        ("office:", "office: [", 1, "not YAML"),
        ("2026-11-01", "2026-02-31", 6, "not YAML"),
        (CONTACTS, CONTACTS + CONTACTS, 7, "office is there twice"),
        (CONTACTS, "- office\n", 1, "no contacts"),
    ],
)
def test_a_mistake_in_the_contacts_is_named_with_its_line(
    content: Path, course: Callable[..., Path], old: str, new: str, line: int, said: str
) -> None:
    course(contacts=CONTACTS.replace(old, new, 1))
    problems = [str(one) for one in check(content, CENTRES, TOWNS)]
    assert len(problems) == 1
    assert problems[0].startswith(f"contacts.yml:{line}: ")
    assert said in problems[0]


async def test_offers_and_contacts_come_back_byte_for_byte(
    db: Database, content: Path, course: Callable[..., Path], german: Write, tmp_path: Path
) -> None:
    course()
    german()
    async with db.transaction() as session:
        await import_folder(session, content, CENTRES)
    async with db.transaction() as session:
        await export_folder(session, tmp_path / "out")
    sources = {path for path in content.rglob("*") if path.is_file()}
    assert len(sources) == 3
    for path in sources:
        assert (tmp_path / "out" / path.relative_to(content)).read_bytes() == path.read_bytes()


async def test_the_committed_contacts_come_back_byte_for_byte(
    library: Database, tmp_path: Path
) -> None:
    async with library.transaction() as session:
        await export_folder(session, tmp_path)
    assert (tmp_path / "contacts.yml").read_bytes() == (CONTENT / "contacts.yml").read_bytes()


async def test_a_changed_offer_is_an_update_and_an_edited_one_stays(
    db: Database, content: Path, course: Callable[..., Path]
) -> None:
    course()
    async with db.transaction() as session:
        assert (await import_folder(session, content, CENTRES)).added == ["kurs.de"]
    async with db.transaction() as session:
        assert (await import_folder(session, content, CENTRES)).unchanged == ["kurs.de"]
    course("capacity: 12", "capacity: 20")
    async with db.transaction() as session:
        assert (await import_folder(session, content, CENTRES)).updated == ["kurs.de"]
    async with db.transaction() as session:
        offer = await session.get_one(Offer, "kurs")
        assert offer.capacity == 20
        offer.capacity = 25
    course("capacity: 12", "capacity: 30")
    async with db.transaction() as session:
        assert (await import_folder(session, content, CENTRES)).kept_newer == ["kurs.de"]
        assert (await session.get_one(Offer, "kurs")).capacity == 25


async def test_an_offer_that_a_file_no_longer_has_is_gone(
    db: Database, content: Path, course: Callable[..., Path]
) -> None:
    path = course()
    async with db.transaction() as session:
        await import_folder(session, content, CENTRES)
    head, _, rest = path.read_text("utf-8").partition("offer:\n")
    path.write_text(head + "title:" + rest.partition("title:")[2], "utf-8")
    async with db.transaction() as session:
        assert (await import_folder(session, content, CENTRES)).updated == ["kurs.de"]
    async with db.transaction() as session:
        assert list(await session.scalars(select(Offer))) == []


async def test_a_contact_that_the_staff_edited_stays(
    db: Database, content: Path, course: Callable[..., Path]
) -> None:
    course()
    async with db.transaction() as session:
        await import_folder(session, content, CENTRES)
    newer = CONTACTS.replace("000-0", "000-1")
    course(contacts=newer)
    async with db.transaction() as session:
        await import_folder(session, content, CENTRES, withdraw=True)
        assert (await session.get_one(Contact, "office")).phone == "07121 000-1"
    async with db.transaction() as session:
        await session.execute(update(Contact).values(phone="07121 000-2"))
    course(contacts=newer.replace("000-1", "000-3"))
    async with db.transaction() as session:
        await import_folder(session, content, CENTRES, withdraw=True)
        assert (await session.get_one(Contact, "office")).phone == "07121 000-2"


async def test_a_contact_no_longer_listed_is_removed_and_its_offer_has_none(
    db: Database, content: Path, course: Callable[..., Path]
) -> None:
    course()
    async with db.transaction() as session:
        await import_folder(session, content, CENTRES)
    course("  contact: office\n", "", contacts="")
    async with db.transaction() as session:
        await import_folder(session, content, CENTRES, withdraw=True)
    async with db.transaction() as session:
        assert list(await session.scalars(select(Contact))) == []
        assert (await session.get_one(Offer, "kurs")).contact is None
