"""What happens in a company: random but reproducible joiners, movers and leavers, and looks into an application."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from syncline.rehearsal import CycleResult, Directory, DirectoryUser, Leaving
from syncline.rehearsal.simulator import Simulator
from syncline.scimserver.memory import MemoryStore
from tests.integration.rehearsal.recording_server import TOKEN, recording_application
from tests.support.scim import TOKEN as STORE_TOKEN
from tests.support.scim import Client, scim_application
from tests.support.serving import serve

Document = dict[str, Any]


@dataclass(frozen=True)
class Held:
    """What an application holds: users by id, and the members of each group by its displayName."""

    users: dict[str, Document]
    members: dict[str, set[str]]


@dataclass(frozen=True)
class Target:
    """An application under provisioning, and a way to look into it."""

    base_url: str
    token: str
    look: Callable[[], Any]


@contextlib.asynccontextmanager
async def recording_target() -> AsyncIterator[Target]:
    async with recording_application() as application:

        async def look() -> Held:
            members = {
                name: {member["value"] for member in group.get("members", ())}
                for name, group in application.groups.items()
            }
            return Held(dict(application.shelves["Users"]), members)

        yield Target(application.base_url, TOKEN, look)


@contextlib.asynccontextmanager
async def store_target() -> AsyncIterator[Target]:
    """Serve the product's own SCIM endpoints over its store in memory."""
    endpoints = scim_application(MemoryStore())
    client = Client(endpoints)

    async def look() -> Held:
        users = (await client.get("/Users?count=200")).document
        groups = (await client.get("/Groups?count=200")).document["Resources"]
        assert users["totalResults"] <= 200
        details = [(await client.get(f"/Groups/{group['id']}")).document for group in groups]
        members = {d["displayName"]: {member["value"] for member in d.get("members", ())} for d in details}
        return Held({user["id"]: user for user in users["Resources"]}, members)

    async with serve(endpoints) as base_url:
        yield Target(base_url, STORE_TOKEN, look)


class Life:
    """Random but reproducible joiners, movers and leavers."""

    def __init__(self, company: Directory, seed: int) -> None:
        self.company = company
        self.rng = Random(seed)
        self.events = (
            self.join,
            self.rename,
            self.move,
            self.change_role,
            self.edit,
            self.clear,
            self.leave,
            self.come_back,
            self.purge,
            self.regroup,
            self.regroup_application,
        )

    def live(self, events: int) -> None:
        for _ in range(events):
            self.rng.choice(self.events)()

    def anybody(self) -> DirectoryUser:
        return self.rng.choice([user for user in self.company.people() if user.deleted_at is None])

    def join(self) -> None:
        department = self.rng.choice(["Sales", "Marketing", "Support"])
        self.company.join(
            department=department, manager=self.anybody(), role=self.rng.choice(["", "User", None])
        )

    def rename(self) -> None:
        self.company.rename(self.anybody())

    def move(self) -> None:
        user, manager = self.anybody(), self.anybody()
        manager = manager if manager is not user else self.company.join(role="Manager")
        department = self.rng.choice(["Sales", "Marketing", "Operations"])
        self.company.move(
            user, department=department, job_title=f"Title {self.rng.random()}", manager=manager
        )

    def change_role(self) -> None:
        self.company.assign_role(self.anybody(), self.rng.choice(["User", "Manager", "Admin"]))

    def edit(self) -> None:
        number = f"+1 619 555 01{self.rng.randrange(100):02d}"
        self.company.edit(self.anybody(), **{self.rng.choice(["mobile", "fax_number", "office"]): number})

    def clear(self) -> None:
        self.company.edit(
            self.anybody(), **{self.rng.choice(["mobile", "street_address", "job_title"]): None}
        )

    def leave(self) -> None:
        self.company.leave(self.anybody(), self.rng.choice(list(Leaving)))

    def come_back(self) -> None:
        away = [user for user in self.company.people() if not user.active]
        if away:
            self.company.restore(self.rng.choice(away))

    def purge(self) -> None:
        binned = [user for user in self.company.people() if user.deleted_at is not None]
        if binned:
            self.company.purge(self.rng.choice(binned))

    def regroup(self) -> None:
        group = self.rng.choice(list(self.company.groups.values()))
        self.company.add_member(group, self.anybody())
        if group.members:
            self.company.remove_member(group, self.rng.choice(list(group.members)))

    def regroup_application(self) -> None:
        group = self.rng.choice(list(self.company.groups.values()))
        if group.object_id in self.company.assigned_groups:
            self.company.unassign_group(group)
        else:
            self.company.assign_group(group)


async def settle(simulator: Simulator) -> CycleResult:
    """Run incremental cycles until one is free of failures: a name handed on is a conflict for one cycle."""
    for _ in range(4):
        result = await simulator.incremental_cycle()
        if result.ok:
            return result
    raise AssertionError([f"{e.source.display_name} {e.code} {e.reason}" for e in result.failures])
