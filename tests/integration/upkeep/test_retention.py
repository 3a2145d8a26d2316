"""The logs keep what they promise to keep, and letting go of the rest holds nobody up."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select

from syncline.clock import ManualClock
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Actor
from syncline.gateway.services.retention import CHUNK, DAY, MOST_WAITING, ReadLog, Retention
from syncline.gateway.services.upkeep import LogKind, Read
from syncline.gateway.store import logs as store_logs
from syncline.gateway.store.logs import SqlLogs
from syncline.gateway.store.removal import SqlRemoval
from syncline.gateway.store.setup import SqlSetup
from syncline.gateway.store.tables import calls, events, read_batches
from syncline.scimserver.store import Exchange
from syncline.sql.engines import open_engine
from syncline.sql.errors import StoreBusy
from syncline.sql.reader import Reader
from syncline.sql.sealing import Key, Sealer
from syncline.sql.writer import Writer
from tests.support.clock import LeapingClock
from tests.support.databases import new_gateway
from tests.support.patience import PATIENCE_SECONDS

ACME, OTHER = TenantId("acme"), TenantId("other")


@dataclass
class Place:
    engine: Engine
    writer: Writer
    reader: Reader
    setup: SqlSetup
    logs: SqlLogs
    clock: LeapingClock

    def insert(self, table: Any, rows: list[dict[str, Any]]) -> None:
        with self.engine.begin() as connection:
            connection.execute(insert(table), rows)

    def count(self, table: Any) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

    def count_reads(self) -> int:
        with self.engine.connect() as connection:
            return int(
                connection.execute(select(func.coalesce(func.sum(read_batches.c.count), 0))).scalar_one()
            )

    def retention(self, **days: int) -> Retention:
        kept = {LogKind(name): value for name, value in days.items()}
        return Retention(self.setup, self.logs, self.clock, kept, self.removal)

    @property
    def removal(self) -> SqlRemoval:
        return SqlRemoval(self.writer, self.reader)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    engine = open_engine(f"sqlite:///{new_gateway(tmp_path)}")
    reader, clock = Reader(engine), LeapingClock()
    async with Writer(engine) as writer:
        setup = SqlSetup(writer, reader, Sealer(Key(bytes(32))))
        for tenant in (ACME, OTHER):
            await setup.create_tenant(tenant, tenant, Actor("test", clock.now()))
        yield Place(engine, writer, reader, setup, SqlLogs(writer, reader), clock)
    await reader.close()
    engine.dispose()


def event(tenant: str, seq: int, at: int) -> dict[str, Any]:
    texts = {"correlation_id": "c", "kind": "user.created", "summary": "s", "detail": "{}"}
    return {"tenant_id": tenant, "seq": seq, "at": at, **texts}


def call(seq: int, at: int, purpose: str, status: int | None) -> dict[str, Any]:
    texts = {"channel": "api", "purpose": purpose, "delivery_key": "a@x", "correlation_id": "c"}
    return {"tenant_id": ACME, "seq": seq, "sent_at": at, "status": status, "doubted": False, **texts}


def read(at: int, number: int = 0) -> Read:
    return Read(
        at=at,
        correlation_id=f"{number:08}",
        operation="users.list",
        path="/scim/v2/Users",
        status=200,
        duration_us=700,
        client="192.0.2.1",
        user_agent="Azure AD",
    )


async def test_what_is_older_than_its_days_goes_and_the_rest_stays(place: Place) -> None:
    now = place.clock.now()
    ages = [401, 400.5, 399, 0]
    for tenant in (ACME, OTHER):
        place.insert(events, [event(tenant, n, int(now - age * DAY)) for n, age in enumerate(ages, 1)])

    assert 4 == await place.retention(events=400).purge()

    with place.engine.connect() as connection:
        left = connection.execute(select(events.c.tenant_id, events.c.seq).order_by(events.c.seq)).all()
    assert {(ACME, 3), (ACME, 4), (OTHER, 3), (OTHER, 4)} == set(left)


async def test_a_create_that_was_never_answered_stays_on_record(place: Place) -> None:
    old = place.clock.now() - 1000 * DAY
    place.insert(
        calls,
        [
            call(1, old, "users.create", 201),
            call(2, old, "users.create", None),
            call(3, old, "users.list", None),
        ],
    )

    assert 2 == await place.retention(calls=90).purge()

    with place.engine.connect() as connection:
        assert [2] == list(connection.execute(select(calls.c.seq)).scalars())


async def test_a_purge_takes_chunks_and_lets_others_write_between_them(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, total = place.clock.now() - 500 * DAY, 20 * CHUNK + 7
    place.insert(events, [event(ACME, n, old + n) for n in range(1, total + 1)])
    in_order = [read(old + n // 3, n) for n in range(total)]
    for start in range(0, total, 49):
        await place.logs.keep_reads({ACME: in_order[start : start + 49]})
    sizes: list[int] = []
    whole = store_logs.Forget

    def forget(table: Any, keys: tuple[tuple[Any, ...], ...]) -> Any:
        sizes.append(len(keys))
        return whole(table, keys)

    monkeypatch.setattr(store_logs, "Forget", forget)
    purging = asyncio.create_task(place.retention(events=400, reads=7).purge())
    between = 0
    while not purging.done():
        await place.setup.note_token_use("nobody", 1, None)
        between += 1
        await asyncio.sleep(0)

    assert 2 * total == await purging
    assert (0, 0) == (place.count(events), place.count_reads())
    assert max(sizes) <= CHUNK
    assert len(sizes) >= 40
    assert between > 20


async def test_reads_stay_as_long_as_one_of_those_written_with_them(place: Place) -> None:
    now = place.clock.now()
    await place.logs.keep_reads({ACME: [read(now - 7 * DAY - 2), read(now - 7 * DAY - 1)]})
    await place.logs.keep_reads({ACME: [read(now - 7 * DAY - 1), read(now - 7 * DAY)], OTHER: [read(now)]})

    assert 2 == await place.retention(reads=7).purge()

    assert [now - 7 * DAY, now - 7 * DAY - 1] == [
        each.at for each in await place.logs.reads(ACME, before=None, limit=10)
    ]
    assert 1 == len(await place.logs.reads(OTHER, before=None, limit=10))


async def test_a_purge_waits_between_two_chunks(place: Place) -> None:
    place.insert(events, [event(ACME, n, 1) for n in range(1, 4 * CHUNK + 1)])
    before = place.clock.now()

    await place.retention(events=400).purge()

    assert place.clock.now() - before >= 4 * 50


class Counted(Counter[str]):
    def __init__(self) -> None:
        super().__init__()
        self.told = asyncio.Event()

    def __call__(self, result: str, entries: int) -> None:
        self[result] += entries
        self.told.set()


def asked(number: int, *, opened: str | None = ACME) -> Exchange:
    return Exchange(f"{number:08}", client="192.0.2.1", method="GET", path="/scim/v2/Users", opened=opened)


async def test_reads_are_kept_and_writes_and_refusals_are_not(place: Place) -> None:
    counted = Counted()
    log = ReadLog(place.logs, place.clock, counted)
    log.note(asked(1), 200, 900, "users.list")
    log.note(asked(2), 404, 900, "groups.get")
    log.note(asked(3), 201, 900, "users.create")
    log.note(asked(4, opened=None), 401, 900, "users.list")
    log.note(asked(5), 200, 900, "discovery.schemas")

    await log.flush()

    kept = await place.logs.reads(ACME, before=None, limit=10)
    assert {("users.list", 200), ("groups.get", 404), ("discovery.schemas", 200)} == {
        (each.operation, each.status) for each in kept
    }
    assert {"kept": 3} == counted
    assert [] == await place.logs.reads(OTHER, before=None, limit=10)


@pytest.mark.parametrize("limit", [1, 2, 7, 500])
async def test_every_read_is_on_one_page_whatever_came_in_its_millisecond(place: Place, limit: int) -> None:
    rng = Random(limit)
    written: list[Read] = []
    at = 0
    while len(written) < 60:
        batch: list[Read] = []
        for _ in range(rng.choice([1, 3, 9])):
            at += rng.choice([0, 0, 1])
            batch.append(read(at, len(written) + len(batch)))
        await place.logs.keep_reads({ACME: batch, OTHER: [read(at, len(written))]})
        written += batch

    pages: list[list[Read]] = []
    before = None
    while page := await place.logs.reads(ACME, before=before, limit=limit):
        pages.append(page)
        before = page[-1].at

    shown = [each for page in pages for each in page]
    assert sorted(written, key=lambda each: (-each.at, each.correlation_id)) == shown
    assert all(len(page) >= limit for page in pages[:-1])
    assert all(len({each.at for each in page[limit - 1 :]}) <= 1 for page in pages)


async def test_reads_give_way_to_a_busy_store(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted()
    log = ReadLog(place.logs, place.clock, counted)
    for number in range(CHUNK + 1):
        log.note(asked(number), 200, 900, "users.list")
    monkeypatch.setattr(Writer, "waiting", store_logs.BUSY + 1)

    await log.flush()

    assert {"dropped": CHUNK + 1} == counted
    assert 0 == place.count_reads()
    with pytest.raises(StoreBusy):
        await place.logs.keep_reads({ACME: [read(1)]})


async def test_more_reads_than_fit_are_dropped_not_remembered(place: Place) -> None:
    counted = Counted()
    log = ReadLog(place.logs, place.clock, counted)
    for number in range(MOST_WAITING + 5):
        log.note(asked(number), 200, 900, "users.list")
    assert {"dropped": 5} == counted

    await log.flush()

    assert MOST_WAITING == place.count_reads()
    assert 1 == place.count(read_batches)


async def test_reads_are_written_once_a_second_and_at_the_end(place: Place) -> None:
    clock, counted = ManualClock(), Counted()
    log = ReadLog(place.logs, clock, counted)
    running = asyncio.create_task(log.run())
    log.note(asked(1), 200, 900, "users.list")
    await clock.advance(999)
    assert {} == counted
    await clock.advance(1)
    await asyncio.wait_for(counted.told.wait(), PATIENCE_SECONDS)
    assert {"kept": 1} == counted

    log.note(asked(2), 200, 900, "users.list")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert 2 == place.count_reads()


async def test_five_hundred_reads_are_written_without_waiting_for_the_second(place: Place) -> None:
    clock, counted = ManualClock(), Counted()
    log = ReadLog(place.logs, clock, counted)
    running = asyncio.create_task(log.run())
    await asyncio.sleep(0)
    for number in range(CHUNK):
        log.note(asked(number), 200, 900, "users.list")
    await asyncio.wait_for(counted.told.wait(), PATIENCE_SECONDS)
    assert {"kept": CHUNK} == counted
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


class Breaking:
    """Logs that break the first time somebody purges them."""

    def __init__(self, logs: SqlLogs) -> None:
        self._logs = logs
        self.purges = 0

    async def purge(self, *arguments: Any) -> Any:
        self.purges += 1
        if self.purges == 1:
            raise StoreBusy("Too many changes are waiting to be written.")
        return await self._logs.purge(*arguments)


async def test_a_purge_that_breaks_is_tried_again_an_hour_later(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    clock, logs = ManualClock(), Breaking(place.logs)
    kept = {LogKind.EVENTS: 400}
    retention = Retention(place.setup, logs, clock, kept, place.removal)  # type: ignore[arg-type]
    running = asyncio.create_task(retention.run())
    while clock.next_wake() is None:  # noqa: ASYNC110 - a thread reads; nothing tells when
        await asyncio.sleep(0.001)
    assert (1, "The purge of the logs broke; the next is in an hour") == (logs.purges, caplog.messages[-1])

    await clock.advance(3_600_000)
    while logs.purges < 3:  # noqa: ASYNC110
        await asyncio.sleep(0.001)

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
