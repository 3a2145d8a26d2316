"""People of a tenant: who there is, where each of them stands, and why."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from syncline.gateway.domain.deprovision import GONE
from syncline.gateway.domain.holds import HOLDS, HoldReason
from syncline.gateway.domain.leaving import Leaving
from syncline.gateway.domain.operators import Permission
from syncline.gateway.services.ports.seeking import PersonState
from syncline.gateway.web.console.visit import Visit
from syncline.gateway.web.console.wording import SECOND
from syncline.webkit.forms import Form

PAGE = 50
STATES: Final = {"in-step": "good", "waiting": "wait", "retrying": "again", "held": "hold"}
_VIEWS: Final = (
    ("", "Everybody"),
    (PersonState.IN_STEP.value, "In step"),
    (PersonState.WAITING.value, "Waiting"),
    (PersonState.HELD.value, "Held"),
    ("staged", "Staged to leave"),
    (PersonState.ABSENT.value, "Not at HubSpot"),
)
_STAGED = HoldReason.STAGED_DELETION.value
_LOOKED_FURTHER = "Looked through a part of the people. Go on to look through more."


async def people(visit: Visit) -> Response:
    """List people by e-mail, a page at a time, narrowed by state, by what holds them, or by a part of the e-mail."""
    search, view, reason = (visit.query(name).strip() for name in ("search", "state", "reason"))
    view = view if view in dict(_VIEWS) else ""
    reason = reason if reason in set(HoldReason) and view == PersonState.HELD.value else ""
    found = await visit.run(
        "users.list",
        search=search or None,
        state=PersonState.HELD.value if view == "staged" else view or None,
        reason=_STAGED if view == "staged" else reason or None,
        after=visit.query("after") or None,
        limit=PAGE,
    )
    asked = {"search": search, "state": view, "reason": reason}
    return visit.show(
        "people.html",
        current="people",
        users=[{**each, "href": person_path(visit, each)} for each in found["users"]],
        next=None if found["next"] is None else _address(visit, asked, after=found["next"]),
        first=_address(visit, asked) if visit.query("after") else None,
        views=views(visit, view, search),
        reasons=[("", "any reason"), *((each.value, HOLDS[each].sentence) for each in HoldReason)],
        looked_further=_LOOKED_FURTHER if found["next"] and len(found["users"]) < PAGE else "",
        tones=STATES,
        search=search,
        state=view,
        reason=reason,
    )


async def person(visit: Visit) -> Response:
    """Show one person: why he is as he is at HubSpot, what happened, and what can be done."""
    return await show_person(visit, visit.query("user"), Form())


async def show_person(visit: Visit, user: str, form: Form) -> Response:
    """Show the page of a person; a form with errors is shown as it was sent."""
    shown = await visit.run("users.show", user=user)
    protected = await _protection(visit, shown["email"])
    return visit.show(
        "person.html",
        status=422 if form.errors else 200,
        current="people",
        form=form,
        leaver=_leaver(shown),
        person=shown,
        why=shown["why"],
        user=shown["key"],
        tones=STATES,
        protected=protected,
        may_deliver=visit.may(Permission.DELIVER),
        may_set_up=visit.may(Permission.SET_UP),
        may_approve=visit.may(Permission.APPROVE),
    )


async def deliver(visit: Visit) -> Response:
    """Send one person's change now, in plan mode too, and say what became of it."""
    done = await visit.run(
        "plan.deliver", user=visit.form.one("user"), because=visit.form.one("because"), wait_seconds=10
    )
    return back(visit, _delivered(done))


async def release(visit: Visit) -> Response:
    """Let somebody be reactivated whom others have deactivated at HubSpot."""
    await visit.run("users.release", user=visit.form.one("user"))
    return back(visit, "Released: the person is decided about anew.")


async def read(visit: Visit) -> Response:
    """Read one person at HubSpot again."""
    done = await visit.run("users.read", user=visit.form.one("user"))
    there = "was read" if done["at_hubspot"] else "is not at HubSpot"
    news = "something is otherwise than was known" if done["changed"] else "nothing has changed there"
    return back(visit, f"The person {there}: {news}.")


async def settle_drift(visit: Visit) -> Response:
    """Have what was agreed delivered again, or let HubSpot's value stand, for one field of one person."""
    form = visit.form
    do, _, field = form.one("do").partition(":")
    enforced = do == "enforce"
    await visit.run("drift.enforce" if enforced else "drift.accept", user=form.one("user"), fields=[field])
    said = "will be delivered again" if enforced else "stays as HubSpot has it"
    return back(visit, f"{field}: {said}.")


async def protect(visit: Visit) -> Response:
    """Have nothing ever changed for this person."""
    await visit.run("protect.add", email=visit.form.one("email"), reason=visit.form.one("reason"))
    return back(visit, "Protected: nothing of this person is changed at HubSpot from now on.")


async def unprotect(visit: Visit) -> Response:
    """Lift a protection."""
    done = await visit.run("protect.remove", email=visit.form.one("email"))
    return back(visit, SECOND if done["protected"] else "No longer protected.")


def views(visit: Visit, current: str, search: str = "") -> list[tuple[str, str, None, bool]]:
    """Return the ways to look at people, as the kit's `tabs` takes them."""
    by_state = [
        (label, _address(visit, {"search": search, "state": name}), None, name == current)
        for name, label in _VIEWS
    ]
    return [*by_state, ("Changed at HubSpot", visit.below("drift"), None, current == "drift")]


def person_path(visit: Visit, line: dict[str, Any]) -> str:
    """Return the address of a person's page, from his line in any list."""
    user = line.get("key") or line.get("email") or line.get("user_id") or line.get("id") or ""
    return f"{visit.below('person')}?{urlencode({'user': user})}"


async def _protection(visit: Visit, email: str | None) -> dict[str, Any] | None:
    listed = (await visit.run("protect.list"))["protected"]
    return next((each for each in listed if email and each["email"].casefold() == email.casefold()), None)


def _leaver(shown: dict[str, Any]) -> str:
    """Return what an operator can do about a leaver: `keep`, `restore`, `end` an exception; empty for nothing."""
    if shown["leaving"] == Leaving.STAYS:
        return ""
    if shown["leaving"] == Leaving.KEPT:
        return "end"
    if shown["delivery"]["access"] not in GONE:
        return "keep"
    return "restore" if shown["scim"] is not None else ""


def _delivered(done: dict[str, Any]) -> str:
    if done["state"] == "in-step":
        return "Delivered: HubSpot has confirmed it."
    if done.get("pending"):
        return SECOND
    if done.get("hold"):
        return f"Held: {done['hold']['sentence']}"
    said = f" {done['last_error']}" if done.get("last_error") else ""
    return f"Approved and on its way; it is {done['state'].replace('-', ' ')}.{said}"


def back(visit: Visit, done: str) -> Response:
    """Lead back to the page of the person whose form was sent."""
    return visit.go(person_path(visit, {"key": visit.form.one("user")}), done)


def _address(visit: Visit, asked: dict[str, str], **more: str) -> str:
    query = urlencode({name: value for name, value in {**asked, **more}.items() if value})
    return visit.below("people") + (f"?{query}" if query else "")
