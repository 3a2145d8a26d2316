"""The calls about users as CRM records (object type 0-115), and how their bodies read.

Source: HubSpot's guide to the users object, version 2026-03. A record has an id of its own; the id of the user it is of
is its property `hs_internal_user_id`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.crm import CrmAttribute, CrmRecord
from syncline.gateway.hubspot.api_calls import NOBODY
from syncline.gateway.hubspot.call import Call, Channel

RECORDS: Final = "/crm/objects/2026-03/users"
PAGE: Final = 100
"""Records on one page; HubSpot's maximum."""
USER_ID: Final = "hs_internal_user_id"
PROPERTIES: Final[Mapping[str, str]] = {
    CrmAttribute.JOB_TITLE.value: "hs_job_title",
    CrmAttribute.PHONE.value: "hs_additional_phone",
    CrmAttribute.TIME_ZONE.value: "hs_standard_time_zone",
    CrmAttribute.LANGUAGE.value: "hs_main_user_language_skill",
}
"""What each attribute is called in a record. HubSpot lets nobody write the main phone or the language of the pages."""


def list_records(after: str | None = None, *, limit: int = PAGE) -> Call:
    """Read one page of records with the attributes that can be kept in line."""
    query = (("limit", str(limit)), _PROPERTIES, *(() if after is None else (("after", after),)))
    return Call(channel=Channel.API, method="GET", path=RECORDS, query=query, purpose="crm-users.list")


def get_record(user: AccountUser) -> Call:
    """Read the record of a user."""
    path, query = _one(user.hubspot_id, user.crm_id)
    return Call(
        channel=Channel.API, method="GET", path=path, query=(*query, _PROPERTIES), purpose="crm-users.get"
    )


def update_record(values: Iterable[tuple[str, str]], hubspot_id: str | None, crm_id: str | None) -> Call:
    """Write those attributes; what is left out stays. The record is named by its own id, else by the user's."""
    path, query = _one(hubspot_id, crm_id)
    body = {"properties": {PROPERTIES[name]: value for name, value in values}}
    return Call(
        channel=Channel.API, method="PATCH", path=path, query=query, purpose="crm-users.update", body=body
    )


def update_nobody() -> Call:
    """Write nothing to the record of a user nobody has: whether writing is allowed at all."""
    return update_record((), None, None)


def crm_record(body: Any) -> CrmRecord | None:
    """Read a record; None unless it has an id. One that does not say whose it is has "" for a user."""
    properties = body.get("properties") if isinstance(body, dict) else None
    if not isinstance(properties, dict):
        return None
    record_id = _text(body.get("id"))
    if record_id is None:
        return None
    values = {name: _text(properties.get(within)) for name, within in PROPERTIES.items()}
    said = {name: value for name, value in values.items() if value is not None}
    return CrmRecord(_text(properties.get(USER_ID)) or "", record_id, said)


def _one(hubspot_id: str | None, crm_id: str | None) -> tuple[str, tuple[tuple[str, str], ...]]:
    if crm_id is not None:
        return f"{RECORDS}/{quote(crm_id, safe='')}", ()
    return f"{RECORDS}/{quote(hubspot_id or NOBODY, safe='')}", (("idProperty", USER_ID),)


def _text(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


_PROPERTIES: Final = ("properties", ",".join((*PROPERTIES.values(), USER_ID)))
