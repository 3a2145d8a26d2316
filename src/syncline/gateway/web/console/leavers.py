"""Leavers: kept for a while or given back what they lost, each with an owner and an end; or let go now."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.web.console.people import back, show_person
from syncline.gateway.web.console.visit import Visit
from syncline.gateway.web.console.wording import SECOND

_ASKED: Final = {
    "until": "Say the last day.",
    "because": "Say why, for those who read it later.",
}
"""What an exception needs, and what is said where it lacks."""


async def keep(visit: Visit) -> Response:
    """Keep a leaver until a date, or give him back what leaving has taken, as the form's button says."""
    form = visit.form
    operation = "leavers.restore" if form.one("do") == "restore" else "leavers.keep"
    wrong = {name: sentence for name, sentence in _ASKED.items() if not form.one(name)}
    if wrong:
        return await show_person(visit, form.one("user"), form.wrong(**wrong))
    try:
        done = await visit.run(
            operation,
            user=form.one("user"),
            until=form.one("until"),
            because=form.one("because"),
            owner=form.one("owner") or None,
        )
    except DomainError as error:
        return await show_person(visit, form.one("user"), form.wrong(whole=error.message))
    said = "gets back what leaving has taken" if operation == "leavers.restore" else "is kept"
    return back(visit, f"{done['email']} {said}, until {done['until'][:10]}. {done['owner']} answers for it.")


async def end(visit: Visit) -> Response:
    """End an exception now."""
    form = visit.form
    await visit.run("leavers.end", user=form.one("user"), because=form.one("because"))
    return back(visit, "The exception is ended: the person leaves like anybody else.")


async def let_go(visit: Visit) -> Response:
    """Let one staged leaver go now."""
    form = visit.form
    done = await visit.run("leavers.release", user=form.one("user"), because=form.one("because"))
    return back(visit, SECOND if done["pending"] else "On the way out: nothing holds it any more.")
