"""Somebody changes people at HubSpot by hand. It is told with who did it, and undone only where that was chosen."""

from __future__ import annotations

from typing import Any

from syncline.demo import expected
from syncline.demo.checks import Check
from syncline.gateway.domain.holds import HoldReason
from syncline.portal import administration
from syncline.rehearsal import DirectoryUser
from syncline.scenarios.stage import ADMIN, HOUR, TENANT, Stage

SENTENCE = "People are changed by hand at HubSpot. The next reading tells who did it; only what was chosen is undone."
PEOPLE = 30
STRANGER = "contractor@partner.example"
GIVEN = "Marketing User"
SIX_HOURS = 6 * HOUR
"""How often an account is read whole, unless told otherwise."""


async def play(stage: Stage) -> list[Check]:
    """Change, deactivate, remove and add people by hand; wait for the next reading; then enforce one of them."""
    changed, stopped, removed = stage.people("User", 3)
    before = expected.SET_OF_ROLE["User"]
    await _by_hand(stage, changed, stopped, removed)
    await stage.wait(SIX_HOURS)
    await stage.drained()
    drift = {(each["email"], each["field"]): each for each in (await stage.run("drift.list"))["drift"]}
    after_reading = await stage.seen()
    orphans = [each["email"] for each in (await stage.run("orphans.list"))["orphans"]]
    held = await stage.held(HoldReason.REMOVED_AT_HUBSPOT.value)
    await stage.run("drift.enforce", user=changed.user_principal_name, fields=["permission_set"])
    await stage.drained()
    enforced = await stage.seen()
    told = drift.get((changed.user_principal_name, "permission_set"), {})
    return [
        Check("the changed permission set is reported", GIVEN, told.get("at_hubspot")),
        Check("with who did it", ADMIN, (told.get("by") or {}).get("actor")),
        Check("and left as it is", GIVEN, _set(after_reading, changed)),
        Check("whoever was deactivated by hand stays so", True, _user(after_reading, stopped).deactivated),
        Check("whoever was removed by hand is not created again", [removed.user_principal_name], held),
        Check("an unknown user is listed as an orphan", True, STRANGER in orphans),
        Check("once enforced, the set is the rule's again", before, _set(enforced, changed)),
    ]


async def _by_hand(
    stage: Stage, changed: DirectoryUser, stopped: DirectoryUser, removed: DirectoryUser
) -> None:
    portal, clock = stage.portal, stage.clock
    admin = int((await stage.seen())[ADMIN].id)
    for action in (
        administration.change_user(
            portal, clock, TENANT, changed.user_principal_name, permission_set=GIVEN, actor=admin
        ),
        administration.set_access(
            portal, clock, TENANT, stopped.user_principal_name, active=False, actor=admin
        ),
        administration.remove_user(portal, clock, TENANT, removed.user_principal_name, actor=admin),
        administration.add_user(portal, clock, TENANT, email=STRANGER, permission_set=GIVEN, actor=admin),
    ):
        await stage.play(action)


def _set(seen: dict[str, Any], user: DirectoryUser) -> str | None:
    found: str | None = _user(seen, user).permission_set
    return found


def _user(seen: dict[str, Any], user: DirectoryUser) -> Any:
    return seen[user.user_principal_name]
