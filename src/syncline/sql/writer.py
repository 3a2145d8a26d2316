"""The one thread that writes: commands in, one transaction for all that wait, one commit wakes them."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import Connection, Engine, Table

from syncline.sql.batch import Failed, Outcome, write_batch
from syncline.sql.engines import BEGIN_OPTION, carry_over, is_sqlite
from syncline.sql.errors import StoreBusy, StoreUnavailable
from syncline.sql.failures import describe, unavailable
from syncline.sql.rows import Command

T = TypeVar("T")

log = logging.getLogger(__name__)

PATIENCE = 0.05
"""Seconds of quiet after which a patient command goes at once: somebody who writes is met more seldom than that."""
MOST_BEFORE = 16
"""Batches of others that go before a patient command while there is always somebody who writes."""
ANSWERED = 0.002
"""Seconds after others have been written in which the event loop answers them, which needs the interpreter, too."""
A_CROWD = 4
"""Commands of one batch from which on their senders are waited for: of fewer each may well be the last for now."""
A_MOMENT, MOMENTS = 0.001, 8
"""Seconds within which somebody who has just been answered writes again; where somebody does, so long again for the
others, so often at the most."""
CARRIED_EVERY = 64
"""Batches after which the log is brought into the database."""
A_WAY, LONGEST_WAY = 0.001, 0.005
"""Seconds that `give_way` looks again after, and waits for at most."""


class _Waiting(Struct, frozen=True):
    command: Command[Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    patient: bool


class Writer:
    """Writes commands durably, in the order they were submitted.

    The thread takes whatever waits, at most `max_batch` commands, and nobody is answered before the COMMIT of
    his batch has returned. Use one writer per database file; on PostgreSQL every process has its own.

    An idle writer starts at once. But whoever writes one thing after the other comes again as soon as he is answered:
    after a batch of A_CROWD and more the next one waits until as many have come, or until nobody has for A_MOMENT.
    Else they fall into halves that take turns, and two batches of half the size cost half as much again. On PostgreSQL
    they may: there a batch waits for the server, which writes the one half while this process reads the other.

    A *patient* command lets others go first. It is written soon after one of theirs, when whoever asks one thing after
    the other has just been answered, or at once when nobody has written for PATIENCE seconds, or when MOST_BEFORE
    batches of others have gone before it; patient ones keep their order among themselves.
    """

    def __init__(self, engine: Engine, *, max_batch: int = 256, max_waiting: int = 10_000) -> None:
        self._engine = engine
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._patient: deque[_Waiting] = deque()
        self._bell = threading.Lock()  # always taken: letting go of it wakes the thread where it dozes
        self._bell.acquire()
        self._dozes = False
        self._enough = 1
        self._company = 1
        self._others_wrote_at = -PATIENCE
        self._others_just_wrote = False
        self._went_before = 0
        self._not_carried = 0
        self._thread = threading.Thread(target=self._run, name="syncline-writer", daemon=True)
        self._open = False
        self._unanswered = 0
        self._patiently_unanswered = 0
        self._connection: Connection | None = None
        self._changes: Counter[Table] = Counter()

    @property
    def waiting(self) -> int:
        """How many commands wait to be taken; what could be written later should then be left alone."""
        return self._queue.qsize()

    @property
    def is_alone(self) -> bool:
        """Whether nobody else writes to the database while this one does; on PostgreSQL others may."""
        return is_sqlite(self._engine)

    def changes(self, table: Table) -> int:
        """Return how often this writer has written the table: while that stays, its rows are as *it* left them.

        It has grown before any submitter of a change hears of it.
        """
        return self._changes[table]

    @property
    def unanswered(self) -> int:
        """How many commands somebody waits for."""
        return self._unanswered

    async def give_way(self) -> None:
        """Let the event loop turn, and whoever waits for a write that is not patient go first, for LONGEST_WAY at most.

        For work that holds the interpreter and could as well be done a little later.
        """
        await asyncio.sleep(0)
        for _ in range(round(LONGEST_WAY / A_WAY)):
            if self._unanswered <= self._patiently_unanswered:
                return
            await asyncio.sleep(A_WAY)

    def start(self) -> None:
        """Start the thread. Call it once."""
        self._thread.start()
        self._open = True

    async def submit(self, command: Command[T], *, patient: bool = False) -> T:
        """Return the command's result once it is committed.

        Raises what `apply` raises, RowConflict or RowRejected when the database refuses its rows, StoreBusy
        when `max_waiting` commands wait already, and StoreUnavailable when the database is in trouble (the
        command may or may not be there) or the writer is not running. A caller who goes away does not
        take his command with him.
        """
        if not self._open:
            raise StoreUnavailable("The writer is not running.")
        if self._queue.qsize() >= self._max_waiting:
            raise StoreBusy("Too many changes are waiting to be written.")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.put(_Waiting(command, future, loop, patient))
        if self._dozes and self._queue.qsize() >= self._enough:
            self._ring()
        self._unanswered += 1
        self._patiently_unanswered += patient
        try:
            return await future
        finally:
            self._unanswered -= 1
            self._patiently_unanswered -= patient

    async def close(self) -> None:
        """Write what still waits, then stop. Afterwards every submit raises StoreUnavailable."""
        if self._open:
            self._open = False
            self._queue.put(None)
            self._ring()
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join)
        self._refuse_latecomers()

    async def __aenter__(self) -> Writer:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _run(self) -> None:
        while waiting := self._take():
            outcomes = self._write([item.command for item in waiting])
            self._others_just_wrote = not waiting[0].patient
            if self._others_just_wrote:
                self._company = len(waiting)
                self._others_wrote_at = time.monotonic()
                self._went_before += bool(self._patient)
            _wake(waiting, outcomes)
            self._carry_over()
        self._disconnect()

    def _take(self) -> list[_Waiting]:
        """Return what waits, at least one command, and a patient one by itself; nothing once the writer is closed."""
        if self._went_before >= MOST_BEFORE:
            return self._first_patient()
        taken: list[_Waiting] = []
        while len(taken) < self._max_batch:
            try:
                item = self._queue.get_nowait() if taken else self._next()
            except Empty:
                return taken or self._first_patient()
            if item is None:
                return self._last(taken)
            if item.patient:
                self._patient.append(item)
                continue
            if not taken:
                self._let_them_come()
            taken.append(item)
        return taken

    def _next(self) -> _Waiting | None:
        """Wait for the next one; raises `Empty` once others have had their time before a patient one.

        `SimpleQueue.get` is never given a timeout: CPython 3.11 waits for ever where it passes a moment too early.
        """
        if not self._patient:
            return self._queue.get()
        while self._queue.empty() and (left := self._others_have()) > 0:
            self._doze(left, until=1)
        return self._queue.get_nowait()

    def _let_them_come(self) -> None:
        """Wait for those who were answered with the last batch and write again, beside the first that is taken."""
        if self._company < A_CROWD or not self.is_alone:
            return
        others, before = self._company - 1, -1
        for _ in range(MOMENTS):
            come = self._queue.qsize()
            if come >= others or come == before:
                return
            self._doze(A_MOMENT, until=others)
            before = come

    def _doze(self, seconds: float, *, until: int) -> None:
        """Wait until so many commands are in the queue, or for so long; it may be shorter."""
        self._enough = until
        self._dozes = True
        if self._queue.qsize() < until:  # who came before the line above has not rung
            self._bell.acquire(timeout=seconds)
        self._dozes = False

    def _ring(self) -> None:
        """Wake the thread where it dozes."""
        self._dozes = False
        with suppress(RuntimeError):  # somebody else has rung already
            self._bell.release()

    def _first_patient(self) -> list[_Waiting]:
        self._went_before = 0
        return [self._patient.popleft()]

    def _others_have(self) -> float:
        """Return how many seconds others have before the first patient command is written; 0 or less when none."""
        pause = ANSWERED if self._others_just_wrote else PATIENCE
        return self._others_wrote_at + pause - time.monotonic()

    def _last(self, taken: list[_Waiting]) -> list[_Waiting]:
        """Return what is written before the end, the patient commands at the very last."""
        if not taken:
            taken = [*self._patient]
            self._patient.clear()
            self._went_before = 0
        if taken:
            self._queue.put(None)  # the end, to be met again after this batch
        return taken

    def _refuse_latecomers(self) -> None:
        """Answer those who came from another thread while the writer was closing."""
        while not self._queue.empty():
            if (item := self._queue.get_nowait()) is not None:
                _wake([item], [Failed(StoreUnavailable("The writer is not running."))])

    def _write(self, commands: Sequence[Command[Any]]) -> Sequence[Outcome]:
        touched: set[Table] = set()
        try:
            return write_batch(self._connect(), commands, touched)
        except BaseException as error:  # whatever it is, nobody may wait for ever
            log.error("a batch of %d commands could not be written: %s", len(commands), describe(error))
            self._disconnect()
            return [Failed(unavailable(error)) for _ in commands]
        finally:
            self._changes.update(touched)

    def _carry_over(self) -> None:
        """Bring the log into the database every now and then: once a batch is answered, so that nobody waits for it."""
        self._not_carried += 1
        if self._not_carried < CARRIED_EVERY or self._connection is None:
            return
        self._not_carried = 0
        try:
            carry_over(self._connection)
        except Exception as error:  # what was written is safe in the log
            log.warning("the log could not be brought into the database: %s", describe(error))

    def _connect(self) -> Connection:
        if self._connection is None:
            connection = self._engine.connect()
            self._connection = connection.execution_options(**{BEGIN_OPTION: "BEGIN IMMEDIATE"})
        return self._connection

    def _disconnect(self) -> None:
        """Let the connection go, so that the next batch starts on a sound one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception as error:
                log.warning("the write connection could not be closed: %s", describe(error))


def _wake(waiting: Sequence[_Waiting], outcomes: Sequence[Outcome]) -> None:
    """Answer all waiters: one call into each event loop that has some."""
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Outcome]]] = defaultdict(
        list
    )
    for item, outcome in zip(waiting, outcomes, strict=True):
        by_loop[item.loop].append((item.future, outcome))
    for loop, answers in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, answers)
        except RuntimeError:
            log.warning("an event loop ended before %d of its commands were answered", len(answers))


def _settle(answers: list[tuple[asyncio.Future[Any], Outcome]]) -> None:
    for future, outcome in answers:
        if future.done():
            continue
        if isinstance(outcome, Failed):
            future.set_exception(outcome.error)
        else:
            future.set_result(outcome.result)
