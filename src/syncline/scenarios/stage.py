"""The stage of a scenario: a company at Entra, the gateway with one live tenant, and its HubSpot account."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from yarl import URL

from syncline import httpserver
from syncline.bootstrap.gateway import Gateway, open_gateway
from syncline.clock import Milliseconds
from syncline.demo import expected
from syncline.demo.account import AccountReader, SeenUser
from syncline.gateway.hubspot.client import open_session
from syncline.gateway.services.operations import run_operation
from syncline.gateway.web.callback import CALLBACK_PATH
from syncline.portal import administration
from syncline.portal.program import open_portal_store
from syncline.portal.store.store import Store as PortalStore
from syncline.portal.web.application import create_application
from syncline.portal.web.call import Surroundings
from syncline.rehearsal import CycleResult, Directory, DirectoryUser, EntraSimulator
from syncline.scenarios.clock import CompressedClock, CountedClock
from syncline.scenarios.traffic import Traffic
from syncline.settings import Settings, read_settings

T = TypeVar("T")
_CALLS = re.compile(r"^syncline_hubspot_calls_total\{[^}]*\} (\d+)", re.MULTILINE)

TENANT = "acme"
DOMAIN = "acme.example"
ADMIN = f"admin@{DOMAIN}"
OPERATOR = "scenario"
MINUTE: Milliseconds = 60_000
HOUR: Milliseconds = 60 * MINUTE
DAY: Milliseconds = 24 * HOUR
LOOK_EVERY: Milliseconds = 5_000
STEADY_LOOKS = 3
MOMENT_SECONDS = 0.05
CYCLE_GAP: Milliseconds = 40 * MINUTE
"""How often Entra looks for changes."""
SCOPES = ("oauth", "settings.users.read", "settings.users.write")
MORE_SCOPES = ("crm.objects.owners.read", "settings.users.teams.read")


class ScenarioError(Exception):
    """The scenario could not be played; the message says where it stuck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything a scenario plays with. Time passes only through `play`, `until` and `wait`."""

    clock: CompressedClock
    traffic: Traffic
    hubspot_clock: CountedClock
    gateway: Gateway
    gateway_url: str
    token: str
    portal: PortalStore
    portal_url: str
    credentials: Mapping[str, Any]
    app: Mapping[str, Any]
    company: Directory
    entra: EntraSimulator
    account: AccountReader

    async def play(self, action: Awaitable[T]) -> T:
        """Wait for something while time passes as needed."""
        leaping = asyncio.create_task(self.clock.leap_when_quiet(self.at_work))
        try:
            return await action
        finally:
            leaping.cancel()
            await asyncio.gather(leaping, return_exceptions=True)

    def at_work(self) -> bool:
        """Tell whether a call to HubSpot, a read or a write is under way; not one that HubSpot itself sleeps over."""
        return self.traffic.under_way > self.hubspot_clock.asleep or self.gateway.unanswered() > 0

    async def wait(self, span: Milliseconds) -> None:
        """Let that span pass, with everybody at work who has something to do."""
        await self.play(self.clock.sleep(span))

    async def run(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Do what an operator does."""
        call = run_operation(self.gateway.operations, operation, OPERATOR, {"tenant": TENANT, **arguments})
        return await self.play(call)

    async def cycle(self) -> CycleResult:
        """Let Entra run a cycle: the first one is the initial one."""
        entra = self.entra
        return await self.play(entra.incremental_cycle() if entra.state.cycles else entra.initial_cycle())

    async def until(self, holds: Callable[[], Awaitable[bool]], *, within: Milliseconds, what: str) -> None:
        """Let time pass until that holds; raises `ScenarioError` when it does not within the span."""
        end = self.clock.now() + within
        while not await holds():
            if self.clock.now() > end:
                raise ScenarioError(f"{what}: not within {within // MINUTE} minutes.")
            await self.wait(LOOK_EVERY)

    async def drained(self, *, within: Milliseconds = HOUR) -> None:
        """Let time pass until nothing is on its way any more; what is held may stay so.

        A change of the set-up takes a moment to reach everybody, and that moment is the machine's, not the clock's.
        """
        for _ in range(STEADY_LOOKS):
            await asyncio.sleep(MOMENT_SECONDS)
            await self.wait(LOOK_EVERY)
            await self.until(self._nothing_on_its_way, within=within, what="The backlog should drain")

    async def deliveries(self) -> dict[str, int]:
        """Return how many people are in step, waiting, retrying and held."""
        return dict((await self.run("tenant.show"))["deliveries"])

    async def held(self, reason: str) -> list[str]:
        """Return the e-mails of the people held for that reason."""
        people = (await self.run("users.list", limit=500))["users"]
        return sorted(each["email"] for each in people if each["hold"] and each["hold"]["reason"] == reason)

    async def seen(self) -> dict[str, SeenUser]:
        """Return HubSpot's users as its API shows them."""
        return await self.play(self.account.users())

    async def wrong(self) -> list[str]:
        """Return who is at HubSpot other than the directory and the rules say."""
        return expected.differences(self.company, set(), await self.seen())

    async def activity(self) -> list[dict[str, Any]]:
        """Return HubSpot's own security history, oldest first."""
        return await self.play(self.account.activity())

    async def calls(self) -> int:
        """Return how many calls the gateway has made to HubSpot since it started, by its own metrics."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.gateway_url}/metrics") as response:
            return sum(int(number) for number in _CALLS.findall(await response.text()))

    def people(self, role: str, count: int) -> list[DirectoryUser]:
        """Return that many people of the directory who have exactly this app role."""
        found = [
            user
            for user in self.company.in_scope()
            if [each.value for each in self.company.app_roles(user.object_id)] == [role]
        ]
        if len(found) < count:
            raise ScenarioError(f"The company has {len(found)} people with the role {role}, not {count}.")
        return sorted(found, key=lambda user: user.user_principal_name)[:count]

    async def grant(self) -> None:
        """Connect the tenant by OAuth: ask, have a super admin consent at HubSpot, come back over HTTP."""
        asked = await self.run("connection.authorize", base_url=self.portal_url)
        code = await administration.grant_app(
            self.portal,
            self.clock,
            TENANT,
            ADMIN,
            client_id=self.app["client_id"],
            redirect_uri=self.gateway_url + CALLBACK_PATH,
            scope=" ".join(SCOPES),
            optional_scope=" ".join(MORE_SCOPES),
            challenge=_parameter(asked["url"], "code_challenge"),
        )
        query = {"code": code, "state": _parameter(asked["url"], "state") or ""}
        await self.play(_visit(self.gateway_url + CALLBACK_PATH, query))

    async def _nothing_on_its_way(self) -> bool:
        now = await self.deliveries()
        return now["waiting"] + now["retrying"] == 0


@asynccontextmanager
async def stage(
    data: Path, *, people: int, seed: int, oauth: bool = False, account: Mapping[str, Any] | None = None
) -> AsyncIterator[Stage]:
    """Open the curtain on a company whose people are all at HubSpot: tenant live, first cycle delivered.

    The rules are those of the demo. With `oauth` the API channel is a grant, and there is no SCIM channel.
    """
    clock, traffic = CompressedClock(), Traffic()
    hubspot_clock = CountedClock(clock)
    async with AsyncExitStack() as stack:
        portal = await stack.enter_async_context(open_portal_store(data / "portal"))
        addresses: dict[str, str] = {}
        application = create_application(Surroundings(portal, hubspot_clock, lambda: addresses["portal"]))
        addresses["portal"] = await stack.enter_async_context(
            httpserver.serving(traffic.through(application))
        )
        credentials = await administration.open_account(
            portal, clock, name=TENANT, address=addresses["portal"], with_scim=True, **(account or {})
        )
        front = _Front()
        addresses["gateway"] = await stack.enter_async_context(httpserver.serving(front))
        app = await administration.create_app(
            portal,
            clock,
            TENANT,
            redirect_uris=[addresses["gateway"] + CALLBACK_PATH],
            scopes=SCOPES,
            optional_scopes=MORE_SCOPES,
        )
        session = await stack.enter_async_context(open_session(traces=[traffic.trace()]))
        curtain = await stack.enter_async_context(_Curtain())
        gateway = await stack.enter_async_context(
            open_gateway(
                _settings(data / "gateway", app),
                lambda: addresses["gateway"],
                deliver=True,
                clock=clock,
                session=session,
            )
        )
        front.application = gateway.application
        reader = await stack.enter_async_context(
            AccountReader(addresses["portal"], credentials["access_token"])
        )
        company = Directory.seeded(size=people, seed=seed, domain=DOMAIN, clock=clock)
        await run_operation(gateway.operations, "tenant.create", OPERATOR, {"name": TENANT})
        token = await run_operation(gateway.operations, "token.create", OPERATOR, {"tenant": TENANT})
        entra = EntraSimulator(company, f"{addresses['gateway']}/scim/v2", token["token"], clock)
        made = Stage(
            clock=clock,
            traffic=traffic,
            hubspot_clock=hubspot_clock,
            gateway=gateway,
            gateway_url=addresses["gateway"],
            token=token["token"],
            portal=portal,
            portal_url=addresses["portal"],
            credentials=credentials,
            app=app,
            company=company,
            entra=entra,
            account=reader,
        )
        stack.callback(curtain.fall, made)
        await _go_live(made, oauth=oauth)
        yield made


class _Curtain:
    """Lets time pass while the gateway ends: it waits for what is under way, and that may wait for the clock."""

    def __init__(self) -> None:
        self._passing: asyncio.Task[None] | None = None

    def fall(self, made: Stage) -> None:
        self._passing = asyncio.create_task(made.clock.leap_when_quiet(made.at_work))

    async def __aenter__(self) -> _Curtain:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._passing is not None:
            self._passing.cancel()
            await asyncio.gather(self._passing, return_exceptions=True)


class _Front:
    """Holds the gateway's address while the gateway, which has to know it, is put together."""

    application: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.application(scope, receive, send)


def _settings(data: Path, app: Mapping[str, Any]) -> Settings:
    data.mkdir(parents=True, exist_ok=True)
    return read_settings(
        {},
        data=str(data),
        hubspot_client_id=app["client_id"],
        hubspot_client_secret=app["client_secret"],
    )


async def _go_live(made: Stage, *, oauth: bool) -> None:
    if oauth:
        await made.grant()
    else:
        await made.run(
            "connection.set",
            base_url=made.portal_url,
            access_token=made.credentials["access_token"],
            scim_base_url=made.credentials["scim_base_url"],
            scim_token=made.credentials["scim_token"],
        )
    await made.run("policy.set", deactivated="remove" if oauth else "deactivate")
    await made.run("role.default", name=expected.DEFAULT_SET)
    for role, permission_set in expected.SET_OF_ROLE.items():
        await made.run("rule.add", role=role, permission_set=permission_set)
    for department, team in expected.TEAM_OF_DEPARTMENT.items():
        await made.run("rule.add", attribute="department", equals=department, primary_team=team)
    first = await made.cycle()
    if not first.ok:
        raise ScenarioError(f"Entra's first cycle failed: {first.failures[0].reason}")
    await made.run("plan.approve")
    await made.run("tenant.mode", mode="live")
    await made.drained()


def _parameter(url: str, name: str) -> str | None:
    return URL(url).query.get(name)


async def _visit(url: str, query: Mapping[str, str]) -> None:
    async with aiohttp.ClientSession() as browser, browser.get(url, params=query) as page:
        if page.status != 200:
            raise ScenarioError(f"The grant was not taken: {page.status}.")


def order_of(activity: Sequence[Mapping[str, Any]], *kinds: str) -> list[str]:
    """Return the kinds of those events in the order in which HubSpot saw them."""
    return [each["type"] for each in activity if each["type"] in kinds]
