"""Writing one batch of commands in one transaction, and finding the guilty when it is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import methodcaller
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

from syncline.sql.failures import is_retryable, is_trouble, rejection
from syncline.sql.rows import Command, Need, Needs, needs_of, next_needs_of
from syncline.sql.session import DatabaseRefusal, Session

MAX_TRIES = 5
"""How often a batch is tried again when it and another node's batch got in each other's way."""


class Written(Struct, frozen=True):
    """The command is committed; its result."""

    result: Any


class Failed(Struct, frozen=True):
    """Nothing of the command was written; what its caller is told."""

    error: Exception


Outcome = Written | Failed


def write_batch(
    connection: Connection, commands: Sequence[Command[Any]], touched: set[Table] | None = None
) -> list[Outcome]:
    """Apply the commands in order and commit them; return one outcome for each, in the same order.

    The tables that may have changed, whatever becomes of the batch, are added to `touched`.

    First all together: one flush of their net effect. When the database refuses that, each by itself
    behind a savepoint, still under one commit, so that the guilty alone fail. Raises what the database
    raised when it is in trouble: then all have failed.
    """
    touched = set() if touched is None else touched
    for _ in range(MAX_TRIES - 1):
        try:
            return _write_once(connection, commands, touched)
        except DBAPIError as error:
            if not is_retryable(error):
                raise
    return _write_once(connection, commands, touched)


def _write_once(
    connection: Connection, commands: Sequence[Command[Any]], touched: set[Table]
) -> list[Outcome]:
    try:
        return _write_together(connection, commands, touched)
    except DatabaseRefusal as refusal:
        if is_trouble(refusal.cause):
            raise refusal.cause from None
    return _write_singly(connection, commands, touched)


def _write_together(
    connection: Connection, commands: Sequence[Command[Any]], touched: set[Table]
) -> list[Outcome]:
    with connection.begin():
        session = Session(connection)
        outcomes: list[Outcome | None] = [None] * len(commands)
        _prefetch(session, commands, outcomes)
        for position, command in enumerate(commands):
            if outcomes[position] is None:
                outcomes[position] = _apply(session, command)
        session.keep_tallies()
        touched |= session.touched
        session.flush()
    return [outcome for outcome in outcomes if outcome is not None]


def _prefetch(session: Session, commands: Sequence[Command[Any]], outcomes: list[Outcome | None]) -> None:
    """Load what the commands ask for, then what they ask for next; one that cannot even say so has failed."""
    try:
        session.want(needs_of(commands))
    except Exception:  # of one of them: who of them it is shows when each is asked
        _want(session, commands, outcomes, methodcaller("prefetch"))
    session.load()
    _want(session, commands, outcomes, partial(next_needs_of, rows=session))
    session.load()


def _want(
    session: Session,
    commands: Sequence[Command[Any]],
    outcomes: list[Outcome | None],
    ask: Callable[[Command[Any]], Iterable[Need | Needs]],
) -> None:
    for position, command in enumerate(commands):
        if outcomes[position] is None:
            try:
                if needs := ask(command):
                    session.want(needs)
            except Exception as error:
                outcomes[position] = Failed(_raisable(error))


def _apply(session: Session, command: Command[Any]) -> Outcome:
    mark = session.mark()
    try:
        outcome: Outcome = Written(command.apply(session))
    except Exception as error:
        session.undo(mark)
        outcome = Failed(_raisable(error))
    if session.trouble is not None:
        raise session.trouble
    return outcome


def _write_singly(
    connection: Connection, commands: Sequence[Command[Any]], touched: set[Table]
) -> list[Outcome]:
    with connection.begin():
        return [_write_alone(connection, command, touched) for command in commands]


def _write_alone(connection: Connection, command: Command[Any], touched: set[Table]) -> Outcome:
    """Apply one command behind a savepoint, its statements in the order it staged them."""
    savepoint = connection.begin_nested()
    session = Session(connection)
    try:
        outcomes: list[Outcome | None] = [None]
        _prefetch(session, [command], outcomes)
        outcome = outcomes[0] or _apply(session, command)
        session.keep_tallies()
        touched |= session.touched
        session.flush_in_order()
    except DatabaseRefusal as refusal:
        if is_trouble(refusal.cause):
            raise refusal.cause from None
        savepoint.rollback()
        return Failed(rejection(refusal.cause))
    savepoint.commit()
    return outcome


def _raisable(error: Exception) -> Exception:
    """Return the error, or one in its place that a future can carry."""
    if isinstance(error, StopIteration):
        return RuntimeError("a command raised StopIteration")
    return error
