"""One person on demand, in five steps: received, in scope, matched, decided, delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from syncline.gateway.domain.delivery import DeliveryState
from syncline.gateway.domain.errors import DomainError, NotFound
from syncline.gateway.domain.operators import Permission
from syncline.gateway.web.console.journey.steps import address, show_step
from syncline.gateway.web.console.visit import Visit

FOUND: Final = 10
WAIT_SECONDS: Final = 15
"""How long the page waits for HubSpot after *Deliver only this person*."""

_TONES: Final[Mapping[str, str]] = {
    DeliveryState.IN_STEP: "good",
    DeliveryState.WAITING: "wait",
    DeliveryState.RETRYING: "again",
    DeliveryState.HELD: "hold",
}
Told = dict[str, Any]


async def one(visit: Visit) -> Response:
    """Find a person, and show the five steps."""
    return await _page(visit, visit.query("user"))


async def deliver_one(visit: Visit) -> Response:
    """Deliver one person's change, in plan mode too, and show what came of it."""
    user = visit.form.one("user")
    try:
        outcome = await visit.run("plan.deliver", user=user, wait_seconds=WAIT_SECONDS)
    except DomainError as error:
        return await _page(visit, user, refused=error.message)
    return await _page(visit, user, outcome=outcome)


async def _page(
    visit: Visit, user: str, refused: str | None = None, outcome: Mapping[str, Any] | None = None
) -> Response:
    search = visit.query("search")
    found = await visit.run("users.list", search=search.casefold() or None, limit=FOUND)
    person = await _person(visit, user)
    return await show_step(
        visit,
        "one",
        search=search,
        people=found["users"],
        more=found["next"] is not None,
        person=person,
        missing=user if user and person is None else "",
        told=None if person is None else five_steps(person),
        page=address(visit, "one"),
        refused=refused,
        outcome=outcome,
        may_deliver=visit.may(Permission.DELIVER),
    )


async def _person(visit: Visit, user: str) -> Mapping[str, Any] | None:
    if not user:
        return None
    try:
        return await visit.run("users.show", user=user)
    except NotFound:
        return None


def five_steps(person: Mapping[str, Any]) -> Sequence[Told]:
    """Return the five steps as the kit's timeline takes them, from what `users.show` answers."""
    why, decision = person["why"], person["decision"]
    held = decision["hold"]
    changes = decision["kind"] != "unchanged"
    return [
        _told("1. Received from the directory", why["identity_provider"]["sentence"], "good"),
        _told(
            "2. In scope",
            "Yes: nothing stands in the way." if held is None else f"{held['sentence']} {held['release']}",
            "good" if held is None else "hold",
        ),
        _told("3. Looked for at HubSpot", why["hubspot"]["sentence"], "good"),
        _told("4. Decided", _decided(person), "info" if changes else "good"),
        _delivered(person),
    ]


def _delivered(person: Mapping[str, Any]) -> Told:
    state, why, decision = person["delivery"]["state"], person["why"], person["decision"]
    text = why["next"]["sentence"]
    if state == DeliveryState.IN_STEP:
        text = "HubSpot has what it should have."
    elif state == DeliveryState.HELD and decision["hold"] is None:
        text = "Not sent: the tenant is in plan mode."
    return _told("5. Delivered", text, _TONES.get(state, "quiet"))


def _decided(person: Mapping[str, Any]) -> str:
    decision = person["decision"]
    reasons = "; ".join(decision["reasons"])
    difference = person["why"]["difference"]["sentence"]
    return f"{decision['kind'].capitalize()}. {difference}{' Because: ' + reasons if reasons else ''}"


def _told(title: str, text: str, tone: str) -> Told:
    return {"title": title, "text": text, "tone": tone}
