"""A wrong filter at the identity provider takes most people out of scope. The deletion threshold must hold."""

from __future__ import annotations

from syncline.demo.checks import Check
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.threshold import deletion_limit
from syncline.scenarios.stage import DAY, Stage

SENTENCE = (
    "A wrong filter takes most people with one role out of scope. The brake holds, for days; nobody is lost."
)
PEOPLE = 60
FALLEN_OUT = 24


async def play(stage: Stage) -> list[Check]:
    """Unassign many at once, wait, let one of them really go, then take the mistake back."""
    fallen = stage.people("User", FALLEN_OUT)
    limit = deletion_limit(len(stage.company.in_scope()), None)
    names = [user.user_principal_name for user in fallen]
    for user in fallen:
        stage.company.unassign(user)
    await stage.cycle()
    await stage.drained()
    staged = await stage.held(HoldReason.STAGED_DELETION.value)
    gone = await _without_access(stage, names)
    await stage.wait(2 * DAY)
    still_staged = await stage.held(HoldReason.STAGED_DELETION.value)
    leaver = staged[0]
    await stage.run("leavers.release", user=leaver)
    await stage.drained()
    gone_by_word = sorted(set(await _without_access(stage, names)) - set(gone))
    for user in fallen:
        stage.company.assign_role(user, "User")
    await stage.cycle()
    await stage.drained()
    return [
        Check("people who lost access before the brake", limit, len(gone)),
        Check("people staged, still with access", FALLEN_OUT - limit, len(staged)),
        Check("staged people two days later: nothing expires", staged, still_staged),
        Check("who went after an operator's word", [leaver], gone_by_word),
        Check("without access once the mistake is taken back", [], await _without_access(stage, names)),
        Check("people other than the directory says", [], await stage.wrong()),
    ]


async def _without_access(stage: Stage, names: list[str]) -> list[str]:
    seen = await stage.seen()
    return sorted(name for name in names if name not in seen or seen[name].deactivated)
