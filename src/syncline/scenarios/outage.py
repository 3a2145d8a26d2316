"""HubSpot is down for a day. The identity provider must not notice, and afterwards whoever left goes first."""

from __future__ import annotations

from syncline.demo.checks import Check
from syncline.portal import administration
from syncline.rehearsal import CycleResult, Leaving
from syncline.scenarios.stage import CYCLE_GAP, DAY, TENANT, Stage, order_of

SENTENCE = "HubSpot is down for a day. Entra goes on as always; afterwards everything arrives, leavers first."
PEOPLE = 40
JOINERS, MOVERS, LEAVERS = 6, 6, 4


async def play(stage: Stage) -> list[Check]:
    """Order a day without HubSpot, change the company meanwhile, and look again when HubSpot is back."""
    before = len(await stage.activity())
    down_until = stage.clock.now() + DAY
    await stage.play(
        administration.add_fault(stage.portal, stage.clock, TENANT, "down", for_seconds=DAY // 1_000)
    )
    cycles = await _a_day(stage)
    waiting = await stage.deliveries()
    await stage.wait(down_until - stage.clock.now())
    await stage.drained()
    seen = order_of((await stage.activity())[before:], "ADD_USER", "DEACTIVATE_USER")
    return [
        Check("Entra's requests that failed meanwhile", 0, sum(len(cycle.failures) for cycle in cycles)),
        Check("Entra's cycles in quarantine", 0, sum(bool(cycle.quarantine) for cycle in cycles)),
        Check("changes kept for later", JOINERS + MOVERS + LEAVERS, waiting["waiting"] + waiting["retrying"]),
        Check("leavers went before joiners", ["DEACTIVATE_USER"] * LEAVERS + ["ADD_USER"] * JOINERS, seen),
        Check("people other than the directory says", [], await stage.wrong()),
        Check("the connection afterwards", "healthy", (await stage.run("connection.show"))["health"]),
    ]


async def _a_day(stage: Stage) -> list[CycleResult]:
    """Let people join, move and leave, in this order, with Entra's cycles every 40 minutes."""
    company, cycles = stage.company, []
    leavers, movers = stage.people("Manager", LEAVERS), stage.people("User", MOVERS)
    for number in range(JOINERS):
        company.join(given_name=f"Noor{number}", surname="Haddad", department="Sales", role="User")
    for change in (
        lambda: None,
        lambda: [company.assign_role(mover, "Manager") for mover in movers],
        lambda: [company.leave(leaver, Leaving.UNASSIGN) for leaver in leavers],
        lambda: None,
    ):
        change()
        cycles.append(await stage.cycle())
        await stage.wait(CYCLE_GAP)
    return cycles
