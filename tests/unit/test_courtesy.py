"""Threads whose work can wait let those go first who are in a hurry, and come to their own end all the same."""

from __future__ import annotations

import asyncio
import threading
from contextvars import Context
from pathlib import Path

import pytest
from sqlalchemy import text

from syncline import courtesy
from syncline.courtesy import after_them, after_you, in_a_hurry, one_by_one
from syncline.sql.engines import open_engine
from syncline.sql.reader import Reader
from tests.support.patience import PATIENCE_SECONDS


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courtesy, "LONGEST", PATIENCE_SECONDS)
    monkeypatch.setattr(courtesy, "OFTEN", 0.0)


def waited(monkeypatch: pytest.MonkeyPatch, *, longest: float) -> list[float]:
    """Let nobody wait longer than that; returns when somebody began to, as it comes to be."""
    begun: list[float] = []
    wait = courtesy._wait

    def noted(now: float) -> None:
        begun.append(now)
        wait(now)

    monkeypatch.setattr(courtesy, "LONGEST", longest)
    monkeypatch.setattr(courtesy, "_wait", noted)
    return begun


async def test_a_thread_waits_until_nobody_is_in_a_hurry() -> None:
    begun = threading.Event()

    def work() -> bool:
        begun.set()
        after_you()
        return in_a_hurry.count == 0

    with in_a_hurry:
        with in_a_hurry:
            working = asyncio.get_running_loop().run_in_executor(None, work)
            assert begun.wait(PATIENCE_SECONDS)
        assert not working.done()

    assert await working


async def test_a_thread_that_has_waited_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = waited(monkeypatch, longest=0.0)
    monkeypatch.setattr(courtesy, "TURN", PATIENCE_SECONDS)

    def work() -> int:
        after_you()
        after_you()
        return len(waits)

    with in_a_hurry:
        assert 1 == await asyncio.get_running_loop().run_in_executor(None, work)


async def test_the_event_loop_does_not_wait_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = waited(monkeypatch, longest=0.0)
    with in_a_hurry:
        Context().run(after_you)

    assert [] == waits


async def test_what_is_read_in_a_hurry_does_not_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = waited(monkeypatch, longest=0.0)
    engine = open_engine(f"sqlite:///{tmp_path}/any.db")
    reader = Reader(engine)
    with in_a_hurry:
        found = await reader.scan(lambda connection: connection.execute(text("SELECT 1")).scalar_one())
        reading = asyncio.create_task(reader.scan(lambda _connection: 2), context=Context())
        assert (1, 2) == (found, await reading)
    await reader.close()
    engine.dispose()

    assert 1 == len(waits)  # that of the reading in no hurry


async def test_a_thread_that_asks_lets_the_system_run_another_one_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times: list[None] = []
    monkeypatch.setattr(courtesy, "let_others_run", lambda: times.append(None))

    def work(often: float) -> int:
        monkeypatch.setattr(courtesy, "OFTEN", often)
        times.clear()
        for _ in range(10):
            after_you()
        return len(times)

    assert [10, 1] == [await asyncio.to_thread(work, 0.0), await asyncio.to_thread(work, PATIENCE_SECONDS)]


async def test_whoever_takes_things_one_by_one_asks_before_each(monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[None] = []
    monkeypatch.setattr(courtesy, "let_others_run", lambda: times.append(None))

    assert ["a", "b", "c"] == await asyncio.to_thread(list, one_by_one("abc"))
    assert 3 == len(times)


async def test_the_event_loop_goes_on_with_what_can_wait_once_nobody_is_in_a_hurry() -> None:
    with in_a_hurry:
        waiting = asyncio.ensure_future(after_them())
        for _ in range(5):
            await asyncio.sleep(0)
        assert not waiting.done()

    await asyncio.wait_for(waiting, PATIENCE_SECONDS / 2)


async def test_a_hurry_without_an_end_keeps_nobody_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courtesy, "LONGEST", 0.0)
    with in_a_hurry:
        await asyncio.wait_for(after_them(), PATIENCE_SECONDS)
        assert 1 == in_a_hurry.count


def test_an_error_ends_a_hurry() -> None:
    with pytest.raises(ValueError, match="broken"), in_a_hurry:
        raise ValueError("broken")
    assert 0 == in_a_hurry.count
