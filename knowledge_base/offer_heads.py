"""What a file says about an offer, and what the file of contacts says about a contact."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
)

from knowledge_base import schedule

OfferType = Literal[
    "course",
    "meeting_group",
    "counselling",
    "open_house",
    "day_structure",
    "leisure",
    "job_support",
]
Level = Literal["alpha", "A1", "A2", "B1", "B2", "C1"]
Cost = Literal["free", "paid", "depends"]
Join = Literal["walk_in", "register", "appointment", "manager", "online"]

EntryId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{1,39}$")]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$", max_length=600)]
Phone = Annotated[str, Field(pattern=r"^[0-9+][0-9 /()-]{2,39}$")]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=200)]


class Head(BaseModel):
    """Front matter: every field is known and of its type."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _local(value: Any) -> Any:
    """Read Berlin's local time; YAML knows it as text, or with seconds as a moment."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", value):
        return datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo:
        raise ValueError("it has a time zone; write Berlin's local time")
    return value


Local = Annotated[
    datetime,
    BeforeValidator(_local),
    PlainSerializer(lambda moment: moment.strftime("%Y-%m-%dT%H:%M")),
]
OneLine = Annotated[str, Field(min_length=1, max_length=200)]


class OfferHead(Head):
    """The block ``offer`` of a German file; what is not known is left out.

    ``languages`` are spoken there. ``contact`` names one of ``contacts.yml``. For the rest see
    :class:`knowledge_base.offers.Offer`.
    """

    type: OfferType
    place: OneLine | None = None
    address: OneLine | None = None
    municipality: str | None = None
    starts: Local | None = None
    minutes: Annotated[int, Field(ge=5, le=1440)] | None = None
    rrule: str | None = None
    except_on: list[date] = []
    levels: list[Level] = []
    languages: list[str] = []
    cost: Cost | None = None
    childcare: bool | None = None
    capacity: Annotated[int, Field(ge=1, le=9999)] | None = None
    join: Join | None = None
    contact: EntryId | None = None

    @field_validator("rrule")
    @classmethod
    def _recurs(cls, rule: str | None, known: ValidationInfo) -> str | None:
        if rule is None or "starts" not in known.data:  # then starts is named already
            return rule
        if known.data["starts"] is None:
            raise ValueError("it needs starts")
        schedule.check(known.data["starts"], rule)
        return rule

    @model_serializer(mode="wrap")
    def _known(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if value not in (None, [])}


class Contact(Head):
    """How to reach somebody, as a source states it: one entry of ``contacts.yml``."""

    name: OneLine
    phone: Phone | None = None
    email: Email | None = None
    url: Url | None = None
    address: OneLine | None = None
    source_title: Annotated[str, Field(min_length=1, max_length=300)]
    source_url: Url
    checked_on: date | None
