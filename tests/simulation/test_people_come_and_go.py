"""A seeded world: people come, change, swap and go, HubSpot loses answers, the gateway dies; in the end all agrees.

The model is the list of SCIM users alone. What is checked at every rest: nobody is active at HubSpot whom the identity
provider does not say is active, nobody is there twice, and whoever is not held is exactly as the rules say.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, rule

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.hubspot.client import open_session
from syncline.portal.administration import open_account
from syncline.portal.web.application import create_application
from syncline.portal.web.call import Surroundings
from syncline.scim.errors import Uniqueness
from syncline.scimserver.asgi import Receive, Scope, Send
from tests.support.clock import LeapingClock
from tests.support.databases import migrate_at, new_portal
from tests.support.examples import examples
from tests.support.mortal import mortal
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.serving import serve
from tests.support.world import ENTERPRISE, TENANT, HubSpotAccount, World, gateway

__all__ = ["postgres_server"]

STEPS = 25
NAMES = ("ada", "bob", "cyd", "dee")
ROLES = ("Manager", "Sales User", "unknown role")
DEPARTMENTS = ("Sales", "Marketing", "Elsewhere")


@dataclass
class Modelled:
    """A SCIM user as the identity provider knows it."""

    id: str
    name: str
    role: str
    department: str
    active: bool = True

    @property
    def email(self) -> str:
        return f"{self.name}@acme.example"


class Faulty:
    """Stands before the portal: loses answers after their effect, or refuses before it."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self.lose = 0
        self.refuse = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.refuse:
            self.refuse -= 1
            await _bad_gateway(send)
        elif self.lose and scope["method"] != "GET":
            self.lose -= 1

            async def nowhere(_message: Any) -> None:
                return

            await self._application(scope, receive, nowhere)
            await _bad_gateway(send)
        else:
            await self._application(scope, receive, send)


async def _bad_gateway(send: Send) -> None:
    await send({"type": "http.response.start", "status": 502, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


class PeopleComeAndGo(RuleBasedStateMachine):
    users = Bundle("users")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.model: dict[str, Modelled] = {}
        self.folder = Path(tempfile.mkdtemp(prefix="syncline-simulation-"))
        self.clock = LeapingClock()

    def open_database(self) -> str | None:
        """Return where the gateway keeps everything; None for SQLite in its data folder."""
        return None

    def drop_database(self) -> None:
        """Give the database back."""

    def run(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    @initialize()
    def begin(self) -> None:
        self.run(self._begin())

    async def _begin(self) -> None:
        self.database_url = self.open_database()
        addresses: list[str] = []
        store = await self.stack.enter_async_context(new_portal(self.folder / "portal"))
        self.faulty = Faulty(create_application(Surroundings(store, self.clock, lambda: addresses[0])))
        url = await self.stack.enter_async_context(serve(self.faulty))
        addresses.append(url)
        credentials = await open_account(store, self.clock, name=TENANT, address=url, with_scim=True)
        self.hubspot = HubSpotAccount(url, credentials, self.clock, store)
        self.session = open_session()
        self.stack.push_async_callback(self.session.close)
        await self._open()
        created = await self.world.run("tenant.create", name=TENANT)
        self.tenant_id = self.world.tenant_id = TenantId(created["id"])
        await self.world.connect()
        for department in DEPARTMENTS[:2]:
            await self.world.run(
                "rule.add", tenant=TENANT, attribute="department", equals=department, primary_team=department
            )
        await self.world.run("role.default", tenant=TENANT, name="Standard User")
        await self.world.go_live(match_role_names=True)

    async def _open(self) -> None:
        self.gateway_stack = AsyncExitStack()
        opened = await self.gateway_stack.enter_async_context(
            gateway(self.folder / "gateway", self.clock, self.session, database_url=self.database_url)
        )
        self.world = World(opened, self.hubspot, self.clock)
        self.world.tenant_id = getattr(self, "tenant_id", TenantId(""))

    @rule(
        target=users,
        name=st.sampled_from(NAMES),
        role=st.sampled_from(ROLES),
        department=st.sampled_from(DEPARTMENTS),
    )
    def join(self, name: str, role: str, department: str) -> str:
        user = Modelled("", name, role, department)
        try:
            stored = self.run(
                self.world.add_user(
                    user.email,
                    name={"givenName": name, "familyName": "X"},
                    roles=[{"value": role, "primary": True}],
                    **{ENTERPRISE: {"department": department}},
                )
            )
        except Uniqueness:
            assert any(other.name == name for other in self.model.values())
            return ""
        user.id = stored.id
        self.model[user.id] = user
        return user.id

    @rule(user=users, name=st.sampled_from(NAMES))
    def rename(self, user: str, name: str) -> None:
        if user not in self.model:
            return
        try:
            self.run(self.world.set_user(user, "userName", f"{name}@acme.example"))
        except Uniqueness:
            assert any(other.name == name for other in self.model.values() if other.id != user)
            return
        self.model[user].name = name

    @rule(user=users, active=st.booleans())
    def switch(self, user: str, active: bool) -> None:
        if user in self.model:
            self.run(self.world.set_user(user, "active", active))
            self.model[user].active = active

    @rule(user=users, role=st.sampled_from(ROLES), department=st.sampled_from(DEPARTMENTS))
    def move(self, user: str, role: str, department: str) -> None:
        if user in self.model:
            roles = [{"value": role, "primary": True}]
            self.run(self.world.set_user(user, "roles", roles))
            self.run(self.world.set_user(user, f"{ENTERPRISE}:department", department))
            self.model[user].role, self.model[user].department = role, department

    @rule(user=consumes(users))
    def leave(self, user: str) -> None:
        if user in self.model:
            self.run(self.world.delete_user(user))
            del self.model[user]

    @rule(count=st.integers(1, 3))
    def lose_answers(self, count: int) -> None:
        self.faulty.lose = count

    @rule(count=st.integers(1, 3))
    def refuse_calls(self, count: int) -> None:
        self.faulty.refuse = count

    @rule()
    def drain_a_little(self) -> None:
        self.run(self.world.drain())

    @rule(moment=st.integers(1, 40))
    def stop_in_the_middle(self, moment: int) -> None:
        self.run(self._stop(moment))

    @rule(steps=st.integers(0, 12))
    def die_before_a_step(self, steps: int) -> None:
        self.run(self._die(steps))

    async def _die(self, steps: int) -> None:
        """Let the gateway do so much more and then nothing, not even tidy up; open another one."""
        with mortal(self.hubspot) as gateways:
            await gateways.drain(self.world, steps)
        await self.gateway_stack.aclose()
        await self._open()

    async def _stop(self, moment: int) -> None:
        """Stop the drain after some turns of the event loop, forget the gateway, open it again."""
        drain = asyncio.ensure_future(self.world.drain())
        for _ in range(moment):
            await asyncio.sleep(0.001)
        drain.cancel()
        await asyncio.gather(drain, return_exceptions=True)
        await self.gateway_stack.aclose()
        await self._open()

    @rule()
    def rest(self) -> None:
        self.run(self._rest())

    async def _rest(self) -> None:
        self.faulty.lose = self.faulty.refuse = 0
        for _ in range(50):
            due = await self.world.drain()
            if due is None:
                break
            self.clock.leap(max(0, due - self.clock.now()) + 1)
        else:
            raise AssertionError("the backlog never came to rest")
        await self._compare()

    async def _compare(self) -> None:
        seen = await self.hubspot.users()
        seen.pop("admin@acme.example")
        held = await self.world.held()
        active = {user.email for user in self.model.values() if user.active}
        waiting = {user.email for user in self.model.values() if user.email in held}
        assert {"email-claimed", "email-taken"} >= set(held.values()), held
        if not held:
            assert active == {email for email, user in seen.items() if user["active"]}
        for user in self.model.values():
            if user.active and user.email not in waiting and not held:
                found = seen[user.email]
                permission_set = user.role if user.role != "unknown role" else "Standard User"
                team = user.department if user.department != "Elsewhere" else found["team"]
                assert (permission_set, team) == (found["permission_set"], found["team"])

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self.run(self._rest())
        finally:
            self.run(self._close())
            self.runner.close()
            self.drop_database()
            shutil.rmtree(self.folder)

    async def _close(self) -> None:
        if hasattr(self, "gateway_stack"):
            await self.gateway_stack.aclose()
        await self.stack.aclose()


SETTINGS = settings(
    max_examples=examples(4),
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=True,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)

TestPeopleComeAndGo = PeopleComeAndGo.TestCase
TestPeopleComeAndGo.settings = SETTINGS


class OnPostgresql(PeopleComeAndGo):
    """The same world with the gateway on PostgreSQL."""

    server: PostgresServer

    def open_database(self) -> str:
        self.name = f"simulation_{uuid.uuid4().hex}"
        return self.server.create(self.name, self.server.template("gateway", migrate_at))

    def drop_database(self) -> None:
        if hasattr(self, "name"):
            self.server.drop(self.name)


if os.environ.get("SYNCLINE_TEST_POSTGRES") == "all":

    @pytest.mark.postgres
    class TestPeopleComeAndGoOnPostgresql(OnPostgresql.TestCase):  # type: ignore[misc, valid-type]
        settings = SETTINGS

        @pytest.fixture(autouse=True)
        def _server(self, postgres_server: PostgresServer) -> None:
            OnPostgresql.server = postgres_server
