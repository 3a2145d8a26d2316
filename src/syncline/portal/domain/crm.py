"""The CRM record of a user (object type 0-115): its properties, and what may be written to them.

Source: HubSpot's guide to the users object. A record has an id of its own beside the user's and the owner's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from zoneinfo import available_timezones

from syncline.clock import Milliseconds
from syncline.portal.domain.errors import Detail, ObjectNotFound, ValidationError
from syncline.portal.domain.user import AccountUser

LONGEST_VALUE = 65_536


class Kind(StrEnum):
    """How values of a property compare."""

    TEXT = "string"
    NUMBER = "number"
    SWITCH = "bool"
    MOMENT = "datetime"


READ_ONLY = {
    "hs_object_id": Kind.NUMBER,
    "hs_internal_user_id": Kind.NUMBER,
    "hubspot_owner_id": Kind.NUMBER,
    "hs_email": Kind.TEXT,
    "hs_given_name": Kind.TEXT,
    "hs_family_name": Kind.TEXT,
    "hs_searchable_calculated_name": Kind.TEXT,
    "hs_deactivated": Kind.SWITCH,
    "hs_createdate": Kind.MOMENT,
    "hs_lastmodifieddate": Kind.MOMENT,
}
WRITABLE = (
    "hs_job_title",
    "hs_additional_phone",
    "hs_availability_status",
    "hs_working_hours",
    "hs_standard_time_zone",
    "hs_out_of_office_hours",
    "hs_main_user_language_skill",
    "hs_secondary_user_language_skill",
    "hs_uncategorized_skills",
)
DEFAULT_PROPERTIES = ("hs_createdate", "hs_lastmodifieddate", "hs_object_id")
LANGUAGE_SKILLS = (
    "da", "de", "en", "es", "fr", "it", "nl", "no", "pl", "ptbr", "fi", "sv", "zhtw", "ja",
)  # fmt: skip
"""The codes of HubSpot's guide, in its order."""
_SKILLS = ("hs_main_user_language_skill", "hs_secondary_user_language_skill")
_JSON = ("hs_working_hours", "hs_out_of_office_hours")


@dataclass(frozen=True, slots=True)
class Record:
    """A user as a CRM record, with what was written to it."""

    user: AccountUser
    written: Mapping[str, str]

    def property(self, name: str) -> str | None:
        """Return a property's value as text; None when it is not set, or when there is no such property."""
        if name in WRITABLE:
            return self.written.get(name)
        return _computed(self.user, name)


def kind_of(name: str) -> Kind | None:
    """Return how values of a property compare, or None when users have no such property."""
    return Kind.TEXT if name in WRITABLE else READ_ONLY.get(name)


def check_properties(properties: Mapping[str, str | None]) -> None:
    """Raise `ValidationError` naming every property that cannot be written so."""
    wrong = [detail for name, value in properties.items() for detail in _wrong(name, value)]
    if wrong:
        raise ValidationError("Property values were not valid", *wrong)


def written(before: Mapping[str, str], properties: Mapping[str, str | None]) -> dict[str, str]:
    """Return what is kept after a write; null and "" clear a property."""
    merged = {**before, **{name: value or "" for name, value in properties.items()}}
    return {name: value for name, value in sorted(merged.items()) if value}


def no_such_record(text: str) -> ObjectNotFound:
    """Return the answer for a record the account has not."""
    return ObjectNotFound(f"Object not found. objectId {text[:100]!r} is no user record of this account.")


def _computed(user: AccountUser, name: str) -> str | None:
    match name:
        case "hs_object_id":
            return str(user.record_id)
        case "hs_internal_user_id":
            return str(user.id)
        case "hubspot_owner_id":
            return str(user.owner_id)
        case "hs_email":
            return user.email
        case "hs_given_name":
            return user.first_name
        case "hs_family_name":
            return user.last_name
        case "hs_searchable_calculated_name":
            return " ".join(filter(None, (user.first_name, user.last_name))) or user.email
        case "hs_deactivated":
            return "false" if user.deactivated_at is None else "true"
        case "hs_createdate":
            return _moment(user.created_at)
        case "hs_lastmodifieddate":
            return _moment(user.updated_at)
    return None


def _moment(milliseconds: Milliseconds) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _wrong(name: str, value: str | None) -> list[Detail]:
    if name in READ_ONLY:
        return [Detail(f"{name} is a read only property", code="READ_ONLY_VALUE", where=name)]
    if name not in WRITABLE:
        return [Detail(f'Property "{name[:100]}" does not exist', code="PROPERTY_DOESNT_EXIST", where=name)]
    text = value or ""
    if len(text) > LONGEST_VALUE:
        return [Detail(f"{name} is too long", code="INVALID_LENGTH", where=name)]
    if name == "hs_availability_status" and text not in ("", "available", "away"):
        return [Detail(f"{name} must be available or away", code="INVALID_OPTION", where=name)]
    if name in _SKILLS and text and text not in LANGUAGE_SKILLS:
        return [Detail(f"{name} must be a language skill", code="INVALID_OPTION", where=name)]
    if name == "hs_standard_time_zone" and text and text not in _time_zones():
        return [Detail(f"{name} must be a TZ identifier", code="INVALID_OPTION", where=name)]
    if name in _JSON and text and not _is_json(text):
        return [Detail(f"{name} must be JSON", code="INVALID_JSON", where=name)]
    return []


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
