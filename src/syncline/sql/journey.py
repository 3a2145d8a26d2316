"""Statements that PostgreSQL is asked in one journey: sent together, and answered together.

The driver has a pipeline of its own. It goes to the socket for every statement, and each time gives the event loop's
thread its turn, a hundred times in a batch: the writer then moves only while nobody else has anything to do. Here the
answers are waited for once. Source: libpq, "Pipeline Mode"; psycopg's `pq`, its wrapper of libpq.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

    from syncline.sql.arrays import Array

_PLAN_ONCE: Final = b"SET LOCAL plan_cache_mode = force_generic_plan"

Fetch = Callable[[], list[tuple[Any, ...]]]
"""Returns the rows of an answer, once the journey is over."""


class _Asked(NamedTuple):
    text: bytes
    arrays: Sequence[Array]


AFRESH_EVERY = 4096
"""Journeys after which plans are made anew at the latest."""


class Prepared:
    """The statements that the server knows by name, of one connection.

    The server plans each of them once, without looking at its values (`_PLAN_ONCE`): planning costs it more than a few
    rows do. A plan made while a table was empty would not serve ten thousand rows, so all are given up and made anew
    after 1, 2, 4, 8, … journeys, and then after every AFRESH_EVERY.
    """

    def __init__(self) -> None:
        self.names: dict[bytes, bytes] = {}
        self._given = 0
        self._journeys = 0

    def new_name(self) -> bytes:
        """Return a name that was never given: one whose statement failed may be known to the server all the same."""
        self._given += 1
        return b"syncline_%d" % self._given

    def outdated(self) -> list[bytes]:
        """Count a journey; return the names that are to be given up before it, which are known no more."""
        self._journeys += 1
        if self._journeys & (self._journeys - 1) and self._journeys % AFRESH_EVERY:
            return []
        names, self.names = [*self.names.values()], {}
        return names


class Journey:
    """One journey over a connection of the driver, within the transaction that is open or that it opens."""

    def __init__(self, driver: Any, prepared: Prepared) -> None:
        self._driver = driver
        self._link = driver.pgconn
        self._prepared = prepared
        self._asked: list[_Asked] = []
        self._places: list[int] = []
        self._answers: list[PGresult] = []

    def ask(self, text: bytes, arrays: Sequence[Array]) -> Fetch:
        """Take a statement along; all its parameters are arrays."""
        asked = len(self._asked)
        self._asked.append(_Asked(text, arrays))
        return lambda: self._rows(self._answers[self._places[asked]])

    def go(self, *, commit: bool) -> None:
        """Send what was asked, and COMMIT if told to, and wait for the answers.

        Raises the driver's error for the first statement that failed. After that one none was done, and the transaction
        is broken.
        """
        if not self._asked:
            return
        self._link.enter_pipeline_mode()
        try:
            new = self._send(commit=commit)
            answers = self._collect()
        finally:
            if self._link.status == _pq().ConnStatus.OK:
                self._link.exit_pipeline_mode()
        self._check(answers)
        self._prepared.names.update(new)
        self._answers = answers

    def _send(self, *, commit: bool) -> dict[bytes, bytes]:
        """Send all; return the names of those statements that the server did not know, by text."""
        new: dict[bytes, bytes] = {}
        sent = 0
        if self._link.transaction_status == _pq().TransactionStatus.IDLE:
            before = [b"BEGIN", _PLAN_ONCE]
            before += [b"DEALLOCATE " + name for name in self._prepared.outdated()]
            for text in before:
                self._link.send_query_params(text, None)
            sent += len(before)
        for text, arrays in self._asked:
            name = self._prepared.names.get(text) or new.get(text)
            if name is None:
                name = new[text] = self._prepared.new_name()
                self._link.send_prepare(name, text, [array.oid for array in arrays])
                sent += 1
            self._places.append(sent)
            sent += 1
            self._link.send_query_prepared(name, arrays, [_pq().Format.BINARY] * len(arrays))
        if commit:
            self._link.send_query_params(b"COMMIT", None)
        self._link.pipeline_sync()
        while self._link.flush():
            self._wait(select.POLLIN | select.POLLOUT)
            self._link.consume_input()  # an answer nobody takes could keep the server from reading on
        return new

    def _collect(self) -> list[PGresult]:
        """Return one answer for each statement."""
        status = _pq().ExecStatus
        answers: list[PGresult] = []
        while True:
            while self._link.is_busy():
                self._wait(select.POLLIN)
                self._link.consume_input()
            answer = self._link.get_result()
            if answer is None:
                continue  # the end of what one statement had to say
            if answer.status == status.PIPELINE_SYNC:
                return answers
            answers.append(answer)

    def _check(self, answers: Sequence[PGresult]) -> None:
        from psycopg.errors import error_from_result

        for answer in answers:
            if answer.status == _pq().ExecStatus.FATAL_ERROR:
                raise error_from_result(answer, encoding="utf-8")

    def _rows(self, answer: PGresult) -> list[tuple[Any, ...]]:
        from psycopg.adapt import Transformer

        reader = Transformer(self._driver)
        reader.set_pgresult(answer)
        return reader.load_rows(0, answer.ntuples, tuple)

    def _wait(self, events: int) -> None:
        poll = select.poll()
        poll.register(self._link.socket, events)
        poll.poll()


def _pq() -> Any:
    """Return the driver's wrapper of libpq, which is there only where PostgreSQL is used."""
    from psycopg import pq

    return pq
