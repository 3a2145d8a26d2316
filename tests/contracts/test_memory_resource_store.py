"""The store in memory keeps the promises of every store."""

from __future__ import annotations

import pytest

from syncline.clock import ManualClock
from syncline.scim.errors import TooMany
from syncline.scimserver import ResourceStore
from syncline.scimserver.memory import MemoryStore
from tests.contracts.resource_store import GroupStoreContract, UserStoreContract


class TestMemoryStore(UserStoreContract, GroupStoreContract):
    @pytest.fixture
    async def store(self) -> ResourceStore:
        return MemoryStore(clock=ManualClock())

    async def test_an_unbounded_scan_is_refused_and_a_look_up_is_not(self) -> None:
        store = MemoryStore(clock=ManualClock(), scan_limit=2)
        for name in ("a", "b", "c"):
            await self.add_user(store, name)
        with pytest.raises(TooMany):
            await self.find(store, 'title eq "x"')
        assert (await self.find(store, 'userName eq "b"')).total_results == 1
        assert (await self.find(store, None)).total_results == 3

    async def test_the_clock_dates_every_change(self) -> None:
        clock = ManualClock(1_000)
        store = MemoryStore(clock=clock)
        created = await self.add_user(store, "ada")
        await clock.advance(500)
        operations = {"op": "replace", "path": "title", "value": "x"}
        changed = await self.patch_user(store, created.id, operations)
        assert (changed.created_at, changed.modified_at) == (1_000, 1_500)
