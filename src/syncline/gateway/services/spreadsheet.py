"""CSV that a spreadsheet opens without running anything.

Names come from a directory anybody may have written in. A cell that begins with = + - @ (or their full-width forms), a
tab, a carriage return or a new line would be taken for a formula, so such a cell gets an apostrophe before it (OWASP,
"CSV Injection").
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

EVENT_COLUMNS: Final = (
    "seq",
    "at",
    "kind",
    "outcome",
    "subject",
    "summary",
    "fix",
    "request",
    "normalised",
    "correlation_id",
)

PLAN_COLUMNS: Final = (
    "email",
    "user_name",
    "user_id",
    "change",
    "permission_set",
    "primary_team",
    "secondary_teams",
    "seat",
    "what_changes",
    "welcome_email",
    "verdict",
    "held_as",
    "held_because",
    "release",
    "reasons",
)


def csv_line(cells: Sequence[object]) -> str:
    """Return one line of CSV (RFC 4180) with its line end; None is an empty cell."""
    written = io.StringIO()
    csv.writer(written).writerow([_cell(each) for each in cells])
    return written.getvalue()


def event_cells(event: Mapping[str, Any]) -> tuple[object, ...]:
    """Return one event of the provisioning log in the order of `EVENT_COLUMNS`."""
    detail = event["detail"]
    return (
        *(event[name] for name in EVENT_COLUMNS[:7]),
        detail.get("request"),
        "; ".join(map(str, detail.get("normalised") or ())),
        event["correlation_id"],
    )


def plan_cells(person: Mapping[str, Any]) -> tuple[object, ...]:
    """Return one person of a plan in the order of `PLAN_COLUMNS`."""
    hold = person["hold"] or {}
    return (
        person["email"],
        person["user_name"],
        person["user_id"],
        person["kind"],
        person["permission_set"],
        person["primary_team"],
        "; ".join(person["secondary_teams"] or ()),
        person["seat"],
        "; ".join(
            f"{each['field']}: {each['before'] or 'none'} → {each['after'] or 'none'}"
            for each in person["differences"]
        ),
        "yes" if person["welcome_email"] else "no",
        person["verdict"],
        person["held_as"],
        hold.get("sentence"),
        hold.get("release"),
        "; ".join(person["reasons"]),
    )


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
