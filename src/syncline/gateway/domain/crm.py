"""CRM attributes: job title, phone, time zone and language of a person, in the forms HubSpot keeps them in.

Source: HubSpot's guide to the users object (2026-03), which lists what may be written, the time zones (tz identifiers)
and the fourteen language skills. A value without a form at HubSpot is said and left alone, never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import available_timezones

from syncline.gateway.domain.person import text_of, work_value
from syncline.scim.resource import Resource


class CrmAttribute(StrEnum):
    """What can be kept in line of a user's CRM record, each by itself."""

    JOB_TITLE = "job_title"
    PHONE = "phone"
    TIME_ZONE = "time_zone"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class CrmRecord:
    """The CRM record of a user as HubSpot shows it."""

    hubspot_id: str
    """Of the user it is of; "" where it does not say."""
    crm_id: str
    """Its own."""
    values: Mapping[str, str]
    """What it says by attribute, empty values left out."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """One attribute that the identity provider sent, and HubSpot's form of it."""

    attribute: CrmAttribute
    source: str
    """The SCIM attribute it comes from."""
    given: str
    value: str | None
    """None when HubSpot has no form of it; then `problem` says why."""
    problem: str = ""


def mapped_attributes(resource: Resource, wanted: Collection[str]) -> tuple[Mapped, ...]:
    """Return those of the wanted attributes that the SCIM user has; what was not sent is not among them."""
    found = (_READERS[each](resource) for each in CrmAttribute if each in wanted)
    return tuple(each for each in found if each is not None)


def phone_number(text: str) -> str | None:
    """Return a phone number as people write it; of a `tel:` URI (RFC 3966) the number, with its extension.

    None for a `tel:` URI that is only a part of a number, or that says more than a number and an extension.
    """
    if not text.lower().startswith("tel:"):
        return " ".join(text.split()) or None
    found = _TEL.fullmatch(text)
    if found is None:
        return None
    number, extension = (re.sub(r"[-.()]", "", each or "") for each in found.groups())
    return f"{number} ext. {extension}" if extension else number


def time_zone(text: str) -> str | None:
    """Return the tz identifier, spelled as the tz database spells it; None for any other name of a zone."""
    return _zones().get(text.lower())


def language_skill(text: str) -> str | None:
    """Return HubSpot's code for a language tag (BCP 47) or a list of them (RFC 9110 §12.5.4), the preferred one only.

    Portuguese without a region or of Brazil is `ptbr`, traditional Chinese `zhtw`; both have no other code.
    """
    tag = _preferred(text)
    if tag is None:
        return None
    primary, *rest = tag.split("-")
    if primary == "pt":
        return "ptbr" if rest[:1] in ([], ["br"]) else None
    if primary == "zh":
        traditional = rest[:1] == ["hant"] or (rest[:1] and rest[0] in _WRITE_TRADITIONALLY)
        return "zhtw" if traditional else None
    return _SKILLS.get(primary)


def _job_title(resource: Resource) -> Mapped | None:
    given = text_of(resource.get("title"))
    return given and Mapped(CrmAttribute.JOB_TITLE, "title", given, given)  # type: ignore[return-value]


def _phone(resource: Resource) -> Mapped | None:
    given = work_value(resource.get("phoneNumbers"))
    problem = "it is no whole phone number"
    return _mapped(CrmAttribute.PHONE, 'phoneNumbers[type eq "work"]', given, phone_number, problem)


def _time_zone(resource: Resource) -> Mapped | None:
    given = text_of(resource.get("timezone"))
    problem = "it is no identifier of the tz database, such as Europe/Dublin"
    return _mapped(CrmAttribute.TIME_ZONE, "timezone", given, time_zone, problem)


def _language(resource: Resource) -> Mapped | None:
    source = "preferredLanguage" if text_of(resource.get("preferredLanguage")) else "locale"
    problem = "HubSpot has no language skill for it"
    return _mapped(CrmAttribute.LANGUAGE, source, text_of(resource.get(source)), language_skill, problem)


def _mapped(
    attribute: CrmAttribute,
    source: str,
    given: str | None,
    form: Callable[[str], str | None],
    problem: str,
) -> Mapped | None:
    if given is None:
        return None
    value = form(given)
    return Mapped(attribute, source, given, value, "" if value is not None else problem)


def _preferred(text: str) -> str | None:
    """Return the tag of the highest quality in lower case, the first of several; None where one cannot be read."""
    best: tuple[float, str] = (0.0, "")
    for entry in text.split(","):
        found = _RANGE.fullmatch(entry.strip())
        if found is None:
            return None
        quality = float(found["quality"] or 1)
        if quality > best[0]:
            best = (quality, found["tag"].lower().replace("_", "-"))
    return best[1] or None


@lru_cache(maxsize=1)
def _zones() -> Mapping[str, str]:
    """Return every tz identifier by its lower-case spelling; they differ in more than case."""
    return {each.lower(): each for each in available_timezones()}


_READERS: Final[Mapping[str, Callable[[Resource], Mapped | None]]] = {
    CrmAttribute.JOB_TITLE: _job_title,
    CrmAttribute.PHONE: _phone,
    CrmAttribute.TIME_ZONE: _time_zone,
    CrmAttribute.LANGUAGE: _language,
}
_TEL: Final = re.compile(r"tel:(\+[-.()\d]*\d[-.()\d]*)(?:;ext=([-.()\d]*\d[-.()\d]*))?", re.IGNORECASE)
_RANGE: Final = re.compile(
    r"(?P<tag>[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*)(?:\s*;\s*q\s*=\s*(?P<quality>[01](?:\.\d{0,3})?))?"
)
_SKILLS: Final[Mapping[str, str]] = {
    **{each: each for each in ("da", "de", "en", "es", "fr", "it", "nl", "no", "pl", "fi", "sv", "ja")},
    "nb": "no",
    "nn": "no",
}
LANGUAGE_SKILLS: Final = frozenset({*_SKILLS.values(), "ptbr", "zhtw"})
"""Every code HubSpot documents."""
_WRITE_TRADITIONALLY: Final = frozenset({"tw", "hk", "mo"})
"""Regions whose Chinese is written in traditional characters unless a tag says otherwise (CLDR, likely subtags)."""
