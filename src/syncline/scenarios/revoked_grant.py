"""A super admin uninstalls the app at HubSpot. The identity provider must not notice, and nothing may be lost."""

from __future__ import annotations

from syncline.demo.checks import Check
from syncline.portal import administration
from syncline.scenarios.stage import DAY, TENANT, Stage

SENTENCE = (
    "The grant is revoked at HubSpot. Syncline asks to be reconnected, and delivers everything after that."
)
PEOPLE = 20
OAUTH = True
JOINERS = 5


async def play(stage: Stage) -> list[Check]:
    """Uninstall the app, change the company, wait a day, connect again."""
    await stage.play(administration.uninstall_app(stage.portal, stage.clock, TENANT, stage.app["client_id"]))
    for number in range(JOINERS):
        stage.company.join(given_name=f"Noor{number}", surname="Haddad", department="Sales", role="User")
    cycle = await stage.cycle()
    await stage.until(
        lambda: _is(stage, "reconnect needed"), within=DAY, what="The revoked grant should show"
    )
    before = await _calls(stage)
    await stage.wait(DAY)
    after = await _calls(stage)
    waiting = await stage.deliveries()
    await stage.grant()
    await stage.drained()
    return [
        Check("Entra's requests that failed meanwhile", 0, len(cycle.failures)),
        Check("joiners who wait for the connection", JOINERS, waiting["waiting"] + waiting["retrying"]),
        Check("calls with the dead grant in a day", 0, after - before),
        Check("the connection once a super admin has consented again", True, await _is(stage, "healthy")),
        Check("people other than the directory says", [], await stage.wrong()),
    ]


async def _is(stage: Stage, health: str) -> bool:
    return bool((await stage.run("connection.show"))["health"] == health)


async def _calls(stage: Stage) -> int:
    """Return how many calls the gateway has made to HubSpot, by its own metrics."""
    return await stage.play(stage.calls())
