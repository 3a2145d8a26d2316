"""The plan: what would be done at HubSpot, decided as work beside the pages, and agreed to whole or in part."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from syncline.gateway.domain.operators import Permission
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.services.planned import KINDS
from syncline.gateway.services.spreadsheet import PLAN_COLUMNS, csv_line, plan_cells
from syncline.gateway.web.console.people import person_path
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.text import plain

PAGE = 50
WAITED = 2
"""Seconds that a form waits for work which may be done soon."""
_CSV_PAGE = 200
SENDABLE: Final = tuple(kind for kind in KINDS if kind not in ("unchanged", "held", "look"))
_WORDS: Final = {"unchanged": "in step", "look": "read first"}


async def plan(visit: Visit) -> Response:
    """Show the last plan made, with its moment and a page of its people; making another is a form.

    Plans are kept in memory: where this server has none, as after a restart, it is begun at once, and the page says so.
    """
    kind = visit.query("kind")
    after = visit.query("after")
    start = int(after) if after.isascii() and after.isdecimal() and len(after) < 9 else 0
    kind = kind if kind in KINDS else ""
    latest = await visit.run("plan.latest", limit=PAGE)
    anew = _is_begun_at_once(visit, latest)
    if anew:
        await visit.run("plan.begin", wait_seconds=WAITED)
        latest = await visit.run("plan.latest", limit=PAGE)
    shown = latest["plan"]
    if shown is not None:
        kind = kind or next((each for each in KINDS if shown["counts"][each]), KINDS[0])
        latest = await visit.run("plan.latest", kind=kind, after=start, limit=PAGE)
    return visit.show(
        "plan.html",
        current="plan",
        latest=latest,
        anew=anew,
        connected=visit.here.mode is not TenantMode.COLLECTING,
        plan=shown,
        line=[] if shown is None else in_numbers(shown),
        kind=kind,
        kinds=[] if shown is None else _tabs(visit, shown["counts"], kind),
        sendable=[] if shown is None else [each for each in SENDABLE if shown["counts"][each]],
        people=[{**each, "href": person_path(visit, each)} for each in latest["people"]],
        first=_address(visit, kind) if start else None,
        next=None if latest["next"] is None else _address(visit, kind, latest["next"]),
        may_approve=visit.may(Permission.APPROVE),
        may_export=visit.may(Permission.AUDIT),
    )


def _is_begun_at_once(visit: Visit, latest: dict[str, Any]) -> bool:
    """Tell whether this server knows of no plan, made, under way, failed or agreed to, and this visit may make one."""
    known = latest["plan"] or latest["under_way"] or latest["trouble"] or latest["agreed"]
    able = visit.may(Permission.APPROVE) and visit.here.mode is not TenantMode.COLLECTING
    return visit.request.method == "GET" and able and not known


async def begin(visit: Visit) -> Response:
    """Have everybody decided about anew; nothing is sent to HubSpot but reads."""
    await visit.run("plan.begin", wait_seconds=WAITED)
    return visit.go(visit.below("plan"))


async def approve(visit: Visit) -> Response:
    """Agree to the plan that was shown: to all of it, to a kind of change, or to those ticked."""
    form = visit.form
    scope = form.one("scope")
    only = list(form.many("user")) if scope == "ticked" else [scope] if scope in SENDABLE else []
    if scope == "ticked" and not only:
        return visit.go(visit.below("plan"), "Nobody was ticked, so nothing was approved.")
    done = await visit.run(
        "plan.consent",
        only=only,
        because=form.one("because"),
        expect=form.one("expect") or None,
        wait_seconds=WAITED,
    )
    agreed = done["agreed"]
    approved = agreed is not None and agreed["approved_at"] is not None and not agreed.get("pending")
    return visit.go(visit.below("plan"), "Approved." if approved else "")


async def download(visit: Visit) -> Response:
    """Give everybody in the plan as CSV, decided while it is sent."""
    return StreamingResponse(
        _csv(visit) if visit.request.method != "HEAD" else _nothing(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="plan.csv"'},
    )


async def _csv(visit: Visit) -> AsyncIterator[str]:
    yield csv_line(PLAN_COLUMNS)
    after: str | None = ""
    while after is not None:
        page = await visit.run("plan.people", limit=_CSV_PAGE, after=after)
        yield "".join(csv_line([_cell(cell) for cell in plan_cells(each)]) for each in page["people"])
        after = page["next"]


async def _nothing() -> AsyncIterator[str]:
    return
    yield ""


def _cell(value: object) -> object:
    return plain(value) if isinstance(value, str) else value


def in_numbers(shown: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the counts of a plan that a reader wants in one line."""
    counts = shown["counts"]
    changes = [(kind, counts[kind]) for kind in SENDABLE if counts[kind]]
    held = shown["held_as"]
    return [
        *(changes or [("changes", 0)]),
        ("permission set changes", shown["fields"].get("permission_set", 0)),
        ("in step", counts["unchanged"]),
        ("waiting for something", held["waiting"]),
        ("protected", held["protected"]),
        ("outside your domains", held["ignored"]),
        ("e-mails sent", shown["emails_sent"]),
    ]


def _tabs(visit: Visit, counts: dict[str, int], kind: str) -> list[tuple[str, str, int, bool]]:
    return [
        (_WORDS.get(each, each).capitalize(), _address(visit, each), counts[each], each == kind)
        for each in KINDS
        if counts[each] or each == kind
    ]


def _address(visit: Visit, kind: str, after: int = 0) -> str:
    query = {"kind": kind, **({"after": after} if after else {})}
    return f"{visit.below('plan')}?{urlencode(query)}"
