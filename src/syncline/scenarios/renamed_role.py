"""A permission set is renamed at HubSpot, then deleted. It is known by its id, and nothing is guessed."""

from __future__ import annotations

from syncline.demo import expected
from syncline.demo.checks import Check
from syncline.gateway.domain.holds import HoldReason
from syncline.portal import administration
from syncline.scenarios.stage import TENANT, Stage

SENTENCE = (
    "A permission set that rules give is renamed at HubSpot, then deleted. Nobody ends up with another one."
)
PEOPLE = 30
ROLE = "User"
RENAMED = "Verkauf"


async def play(stage: Stage) -> list[Check]:
    """Rename the set and add somebody; delete it and add somebody else; name another set in its place."""
    old = expected.SET_OF_ROLE[ROLE]
    await stage.play(administration.rename_permission_set(stage.portal, TENANT, old, RENAMED))
    first = await _joins(stage, "Ada")
    given = (await stage.seen())[first].permission_set
    await stage.play(administration.delete_permission_set(stage.portal, stage.clock, TENANT, RENAMED))
    second = await _joins(stage, "Grace")
    held = await stage.held(HoldReason.PERMISSION_SET_MISSING.value)
    there = sorted((await stage.seen()).keys() & {second})
    sets = {user.permission_set for email, user in (await stage.seen()).items() if email in held}
    await _point_elsewhere(stage)
    found = await stage.seen()
    return [
        Check("a joiner after the renaming has the same set", RENAMED, given),
        Check("a joiner after the deletion waits, with the reason", True, second in held),
        Check("and is not at HubSpot with some other set", [], there),
        Check("everybody else who had it keeps what HubSpot left", {None}, sets),
        Check(
            "once a rule names another set, the joiner has it", "Marketing User", found[second].permission_set
        ),
        Check("and so has everybody with the role", 0, await _without(stage, "Marketing User")),
    ]


async def _joins(stage: Stage, name: str) -> str:
    joiner = stage.company.join(given_name=name, surname="Byron", department="Sales", role=ROLE)
    await stage.cycle()
    await stage.drained()
    return joiner.user_principal_name


async def _point_elsewhere(stage: Stage) -> None:
    rules = (await stage.run("rule.list"))["rules"]
    broken = next(rule for rule in rules if rule["when"] == f"role = {ROLE}")
    await stage.run("rule.remove", rule_id=broken["id"])
    await stage.run("rule.add", role=ROLE, permission_set="Marketing User", position=1)
    await stage.drained()


async def _without(stage: Stage, permission_set: str) -> int:
    seen = await stage.seen()
    people = [user for user in stage.company.in_scope() if ROLE in _roles(stage, user.object_id)]
    return sum(seen[user.user_principal_name].permission_set != permission_set for user in people)


def _roles(stage: Stage, object_id: str) -> set[str]:
    return {role.value for role in stage.company.app_roles(object_id)}
