"""The workbench: compose a SCIM request, see how it is understood and answered; and rehearse a whole directory."""

from __future__ import annotations

import shlex
from typing import Final

import orjson
from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError, Invalid
from syncline.gateway.domain.rehearsal import NAMES, Provider, Script
from syncline.gateway.web.console.bench import METHODS, Benched
from syncline.gateway.web.console.visit import Visit
from syncline.scim.dialects import DIALECTS
from syncline.webkit.forms import Form

_EXAMPLE: Final = Form.of(method="GET", target="/Users?count=5", body="")
_SCRIPT: Final = Form.of(provider=Provider.ENTRA, people="20")


async def workbench(visit: Visit) -> Response:
    """Show an empty bench."""
    return await _page(visit, _EXAMPLE)


async def run(visit: Visit) -> Response:
    """Carry out the request and show all that came of it."""
    form = visit.form
    method, target = form.one("method"), form.one("target")
    try:
        seen = await visit.console.bench.run(
            visit.here, visit.actor, method, target, form.raw("body").encode() if method != "GET" else b""
        )
    except DomainError as error:
        return await _page(visit, form.wrong(target=error.message), 422)
    return await _page(visit, form, seen=seen)


async def rehearse(visit: Visit) -> Response:
    """Begin a rehearsal; the page shows how it goes, and how it went."""
    form = visit.form
    try:
        script = Script.read(form.one("provider"), form.one("people"))
    except Invalid as error:
        return await _page(visit, _EXAMPLE, 422, script=form.wrong(whole=error.message))
    await visit.console.rehearsals.begin(visit.actor, visit.here, script)
    return visit.go(f"{visit.below('workbench')}#rehearse")


async def _page(
    visit: Visit, form: Form, status: int = 200, seen: Benched | None = None, script: Form = _SCRIPT
) -> Response:
    console, here = visit.console, visit.here
    base = f"{console.address()}/scim/v2"
    return visit.show(
        "workbench.html",
        status=status,
        current="workbench",
        form=form,
        methods=[(each, each) for each in METHODS],
        seen=seen,
        answer=None if seen is None else _shown(seen.body),
        rules=[] if seen is None else [(each, DIALECTS[each].rule) for each in seen.notes],
        curl=None if seen is None else _curl(base, form),
        may_write=await console.bench.may_write(here),
        rehearsal=console.rehearsals.last(here.id),
        no_rehearsal=await console.rehearsals.why_not(here),
        script=script,
        providers=NAMES,
        arrived=(await console.store.backlog.totals(here.id)).users,
    )


def _shown(body: bytes) -> object:
    try:
        return orjson.loads(body) if body else ""
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")


def _curl(base: str, form: Form) -> str:
    """Return the same request as a command for a shell; the token is the reader's own."""
    method, body = form.one("method"), form.raw("body")
    parts = ["curl", "--request", method, shlex.quote(base + form.one("target"))]
    parts += ["--header", '"Authorization: Bearer $TOKEN"']
    if method != "GET" and body:
        parts += ["--header", "'Content-Type: application/scim+json'", "--data-binary", shlex.quote(body)]
    return " ".join(parts)
