"""What waits for somebody to agree: staged leavers, adoptions and privileged grants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from syncline.gateway.domain.operators import Permission
from syncline.gateway.web.console.people import person_path
from syncline.gateway.web.console.visit import Visit
from syncline.gateway.web.console.wording import SECOND

PAGE = 25


@dataclass(frozen=True, slots=True)
class Waiting:
    """One part of the inbox: what waits there, the operations that list and approve it, and how it is said."""

    name: str
    title: str
    lead: str
    listing: str
    approving: str
    path: str
    word: str
    done: str


INBOX: Final = (
    Waiting(
        "leavers",
        "Staged leavers",
        "More people leave than usual within a day, so these still have access. If the directory is wrong, put it "
        "right there: whoever comes back is not staged any more.",
        "leavers.list",
        "leavers.release",
        "approvals/release",
        "Deactivate now",
        "on the way out",
    ),
    Waiting(
        "adoptions",
        "Adoptions",
        "At HubSpot before Syncline with the same e-mail. Approved, they are kept in line from now on, each by exactly "
        "the change that is shown.",
        "adoptions.list",
        "adoptions.approve",
        "approvals/adopt",
        "Adopt",
        "approved for adoption",
    ),
    Waiting(
        "approvals",
        "Privileged permission sets",
        "Each approval holds for that set and that person alone.",
        "approvals.list",
        "approvals.grant",
        "approvals/grant",
        "Approve",
        "approved",
    ),
)


async def approvals(visit: Visit) -> Response:
    """Show what waits, a page of each part at a time."""
    parts = [(each, await _listed(visit, each)) for each in INBOX]
    return visit.show(
        "approvals.html",
        current="approvals",
        parts=parts,
        empty=not any(listed["people"] for _, listed in parts),
        exceptions=await _some(visit, "leavers.exceptions", "exceptions"),
        gone=await _some(visit, "leavers.gone", "gone"),
        pending=(await visit.run("approvals.pending"))["pending"],
        may_approve=visit.may(Permission.APPROVE),
    )


async def release(visit: Visit) -> Response:
    """Let staged leavers go now."""
    return await _approved(visit, INBOX[0])


async def adopt(visit: Visit) -> Response:
    """Approve adoptions."""
    return await _approved(visit, INBOX[1])


async def grant(visit: Visit) -> Response:
    """Approve privileged permission sets."""
    return await _approved(visit, INBOX[2])


async def _listed(visit: Visit, part: Waiting) -> dict[str, Any]:
    after = visit.query(part.name)
    found = await visit.run(part.listing, limit=PAGE, after=after)
    here = visit.below("approvals")
    people = [
        {**each, "name": each["email"] or each["user_id"], "href": person_path(visit, each)}
        for each in found[part.name]
    ]
    following = f"{here}?{urlencode({part.name: found['next']})}" if found["next"] else None
    return {"people": people, "next": following, "first": here if after else None}


async def _some(visit: Visit, listing: str, name: str) -> dict[str, Any]:
    """Return a page of leavers that somebody has decided about, or can."""
    after = visit.query(name)
    found = await visit.run(listing, limit=PAGE, after=after or None)
    here = visit.below("approvals")
    people = [{**each, "href": person_path(visit, each)} for each in found[name]]
    following = f"{here}?{urlencode({name: found['next']})}#{name}" if found["next"] else None
    return {"people": people, "next": following, "first": here if after else None}


async def _approved(visit: Visit, part: Waiting) -> Response:
    """Approve one, those ticked, or all that wait; why is kept in the audit log beside who and when."""
    form = visit.form
    one = form.one("one")
    users = [one] if one else list(form.many("user"))
    everybody = form.has("all")
    if not users and not everybody:
        return visit.go(visit.below("approvals"), "Nobody was ticked, so nothing was done.")
    given: dict[str, Any] = {"everybody": True} if everybody else {"users": users}
    done = await visit.run(part.approving, because=form.one("because"), **given)
    if done["pending"]:
        return visit.go(visit.below("approvals"), SECOND)
    names = next(iter(done.values()))
    said = names[0] if len(names) == 1 else f"{len(names)} people"
    return visit.go(visit.below("approvals"), f"{said}: {part.done}. Recorded under {visit.actor}.")
