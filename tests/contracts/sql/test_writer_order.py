"""Who waits for whom at the Writer: those who write together, the patient, and whoever gives way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import event

from syncline.sql.engines import open_engine
from syncline.sql.writer import A_CROWD, A_MOMENT, MOMENTS, MOST_BEFORE, Writer, _Waiting
from tests.support.ledger_tables import Do, OpenAccount
from tests.support.ledger_worlds import Gate, SqlWorld, held, sql_world
from tests.support.patience import PATIENCE_SECONDS


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[SqlWorld]:
    async with sql_world(database_url) as opened:
        yield opened


async def test_on_sqlite_a_crowd_that_was_answered_together_is_written_together_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sql_world(f"sqlite:///{tmp_path}/ledger.db") as world:
        monkeypatch.setattr("syncline.sql.writer.A_MOMENT", PATIENCE_SECONDS)
        await world.together(*(Do(lambda _rows: None) for _ in range(A_CROWD)))
        commits: list[int] = []
        event.listen(world.engine, "commit", lambda _connection: commits.append(1))

        first = asyncio.ensure_future(world.submit(OpenAccount("a", "Anna")))
        for _ in range(100):  # the writer takes it meanwhile
            await asyncio.sleep(0)
        names = [str(number) for number in range(A_CROWD - 1)]
        others = [asyncio.ensure_future(world.submit(OpenAccount(name, name))) for name in names]
        await asyncio.wait_for(asyncio.gather(first, *others), PATIENCE_SECONDS)

        assert [1] == commits


async def test_a_crowd_that_comes_one_by_one_is_waited_for_some_moments_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sql_world(f"sqlite:///{tmp_path}/ledger.db") as world:
        await world.together(*(Do(lambda _rows: None) for _ in range(10 * MOMENTS)))
        loop = asyncio.get_running_loop()
        others = iter([loop.create_future() for _ in range(10 * MOMENTS)])
        waited: list[float] = []

        def one_more_comes(writer: Writer, seconds: float, *, until: int) -> None:
            waited.append(seconds)
            writer._queue.put(_Waiting(Do(lambda _rows: None), next(others), loop, patient=False))

        monkeypatch.setattr(Writer, "_doze", one_more_comes)
        await asyncio.wait_for(world.submit(OpenAccount("a", "Anna")), PATIENCE_SECONDS)

        assert [A_MOMENT] * MOMENTS == waited


@pytest.mark.postgres
async def test_on_postgresql_nobody_waits_for_a_crowd(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncline.sql.writer.A_MOMENT", 10 * PATIENCE_SECONDS)
    async with sql_world(postgres_url) as world:
        await world.together(*(Do(lambda _rows: None) for _ in range(A_CROWD)))
        assert "a" == await asyncio.wait_for(world.submit(OpenAccount("a", "Anna")), PATIENCE_SECONDS)


async def test_who_does_not_come_again_is_waited_for_a_moment_only(world: SqlWorld) -> None:
    await world.together(*(Do(lambda _rows: None) for _ in range(A_CROWD)))

    assert "a" == await asyncio.wait_for(world.submit(OpenAccount("a", "Anna")), PATIENCE_SECONDS)


async def test_of_a_few_nobody_waits_for_another(world: SqlWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncline.sql.writer.A_MOMENT", 10 * PATIENCE_SECONDS)
    await world.together(*(Do(lambda _rows: None) for _ in range(A_CROWD - 1)))
    for name in ("a", "b", "c"):
        assert name == await asyncio.wait_for(world.submit(OpenAccount(name, name)), PATIENCE_SECONDS)


async def test_a_patient_command_lets_those_go_first_who_came_after_it(world: SqlWorld) -> None:
    written: list[str] = []

    def note(name: str) -> Do:
        return Do(lambda _rows: written.append(name))

    async with held(world.writer):
        tasks = [
            asyncio.ensure_future(world.writer.submit(note(name), patient=name.startswith("patient")))
            for name in ("patient 1", "patient 2", "first", "second")
        ]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)

    assert ["first", "second", "patient 1", "patient 2"] == written


async def test_a_patient_command_has_its_turn_although_there_is_always_somebody_who_writes(
    database_url: str,
) -> None:
    written: list[str] = []

    def note(name: str) -> Do:
        return Do(lambda _rows: written.append(name))

    engine = open_engine(database_url)
    async with Writer(engine, max_batch=1) as writer:
        async with held(writer):
            tasks = [asyncio.ensure_future(writer.submit(note("patient"), patient=True))]
            tasks += [asyncio.ensure_future(writer.submit(note("other"))) for _ in range(3 * MOST_BEFORE)]
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
    engine.dispose()

    assert MOST_BEFORE == written.index("patient")


async def test_no_patient_command_waits_for_ever_however_short_its_wait(
    world: SqlWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CPython 3.11 takes a wait that has ended too early, as a tiny one does, for one without an end."""
    waits = (left for number in range(1, 400) for left in (number * 1e-9, 0.0))
    monkeypatch.setattr(Writer, "_others_have", lambda _writer: next(waits, 0.0))
    for _ in range(400):
        patient = world.writer.submit(Do(lambda _rows: None), patient=True)
        await asyncio.wait_for(patient, PATIENCE_SECONDS)


async def test_whoever_comes_while_a_patient_command_waits_is_written_at_once(
    world: SqlWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncline.sql.writer.PATIENCE", 10 * PATIENCE_SECONDS)
    monkeypatch.setattr("syncline.sql.writer.ANSWERED", 10 * PATIENCE_SECONDS)
    await world.writer.submit(Do(lambda _rows: None))
    patient = asyncio.ensure_future(world.writer.submit(Do(lambda _rows: None), patient=True))
    for _ in range(20):
        await asyncio.wait_for(world.writer.submit(Do(lambda _rows: None)), PATIENCE_SECONDS)
        if patient.done():
            break  # its turn has come, after MOST_BEFORE others
    await asyncio.wait_for(patient, PATIENCE_SECONDS)


async def test_patient_commands_are_written_each_by_itself(world: SqlWorld) -> None:
    commits: list[int] = []
    async with held(world.writer):
        event.listen(world.engine, "commit", lambda _connection: commits.append(1))
        tasks = [
            asyncio.ensure_future(world.writer.submit(OpenAccount(str(number), f"n{number}"), patient=True))
            for number in range(3)
        ]
        await asyncio.sleep(0)
    assert ["0", "1", "2"] == list(await asyncio.gather(*tasks))

    assert len(commits) == 1 + 3  # the one that held up the writer, and one for each


async def test_what_was_patient_is_written_before_the_writer_ends(database_url: str) -> None:
    async with sql_world(database_url) as world:
        async with held(world.writer):
            patient = asyncio.ensure_future(world.writer.submit(OpenAccount("p", "Pat"), patient=True))
            other = asyncio.ensure_future(world.writer.submit(OpenAccount("a", "Anna")))
            await asyncio.sleep(0)
            closing = asyncio.ensure_future(world.writer.close())
            await asyncio.sleep(0)
        assert ["p", "a"] == list(await asyncio.gather(patient, other))
        await closing


async def test_way_is_given_to_whoever_waits_for_a_write(
    world: SqlWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncline.sql.writer.LONGEST_WAY", PATIENCE_SECONDS)
    async with held(world.writer):
        giving = asyncio.ensure_future(world.writer.give_way())
        for _ in range(10):
            await asyncio.sleep(0)
        assert not giving.done()

    await giving
    assert 0 == world.writer.unanswered


async def test_no_way_is_given_to_the_patient(world: SqlWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncline.sql.writer.LONGEST_WAY", PATIENCE_SECONDS)
    gate = Gate()
    patient = asyncio.ensure_future(world.writer.submit(gate, patient=True))
    await asyncio.to_thread(gate.entered.wait, PATIENCE_SECONDS)

    await world.writer.give_way()
    assert not patient.done()

    gate.opened.set()
    await patient
