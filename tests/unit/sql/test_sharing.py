from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

import pytest

from syncline.sql.sharing import SharedReads


class Shelf:
    """What is read from: it answers when told to, with what is there when a read begins."""

    def __init__(self) -> None:
        self.there = {"a": 1, "b": 2}
        self.asked: list[set[str]] = []
        self.is_asked = asyncio.Event()
        self.answer = asyncio.Event()
        self.trouble: Exception | None = None

    async def read(self, keys: Collection[str]) -> Mapping[str, int]:
        self.asked.append(set(keys))
        self.is_asked.set()
        found = {key: self.there[key] for key in keys if key in self.there}
        await self.answer.wait()
        if self.trouble is not None:
            raise self.trouble
        return found


async def test_all_who_ask_at_once_share_one_read() -> None:
    shelf = Shelf()
    shelf.answer.set()
    shared = SharedReads(shelf.read)
    found = await asyncio.gather(*(shared.get(key) for key in ("a", "b", "a", "c")))
    assert (found, shelf.asked) == ([1, 2, 1, None], [{"a", "b", "c"}])


async def test_who_asks_while_a_read_is_out_sees_what_changed_before_he_asked() -> None:
    shelf = Shelf()
    shared = SharedReads(shelf.read)
    early = asyncio.create_task(shared.get("a"))
    await shelf.is_asked.wait()
    shelf.there["a"] = 3
    late = [asyncio.create_task(shared.get("a")) for _ in range(2)]
    await asyncio.sleep(0)
    shelf.answer.set()
    assert (await early, await late[0], await late[1], shelf.asked) == (1, 3, 3, [{"a"}, {"a"}])


async def test_trouble_reaches_all_who_share_the_read_and_nobody_after_them() -> None:
    shelf = Shelf()
    shelf.answer.set()
    shelf.trouble = OSError("the line is down")
    shared = SharedReads(shelf.read)
    found = await asyncio.gather(shared.get("a"), shared.get("b"), return_exceptions=True)
    assert [str(each) for each in found] == ["the line is down"] * 2
    shelf.trouble = None
    assert await shared.get("a") == 1


async def test_who_goes_away_does_not_take_the_read_with_him() -> None:
    shelf = Shelf()
    shared = SharedReads(shelf.read)
    gone, stays = (asyncio.create_task(shared.get("a")) for _ in range(2))
    await shelf.is_asked.wait()
    gone.cancel()
    await asyncio.sleep(0)
    shelf.answer.set()
    assert await stays == 1
    with pytest.raises(asyncio.CancelledError):
        await gone
