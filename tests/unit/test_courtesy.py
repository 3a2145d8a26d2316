"""Threads whose work can wait let those go first who are in a hurry, and come to their own end all the same."""

from __future__ import annotations

import asyncio
import threading

import pytest

from syncline import courtesy
from syncline.courtesy import after_you, in_a_hurry
from tests.support.patience import PATIENCE_SECONDS


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courtesy, "LONGEST", PATIENCE_SECONDS)


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
    monkeypatch.setattr(courtesy, "LONGEST", 0.0)
    monkeypatch.setattr(courtesy, "TURN", PATIENCE_SECONDS)

    def work() -> int:
        after_you()
        monkeypatch.setattr(courtesy, "LONGEST", 10 * PATIENCE_SECONDS)
        after_you()
        return in_a_hurry.count

    with in_a_hurry:
        assert 1 == await asyncio.to_thread(work)


async def test_the_event_loop_does_not_wait_for_itself() -> None:
    with in_a_hurry:
        after_you()
        assert 1 == in_a_hurry.count


def test_an_error_ends_a_hurry() -> None:
    with pytest.raises(ValueError, match="broken"), in_a_hurry:
        raise ValueError("broken")
    assert 0 == in_a_hurry.count
