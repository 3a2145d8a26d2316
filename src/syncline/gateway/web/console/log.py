"""The provisioning log of a tenant, newest first: narrowed, followed as it grows, and taken away as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from starlette.responses import Response, StreamingResponse

from syncline.gateway.domain.errors import Invalid, NotFound
from syncline.gateway.domain.operators import Permission
from syncline.gateway.services.log import Log, event_shown
from syncline.gateway.services.ports import Event
from syncline.gateway.services.ports.seeking import SoughtEvents
from syncline.gateway.services.spreadsheet import EVENT_COLUMNS, csv_line, event_cells
from syncline.gateway.services.telling_why import OUTCOMES, remedy_for
from syncline.gateway.services.tenants import Tenants
from syncline.gateway.web.console.following import follow
from syncline.gateway.web.console.people import person_path
from syncline.gateway.web.console.visit import SESSION_COOKIE, Visit
from syncline.gateway.web.console.wording import said
from syncline.webkit.cookies import read_cookie
from syncline.webkit.text import plain

PAGE = 50
_EXPORTED_AT_ONCE = 500
FILTERS: Final = ("user", "kind", "outcome", "cause", "since", "until")
KINDS: Final = (
    ("", "any"),
    ("user", "people"),
    ("group", "groups"),
    ("delivery", "deliveries"),
    ("connection", "the connection"),
    ("reconcile", "readings of the account"),
    ("drift", "changed at HubSpot"),
)
TONES: Final = {"done": "good", "held": "hold", "failed": "bad", "nothing to do": "quiet"}


async def log(visit: Visit) -> Response:
    """List events; what is asked for in the address narrows them. The first page goes on by itself."""
    after = visit.query("after")
    asked = _asked(visit)
    found = await visit.run(
        "events.list",
        **{name: value or None for name, value in asked.items()},
        after=_number(after) if after else None,
        limit=PAGE,
    )
    events = [_line(visit, each) for each in found["events"]]
    is_live = not after and not asked["until"] and not asked["cause"]
    return visit.show(
        "log.html",
        current="log",
        events=events,
        asked=asked,
        kinds=KINDS,
        outcomes=[("", "any"), *((each, each) for each in OUTCOMES)],
        tones=TONES,
        live=await _live(visit, asked) if is_live else None,
        next=_address(visit, asked, after=str(found["next"])) if found["next"] is not None else None,
        first=_address(visit, asked) if after else None,
        looked_to=found["looked_to"] if len(events) < PAGE else None,
        exports=[(kind, _address(visit, asked, "log/export", format=kind)) for kind in ("csv", "json")],
        may_export=visit.may(Permission.AUDIT),
    )


async def event(visit: Visit) -> Response:
    """Show one event with all that is known of it, its cause and what helps, and what else came of it."""
    shown = await visit.run("events.show", seq=_number(visit.part("seq")))
    return visit.show(
        "event.html",
        current="log",
        event=_line(visit, shown),
        related=[_line(visit, each) for each in shown["related"] if each["seq"] != shown["seq"]],
        tones=TONES,
        whole=_address(visit, {"cause": shown["correlation_id"]}),
    )


async def stream(visit: Visit) -> Response:
    """Follow the log: rows as they come, from the event named by `Last-Event-ID`, or by the address, on."""
    signed_in = visit.signed_in
    if signed_in is None or visit.console.streams.is_full(signed_in.operator.id):
        return Response("Too many pages follow the log at the moment.\n", 429, {"retry-after": "30"})
    if visit.request.method == "HEAD":
        return Response(b"", media_type="text/event-stream")
    last = visit.request.headers.get("last-event-id") or visit.query("after")
    store, tenant = visit.console.store, visit.here.id
    after = _number(last) if last else await store.seeking.last_event(tenant)
    sought = await _sought(visit)
    rows: Any = visit.console.pages.environment.get_template("log-rows.html").module

    def row(found: Event) -> str | None:
        line = _line(visit, event_shown(found, visit.here.name))
        return str(rows.row(line, TONES)) if sought.takes(found) else None

    async def may_still_read() -> bool:
        now = await visit.console.signing_in.still(read_cookie(visit.request, SESSION_COOKIE))
        return now is not None and now.operator.access.may(Permission.VIEW, tenant)

    async def messages() -> AsyncIterator[str]:
        with visit.console.streams.taken(signed_in.operator.id):
            news = follow(
                after,
                lambda seq, limit: store.seeking.events_after(tenant, seq, limit),
                row,
                may_still_read,
                visit.console.clock,
            )
            async for each in news:
                yield each

    return StreamingResponse(messages(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def export(visit: Visit) -> Response:
    """Give the events sought as a file, CSV or JSON, written while it is sent."""
    kind = visit.query("format", "csv")
    if kind not in ("csv", "json"):
        raise Invalid("The log is given as csv or json.")
    sought = await _sought(visit)
    lines = _csv(visit, sought) if kind == "csv" else _json(visit, sought)
    return StreamingResponse(
        lines if visit.request.method != "HEAD" else _nothing(),
        media_type="text/csv; charset=utf-8" if kind == "csv" else "application/json",
        headers={"content-disposition": f'attachment; filename="provisioning-log.{kind}"'},
    )


async def _csv(visit: Visit, sought: SoughtEvents) -> AsyncIterator[str]:
    yield csv_line(EVENT_COLUMNS)
    async for page in _pages(visit, sought):
        yield "".join(csv_line([_cell(cell) for cell in event_cells(each)]) for each in page)


async def _json(visit: Visit, sought: SoughtEvents) -> AsyncIterator[bytes]:
    separator = b"[\n"
    async for page in _pages(visit, sought):
        for each in page:
            yield separator + orjson.dumps(each)
            separator = b",\n"
    yield b"[]\n" if separator == b"[\n" else b"\n]\n"


async def _pages(visit: Visit, sought: SoughtEvents) -> AsyncIterator[list[dict[str, Any]]]:
    after: int | None = None
    while True:
        page = await visit.console.store.seeking.events(visit.here.id, sought, after, _EXPORTED_AT_ONCE)
        yield [event_shown(each, visit.here.name) for each in page.events]
        if page.further is None:
            return
        after = page.further


async def _nothing() -> AsyncIterator[str]:
    return
    yield ""


def _cell(value: object) -> object:
    """Return a cell with whatever would be invisible in it written out."""
    return plain(value) if isinstance(value, str) else value


async def _live(visit: Visit, asked: dict[str, str]) -> dict[str, str]:
    last = await visit.console.store.seeking.last_event(visit.here.id)
    return {"address": _address(visit, asked, "log/stream"), "last": str(last), "pause": "pause-log"}


async def _sought(visit: Visit) -> SoughtEvents:
    console = visit.console
    tenants = Tenants(console.store, console.clock, console.address, lambda _tenant: None)
    asked = {name: value or None for name, value in _asked(visit).items()}
    return await Log(console.store, tenants).sought(visit.here, **asked)


def _asked(visit: Visit) -> dict[str, str]:
    return {name: visit.query(name).strip() for name in FILTERS}


def _line(visit: Visit, event: dict[str, Any]) -> dict[str, Any]:
    about = None if event["subject"] is None else person_path(visit, {"key": event["subject"]})
    request = event["detail"].get("request")
    normalised = list(event["detail"].get("normalised") or ())
    here = f"{visit.below('log')}/{event['seq']}"
    remedy = remedy_for(event["kind"], event["detail"]) if event["fix"] else None
    fix = remedy and said(remedy, visit.here.id, event["subject"])
    return {**event, "fix": fix, "href": here, "about": about, "request": request, "normalised": normalised}


def _address(visit: Visit, asked: dict[str, str], place: str = "log", **more: str) -> str:
    query = urlencode({name: value for name, value in {**asked, **more}.items() if value})
    return visit.below(place) + (f"?{query}" if query else "")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise NotFound("There is no such event.")
    return int(text)
