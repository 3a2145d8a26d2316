"""What happened to a person, grouped by cause: one request or one turn of the drain with all that came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from syncline.gateway.services.ports import CallRecord, Event
from syncline.gateway.services.showing import moment


def timeline_of(events: Sequence[Event], calls: Sequence[CallRecord]) -> list[dict[str, Any]]:
    """Return what happened under each correlation id, the latest first.

    One entry holds the request and the dialect rules it was read by, why the person was placed so, what the gate held,
    the calls to HubSpot, and the result. Whatever is not known of an entry is empty.
    """
    told: dict[str, list[Event]] = {}
    for event in sorted(events, key=lambda each: each.seq):
        told.setdefault(event.correlation_id, []).append(event)
    made: dict[str, list[CallRecord]] = {}
    for call in sorted(calls, key=lambda each: each.seq):
        made.setdefault(call.correlation_id, []).append(call)
    entries = [_entry(cause, group, made.get(cause, [])) for cause, group in told.items()]
    return list(reversed(entries))


def _entry(cause: str, events: Sequence[Event], calls: Sequence[CallRecord]) -> dict[str, Any]:
    request = next((each.detail for each in events if each.detail.get("request")), {})
    decided = [each.detail for each in events if each.kind.startswith("delivery.")]
    placement: list[str] = next((each["reasons"] for each in reversed(decided) if each.get("reasons")), [])
    return {
        "correlation_id": cause,
        "at": moment(events[0].at),
        "request": request.get("request"),
        "user_agent": request.get("user_agent") or None,
        "dialect_rules": list(request.get("normalised") or ()),
        "placement": placement,
        "gate": [_gate(each) for each in decided if each.get("reason")],
        "calls": [_call(each) for each in calls],
        "steps": [_step(each) for each in events],
        "result": events[-1].summary,
    }


def _step(event: Event) -> dict[str, Any]:
    return {"seq": event.seq, "at": moment(event.at), "kind": event.kind, "summary": event.summary}


def _gate(detail: Mapping[str, Any]) -> dict[str, Any]:
    return {"reason": detail["reason"], "release": detail.get("release")}


def _call(call: CallRecord) -> dict[str, Any]:
    return {
        "at": moment(call.sent_at),
        "channel": call.channel,
        "purpose": call.purpose,
        "status": call.status,
        "took_ms": None if call.answered_at is None else call.answered_at - call.sent_at,
    }
