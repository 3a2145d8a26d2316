"""Going through everybody of a tenant in a process beside the server's, which answers SCIM requests meanwhile.

The process is started for one tally and ends with it. It is told over its standard input where the database is, and
answers with pieces over its standard output; it only reads, and knows no key, since nothing a decision needs is sealed.
"""

from __future__ import annotations

import asyncio
import gc
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeVar

from syncline.bootstrap import processes

if TYPE_CHECKING:
    from syncline.gateway.domain.tenant import TenantId
    from syncline.gateway.services.ports import BacklogStore, Progress, Tally

T = TypeVar("T")

FEW = 2_000
"""Over fewer people a process takes longer to start than to do its work."""
_LENGTH = 8
"""Bytes before each message that say how long it is."""


@dataclass(frozen=True, slots=True)
class _Job:
    database: str
    tenant_id: TenantId
    make: Callable[[], Tally[Any]]
    tell: bool
    after: str


@dataclass(frozen=True, slots=True)
class _Told:
    progress: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Piece:
    piece: Any


class Beside:
    """Implements `ports.Walks`; the people of a small tenant are gone through here."""

    def __init__(self, backlog: BacklogStore, database: str, at_once: int, *, few: int = FEW) -> None:
        """`at_once` processes run at a time, whoever else wants one waits; `few` people are gone through here."""
        from syncline.gateway.services.walking import Here

        self._backlog = backlog
        self._database = database
        self._here = Here(backlog)
        self._slots = asyncio.Semaphore(at_once)
        self._few = few
        self.unanswered = 0
        """How many processes somebody waits for: to start, or for what they say next."""

    async def are_many(self, tenant_id: TenantId) -> bool:
        """Tell whether the tenant's people are gone through in another process."""
        return (await self._backlog.totals(tenant_id)).users >= self._few

    async def through(
        self,
        tenant_id: TenantId,
        make: Callable[[], Tally[T]],
        progress: Progress | None = None,
        after: str = "",
    ) -> AsyncGenerator[T]:
        """Yield the pieces of a tally over everybody; a piece is taken from the process when it is asked for."""
        if not await self.are_many(tenant_id):
            async for piece in self._here.through(tenant_id, make, progress, after):
                yield piece
            return
        job = _Job(self._database, tenant_id, make, progress is not None, after)
        async with self._slots:
            with self._waited_for():
                process = await _start(job)
            try:
                while True:
                    with self._waited_for():
                        message = await _next_message(process)
                    if message is None:
                        break
                    if isinstance(message, _Piece):
                        yield message.piece
                    elif progress is not None:
                        progress(message.progress)
            finally:
                await _end(process)

    @contextmanager
    def _waited_for(self) -> Iterator[None]:
        self.unanswered += 1
        try:
            yield
        finally:
            self.unanswered -= 1


async def _start(job: _Job) -> Process:
    program = f"from {__name__} import main; main()"
    process = await processes.start("-c", program, stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    process.stdin.write(pickle.dumps(job))
    process.stdin.close()
    return process


async def _next_message(process: Process) -> _Piece | _Told | None:
    """Return what the process says next, None once it has ended well; raises `StoreUnavailable` when it has not."""
    from syncline.sql.errors import StoreUnavailable

    assert process.stdout is not None  # noqa: S101 - it is a pipe
    try:
        length = int.from_bytes(await process.stdout.readexactly(_LENGTH))
        message: _Piece | _Told = pickle.loads(await process.stdout.readexactly(length))  # noqa: S301 - our own
    except asyncio.IncompleteReadError:
        if await process.wait() != 0:
            raise StoreUnavailable(
                "Going through everybody was broken off; the log of the server says why."
            ) from None
        return None
    return message


async def _end(process: Process) -> None:
    """Kill the process unless it has ended, and read what it has said: it counts as ended only after that."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    await process.communicate()


def main() -> None:
    """Do the job that standard input brings."""
    job: _Job = pickle.load(sys.stdin.buffer)  # noqa: S301 - the server wrote it
    gc.disable()  # it ends soon; looking for cycles among rows that come and go would be a sixth of its work
    out = sys.stdout.buffer
    sys.stdout = sys.stderr
    try:
        asyncio.run(_work(job, out))
    except BrokenPipeError:
        sys.exit(1)  # nobody waits any more


async def _work(job: _Job, out: IO[bytes]) -> None:
    from syncline.courtesy import let_others_run
    from syncline.gateway.services.walking import Here
    from syncline.gateway.store.backlog import SqlBacklog
    from syncline.sql.engines import open_engine
    from syncline.sql.reader import Reader
    from syncline.sql.writer import Writer

    def say(message: _Piece | _Told) -> None:
        told = pickle.dumps(message)
        out.write(len(told).to_bytes(_LENGTH))
        out.write(told)
        out.flush()

    engine = open_engine(job.database)
    reader = Reader(engine)
    # The writer is never started: nothing can be written. A scheduler lets a process go on for some milliseconds
    # although the server has something to do: unless it says itself that others may go first.
    here = Here(SqlBacklog(Writer(engine), reader), let_others_run)
    progress = (lambda told: say(_Told(told))) if job.tell else None
    try:
        async for piece in here.through(job.tenant_id, job.make, progress, job.after):
            say(_Piece(piece))
    finally:
        await reader.close()
        engine.dispose()
