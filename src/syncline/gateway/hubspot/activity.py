"""Who changed whom at HubSpot: the account's audit log, else its security history.

Source: HubSpot's OpenAPI of account activity (facts: `/account-info/2026-03/activity`). The audit log tells every
change and needs an Enterprise account; the security history tells of access, teams and admins only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import ChangedBy
from syncline.gateway.hubspot import api_calls
from syncline.gateway.hubspot.account import Page, Reader
from syncline.gateway.hubspot.call import Call
from syncline.gateway.hubspot.failures import Failure
from syncline.gateway.hubspot.talk import Conversation, Refusal

MOST_PAGES: Final = 10
"""Pages of the log that one reading looks at: the 2,000 newest entries."""
SCOPE: Final = "account-info.security.read"
NO_SCOPE: Final = f"HubSpot does not say who (needs the scope {SCOPE})"

Entry = tuple[str, ChangedBy]
"""Whom an entry is about, by HubSpot's id, and what it says."""


def read_activity(
    since: Milliseconds, time_zone: str | None
) -> Conversation[Mapping[str, tuple[ChangedBy, ...]] | Failure]:
    """Read what the log says since then, newest first, by the id of whom it is about: 1 to 11 calls."""
    reader = Reader(time_zone)
    try:
        moment = datetime.fromtimestamp(since / 1000, UTC).isoformat(timespec="milliseconds")
        return (
            yield from _pages(
                reader, lambda after: api_calls.list_audit_log(moment.replace("+00:00", "Z"), after)
            )
        )
    except Refusal as refusal:
        if refusal.failure.code == "MISSING_SCOPES":
            return refusal.failure
    try:
        return (yield from _pages(reader, lambda after: api_calls.list_security_log(since, after)))
    except Refusal as refusal:
        return refusal.failure


def _pages(reader: Reader, page: Any) -> Conversation[Mapping[str, tuple[ChangedBy, ...]]]:
    found: dict[str, tuple[ChangedBy, ...]] = {}
    after: str | None = None
    for _ in range(MOST_PAGES):
        call: Call = page(after)
        read: Page[Entry] = yield from reader.page(call, _entry)
        for about, said in read.elements:
            found[about] = (*found.get(about, ()), said)
        after = read.after
        if after is None:
            break
    return found


def _entry(body: dict[str, Any]) -> Entry:
    """Read an entry of either log; one that is about nobody is kept under no id."""
    about = body.get("targetObjectId", body.get("objectId"))
    actor = body.get("actingUser")
    if isinstance(actor, dict):
        actor = actor.get("userEmail") or actor.get("userId")
    actor = actor or body.get("userId")
    words = [body.get(name) for name in ("category", "subCategory", "action", "type")]
    how = " ".join(str(word) for word in words if word)
    log = "audit log" if "occurredAt" in body else "security history"
    said = ChangedBy(None if actor is None else str(actor), _moment(body), f"{log}: {how}")
    return ("" if about is None else str(about), said)


def _moment(body: Mapping[str, Any]) -> Milliseconds | None:
    text = body.get("occurredAt", body.get("createdAt"))
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
