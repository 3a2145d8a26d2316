"""What the Writer promises on each database, troubles included."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from syncline.sql.engines import is_sqlite, open_engine
from syncline.sql.errors import RowConflict, RowRejected, StoreBusy, StoreUnavailable
from syncline.sql.journey import Journey
from syncline.sql.rows import Need, Rows
from syncline.sql.statements import (
    ArrayLookup,
    ArrayStatement,
    SqliteInsert,
    SqliteLookup,
    SqliteStatement,
    Statement,
)
from syncline.sql.writer import Writer
from tests.support.ledger_tables import TENANT, Book, Do, OpenAccount, accounts, entries, metadata
from tests.support.ledger_worlds import SqlWorld, held, sql_world, submit_together
from tests.support.patience import PATIENCE_SECONDS


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[SqlWorld]:
    async with sql_world(database_url) as opened:
        yield opened


@contextmanager
def failing_commits(engine: Engine, times: int) -> Iterator[None]:
    """Let the next commits fail as they do on a broken disk."""
    left = [times]

    def fail() -> None:
        if left[0]:
            left[0] -= 1
            raise OperationalError("COMMIT", None, sqlite3.OperationalError("disk I/O error"))

    def fail_journey(journey: Journey, *, commit: bool) -> None:
        if commit:
            fail()
        go(journey, commit=commit)

    def fail_commit(_connection: Any) -> None:
        fail()

    go = Journey.go
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journey, "go", fail_journey)
        event.listen(engine, "commit", fail_commit)
        try:
            yield
        finally:
            event.remove(engine, "commit", fail_commit)


async def test_nobody_is_answered_before_the_commit(world: SqlWorld) -> None:
    reached, allowed = threading.Event(), threading.Event()

    def wait_to_commit(_connection: Any) -> None:
        reached.set()
        assert allowed.wait(PATIENCE_SECONDS)

    event.listen(world.engine, "commit", wait_to_commit)
    task = asyncio.ensure_future(world.submit(OpenAccount("a", "Anna")))
    await asyncio.to_thread(reached.wait, PATIENCE_SECONDS)
    for _ in range(10):
        await asyncio.sleep(0)
    assert not task.done()
    assert 1 == world.writer.unanswered
    allowed.set()
    assert await task == "a"
    assert 0 == world.writer.unanswered


async def test_what_waits_together_is_committed_together(world: SqlWorld) -> None:
    commits: list[int] = []
    commands = [OpenAccount(str(number), f"n{number}") for number in range(100)]
    async with held(world.writer):
        event.listen(world.engine, "commit", lambda _connection: commits.append(1))
        tasks = [asyncio.ensure_future(world.submit(command)) for command in commands]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert len(commits) == 2  # the one that held up the writer, and all the others
    assert len(await world.all(accounts)) == 100


async def test_a_batch_is_not_larger_than_it_may_be(database_url: str) -> None:
    engine = open_engine(database_url)
    metadata.create_all(engine)
    commits: list[int] = []
    async with Writer(engine, max_batch=10) as writer:
        async with held(writer):
            event.listen(engine, "commit", lambda _connection: commits.append(1))
            tasks = [
                asyncio.ensure_future(writer.submit(OpenAccount(str(number), f"n{number}")))
                for number in range(25)
            ]
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
    engine.dispose()
    assert len(commits) == 1 + 3


WRITES: tuple[Any, ...] = (SqliteStatement, SqliteInsert, ArrayStatement)
LOOKUPS: tuple[Any, ...] = (SqliteLookup, ArrayLookup)


def noted_statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that takes the first word of every statement that batches give to the driver."""
    written: list[str] = []

    def noting(do: Any) -> Any:
        def note(statement: Statement, *given: Any) -> Any:
            written.append(statement.text.split()[0])
            return do(statement, *given)

        return note

    for kind in WRITES:
        monkeypatch.setattr(kind, "execute", noting(kind.execute))
    for kind in LOOKUPS:
        monkeypatch.setattr(kind, "ask", noting(kind.ask))
    return written


async def test_one_flush_writes_a_batch_with_one_statement_per_table_and_kind(
    world: SqlWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.together(*(OpenAccount(str(number), f"n{number}") for number in range(20)))
    written = noted_statements(monkeypatch)
    async with held(world.writer):
        tasks = [asyncio.ensure_future(world.submit(Book(str(number), number, 5))) for number in range(20)]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    reading = "WITH" if is_sqlite(world.engine) else "SELECT"
    assert sorted(written) == sorted(["INSERT", "UPDATE", reading])


async def test_parents_and_children_go_together_in_one_flush(
    world: SqlWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.together(*(OpenAccount(str(number), f"n{number}") for number in range(5)))
    await world.together(*(Book(str(number), number, 5) for number in range(5)))

    def close(number: int) -> Do:
        def apply(rows: Rows) -> None:
            rows.delete(accounts, TENANT, str(number))
            rows.delete(entries, TENANT, number)

        return Do(apply)

    written = noted_statements(monkeypatch)
    assert await world.together(*(close(number) for number in range(5))) == [None] * 5
    assert written.count("DELETE") == 2
    assert await world.all(accounts) == []


async def test_a_failed_commit_fails_all_who_wait_and_keeps_nothing(world: SqlWorld) -> None:
    commands = [OpenAccount("a", "Anna"), OpenAccount("b", "Bert")]
    with failing_commits(world.engine, times=2):  # in one batch or in two
        outcomes = await asyncio.gather(
            *(world.submit(command) for command in commands), return_exceptions=True
        )
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 2
    assert await world.all(accounts) == []


async def test_the_writer_works_again_after_the_trouble_is_over(world: SqlWorld) -> None:
    with failing_commits(world.engine, times=1), pytest.raises(StoreUnavailable, match="OperationalError"):
        await world.submit(OpenAccount("a", "Anna"))
    assert await world.submit(OpenAccount("a", "Anna")) == "a"
    assert len(await world.all(accounts)) == 1


@contextmanager
def failing_savepoints(engine: Engine, failure: Exception) -> Iterator[None]:
    """Let savepoints fail in the driver."""

    def fail(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("SAVEPOINT"):
            raise OperationalError(statement, None, failure)

    event.listen(engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", fail)


async def test_on_sqlite_a_batch_holds_the_write_lock_before_it_reads(tmp_path: Path) -> None:
    """A transaction that reads first and locks later may find that what it read is out of date."""
    async with sql_world(f"sqlite:///{tmp_path}/ledger.db") as world, held(world.writer):
        other = sqlite3.connect(tmp_path / "ledger.db", timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


async def test_a_full_disk_fails_all_and_writing_goes_on_when_there_is_room(tmp_path: Path) -> None:
    async with sql_world(f"sqlite:///{tmp_path}/ledger.db") as world:
        limit = 40
        event.listen(
            world.engine,
            "begin",
            lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count={limit}"),
        )
        long = "x" * 500_000
        outcomes = await world.together(OpenAccount("a", "Anna"), OpenAccount("b", long))
        assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 2
        assert "SQLITE_FULL" in str(outcomes[0])
        assert await world.all(accounts) == []
        limit = 10_000
        assert await world.together(OpenAccount("a", "Anna"), OpenAccount("b", long)) == ["a", "b"]


@pytest.mark.parametrize(("deadlocks", "expected"), [(4, str), (5, StoreUnavailable)])
async def test_a_batch_in_a_deadlock_is_tried_five_times(
    world: SqlWorld, deadlocks: int, expected: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [deadlocks]

    def failing_first(execute: Any) -> Any:
        def fail_first(statement: Statement, *given: Any) -> None:
            if left[0]:
                left[0] -= 1
                raise OperationalError(statement.text, None, DeadlockDetected())
            execute(statement, *given)

        return fail_first

    for kind in WRITES:
        monkeypatch.setattr(kind, "execute", failing_first(kind.execute))
    outcomes = await world.together(OpenAccount("a", "Anna"), OpenAccount("b", "Bert"))
    assert [type(outcome) for outcome in outcomes] == [expected] * 2
    assert len(await world.all(accounts)) == (2 if expected is str else 0)


async def test_trouble_while_the_guilty_is_sought_fails_all(world: SqlWorld) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    broken = sqlite3.OperationalError("disk I/O error")
    with failing_savepoints(world.engine, broken):
        outcomes = await world.together(OpenAccount("b", "Bert"), OpenAccount("a", "Alma"))
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 2
    assert [row["id"] for row in await world.all(accounts)] == ["a"]


async def test_an_event_loop_that_ended_unanswered_does_not_stop_the_writer(world: SqlWorld) -> None:
    def submit_and_end() -> None:
        loop = asyncio.new_event_loop()
        task = loop.create_task(world.submit(OpenAccount("a", "Anna")))
        loop.run_until_complete(asyncio.sleep(0))
        task.cancel()
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        loop.close()

    async with held(world.writer):
        await asyncio.to_thread(submit_and_end)
    assert await world.submit(OpenAccount("b", "Bert")) == "b"
    assert [row["id"] for row in await world.all(accounts)] == ["a", "b"]


async def test_a_value_the_database_cannot_hold_fails_only_its_own_command(world: SqlWorld) -> None:
    outcomes = await world.together(
        OpenAccount("a", "Anna"),
        OpenAccount("b", "lone surrogate \ud800"),
        Do(lambda rows: rows.get(accounts, TENANT, "\ud800"), [Need(accounts, ("tenant_id",), ("\ud800",))]),
        Do(lambda rows: rows.get(accounts, TENANT, "\ud800")),
        OpenAccount("c", "Cleo"),
    )
    assert [type(outcome) for outcome in outcomes] == [str, RowRejected, RowRejected, RowRejected, str]
    assert [row["id"] for row in await world.all(accounts)] == ["a", "c"]


async def test_a_number_the_database_cannot_hold_fails_only_its_own_command(world: SqlWorld) -> None:
    await world.submit(OpenAccount("a", "Anna"))
    outcomes = await world.together(Book("a", 1, 5), Book("a", 2, 2**70), Book("a", 3, 7))
    # The third counted on the second, so it was run again without it.
    assert [5, RowRejected, 12] == [outcomes[0], type(outcomes[1]), outcomes[2]]
    assert [row["seq"] for row in await world.all(entries)] == [1, 3]


async def test_a_refusal_swallowed_by_its_command_still_fails_it(world: SqlWorld) -> None:
    def swallow(rows: Rows) -> str:
        with suppress(Exception):
            rows.get(entries, TENANT, 2**70)
        with suppress(Exception):
            rows.get(entries, TENANT, 1)
        return "nothing happened"

    outcomes = await world.together(Do(swallow), OpenAccount("a", "Anna"))
    assert [type(outcome) for outcome in outcomes] == [RowRejected, str]


async def test_a_missing_parent_is_a_conflict(world: SqlWorld) -> None:
    orphan = {"tenant_id": TENANT, "seq": 1, "account_id": "nobody", "amount": 5}
    outcomes = await world.together(OpenAccount("a", "Anna"), Do(lambda rows: rows.insert(entries, orphan)))
    assert [type(outcome) for outcome in outcomes] == [str, RowConflict]
    assert await world.all(entries) == []


async def test_a_parent_with_children_cannot_be_deleted(world: SqlWorld) -> None:
    await world.together(OpenAccount("a", "Anna"), Book("a", 1, 5))
    outcomes = await world.together(
        Do(lambda rows: rows.delete(accounts, TENANT, "a")), OpenAccount("b", "Bert")
    )
    assert [type(outcome) for outcome in outcomes] == [RowConflict, str]
    assert [row["id"] for row in await world.all(accounts)] == ["a", "b"]


async def test_a_full_queue_is_busy_and_takes_nothing(database_url: str) -> None:
    engine = open_engine(database_url)
    metadata.create_all(engine)
    async with Writer(engine, max_waiting=2) as writer:
        async with held(writer):
            tasks = [
                asyncio.ensure_future(writer.submit(OpenAccount(name, name))) for name in ("a", "b", "c")
            ]
            await asyncio.sleep(0)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [str, str, StoreBusy]
        assert await writer.submit(OpenAccount("d", "d")) == "d"
    engine.dispose()


async def test_closing_writes_what_waits_and_refuses_what_comes(database_url: str) -> None:
    engine = open_engine(database_url)
    metadata.create_all(engine)
    writer = Writer(engine, max_batch=3)
    writer.start()
    async with held(writer):
        tasks = [asyncio.ensure_future(writer.submit(OpenAccount(str(n), str(n)))) for n in range(10)]
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(writer.close())
        await asyncio.sleep(0)
        with pytest.raises(StoreUnavailable):
            await writer.submit(OpenAccount("late", "late"))
    await closing
    assert all(task.done() for task in tasks)
    assert [await task for task in tasks] == [str(number) for number in range(10)]
    await writer.close()
    engine.dispose()


async def test_a_writer_that_was_not_started_says_so(database_url: str) -> None:
    engine = open_engine(database_url)
    writer = Writer(engine)
    with pytest.raises(StoreUnavailable, match="not running"):
        await writer.submit(OpenAccount("a", "Anna"))
    await writer.close()
    engine.dispose()


async def test_a_caller_who_goes_away_leaves_his_command_and_his_neighbours(world: SqlWorld) -> None:
    async with held(world.writer):
        leaving = asyncio.ensure_future(world.submit(OpenAccount("a", "Anna")))
        staying = asyncio.ensure_future(world.submit(OpenAccount("b", "Bert")))
        await asyncio.sleep(0)
        leaving.cancel()
    assert await staying == "b"
    assert leaving.cancelled()
    assert [row["id"] for row in await world.all(accounts)] == ["a", "b"]


async def test_an_exception_no_future_can_carry_reaches_its_caller_as_another(world: SqlWorld) -> None:
    def stop(_rows: Rows) -> None:
        raise StopIteration

    with pytest.raises(RuntimeError, match="StopIteration"):
        await world.submit(Do(stop))


async def test_a_command_that_ends_the_thread_ends_nothing(world: SqlWorld) -> None:
    def leave(_rows: Rows) -> None:
        raise SystemExit

    with pytest.raises(StoreUnavailable, match="SystemExit"):
        await world.submit(Do(leave))
    assert await world.submit(OpenAccount("a", "Anna")) == "a"


async def test_a_writer_serves_several_event_loops(world: SqlWorld) -> None:
    def elsewhere() -> list[Any]:
        async def submit() -> list[Any]:
            return await asyncio.gather(
                *(world.submit(OpenAccount(f"e{number}", f"e{number}")) for number in range(20))
            )

        return asyncio.run(submit())

    here = asyncio.gather(*(world.submit(OpenAccount(f"h{number}", f"h{number}")) for number in range(20)))
    there, near = await asyncio.gather(asyncio.to_thread(elsewhere), here)
    assert len(await world.all(accounts)) == len(there) + len(near) == 40


@pytest.mark.parametrize("order", ["same", "opposite"])
async def test_two_programs_that_write_the_same_rows_lose_nothing(database_url: str, order: str) -> None:
    """On SQLite they wait for each other's file lock; on PostgreSQL for rows, sometimes in a deadlock."""
    names = [f"a{number}" for number in range(6)]
    async with sql_world(database_url) as one, sql_world(database_url) as other:
        await one.together(*(OpenAccount(name, name) for name in names))

        def add(name: str, second: str) -> Do:
            def apply(rows: Rows) -> None:
                for each in (name, second):
                    row = rows.get(accounts, TENANT, each)
                    assert row is not None
                    rows.update(accounts, (TENANT, each), balance=row["balance"] + 1)

            return Do(apply)

        pairs = list(zip(names, names[1:] + names[:1], strict=True)) * 20
        reverse = [(second, first) for first, second in reversed(pairs)]
        await asyncio.gather(
            *(one.submit(add(*pair)) for pair in pairs),
            *(other.submit(add(*pair)) for pair in (pairs if order == "same" else reverse)),
        )
        assert [row["balance"] for row in await one.all(accounts)] == [80] * 6


async def test_a_batch_runs_again_when_another_program_took_the_name_meanwhile(database_url: str) -> None:
    async with sql_world(database_url) as one, sql_world(database_url) as other:

        def claim(rows: Rows) -> str:
            taken = rows.find(accounts, tenant_id=TENANT, name="Anna")
            if not taken:
                rows.insert(accounts, {"tenant_id": TENANT, "id": "mine", "name": "Anna"})
            return "taken" if taken else "mine"

        outcomes = await asyncio.gather(
            *(one.submit(Do(claim)) for _ in range(20)), *(other.submit(Do(claim)) for _ in range(20))
        )
        assert sorted(outcomes) == ["mine"] + ["taken"] * 39
        assert len(await one.all(accounts)) == 1


async def test_no_message_and_no_log_line_holds_a_value(
    world: SqlWorld, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "s3cret"
    await world.submit(OpenAccount(secret, secret))
    outcomes = await submit_together(
        world.writer,
        OpenAccount("b", secret),
        OpenAccount(f"{secret}\ud800", "x"),
        Do(lambda rows: rows.insert(entries, {"tenant_id": TENANT, "seq": 1, "account_id": f"{secret}2"})),
    )
    shown = [f"{outcome!r} {outcome.__cause__!r} {outcome.__context__!r}" for outcome in outcomes]
    assert secret not in "".join([*shown, caplog.text])
