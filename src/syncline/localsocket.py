"""Operations over a Unix socket: how a command reaches the server that owns the data folder.

One connection carries one operation. The request is one line of JSON, `{"operation", "arguments", "actor"}`;
the answer is any number of `{"progress": {…}}` lines and then one `{"result": …}` or
`{"error": {"kind", "message"}}`. The socket is for its owner (mode 0600): who can open it could as well read
the database. A client that goes away cancels its operation.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

LONGEST_REQUEST = 1_000_000
"""Bytes of one request line."""

_logger = logging.getLogger(__name__)

Progress = Callable[[Mapping[str, Any]], None]
"""Told now and then by a long operation: `{"stage": str, "done": int, "total": int | None}`."""


class OperationFailed(Exception):
    """An operation was not done, in words for the person who asked.

    `kind` is one of not_found, conflict, invalid, refused, unavailable, internal.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class NoServer(Exception):
    """Nobody listens at that socket: there is none, or the server that made it has died."""


class Call(Protocol):
    """Run one operation by name and return its JSON-able result. Raises `OperationFailed`."""

    async def __call__(
        self, operation: str, arguments: Mapping[str, Any], *, actor: str, progress: Progress
    ) -> Any: ...


@asynccontextmanager
async def listen(path: Path, call: Call) -> AsyncIterator[None]:
    """Serve operations at that path for the length of the block; cancel what still runs at its end."""
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(_answer(reader, writer, call))
        connections.add(task)
        task.add_done_callback(connections.discard)
        await asyncio.wait({task})

    server = await asyncio.start_unix_server(connected, sock=_bind(path), limit=LONGEST_REQUEST)
    try:
        yield
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


def _bind(path: Path) -> socket.socket:
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    previous = os.umask(0o177)  # from its first moment the socket is for its owner
    try:
        bound.bind(str(path))
    except OSError:
        bound.close()
        raise
    finally:
        os.umask(previous)
    return bound


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, call: Call) -> None:
    try:
        answer = await _run(reader, writer, call)
        if answer is not None:
            _write(writer, answer)
            await writer.drain()
    except ConnectionError:
        pass  # the client went away; there is nobody left to tell
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _run(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, call: Call
) -> dict[str, Any] | None:
    """Return the last line of the answer; None when the client left before it was ready."""
    try:
        operation, arguments, actor = _request(await reader.readline())
    except ValueError:
        return _error("invalid", "The request is not one line of JSON with operation, arguments and actor.")
    running = asyncio.ensure_future(
        call(
            operation, arguments, actor=actor, progress=lambda told: _write(writer, {"progress": dict(told)})
        )
    )
    gone = asyncio.ensure_future(reader.read(1))
    try:
        await asyncio.wait({running, gone}, return_when=asyncio.FIRST_COMPLETED)
        return await _outcome(operation, running) if running.done() else None
    finally:
        for task in (running, gone):
            task.cancel()
        await asyncio.gather(running, gone, return_exceptions=True)


async def _outcome(operation: str, running: asyncio.Future[Any]) -> dict[str, Any]:
    try:
        return {"result": await running}
    except OperationFailed as error:
        return _error(error.kind, error.message)
    except Exception:
        _logger.exception("operation %s failed", operation)
        return _error("internal", "Something went wrong inside the server; its log says what.")


def _request(line: bytes) -> tuple[str, dict[str, Any], str]:
    request = json.loads(line)
    match request:
        case {"operation": str(operation), "arguments": dict(arguments), "actor": str(actor)}:
            return operation, arguments, actor
    raise ValueError


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"kind": kind, "message": message}}


def _write(writer: asyncio.StreamWriter, line: dict[str, Any]) -> None:
    writer.write(json.dumps(line).encode() + b"\n")


def ask(
    path: Path,
    operation: str,
    arguments: Mapping[str, Any],
    *,
    actor: str,
    progress: Progress | None = None,
    seconds: float | None = None,
) -> Any:
    """Run one operation at the server that listens at that path; blocks, meant for the command line.

    Raises `NoServer` when nobody listens there, and `OperationFailed` for the operation's own refusal, for a
    server that stops in the middle (kind unavailable), and after `seconds` without a sign of life.
    """
    with _connect(path, seconds) as connection, connection.makefile("rb") as lines:
        request = {"operation": operation, "arguments": dict(arguments), "actor": actor}
        try:
            connection.sendall(json.dumps(request).encode() + b"\n")
            for line in lines:
                answer = json.loads(line)
                if "progress" not in answer:
                    return _result(answer)
                if progress is not None:
                    progress(answer["progress"])
        except (OSError, ValueError) as error:
            raise _interrupted() from error
        raise _interrupted()


def _connect(path: Path, seconds: float | None) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(seconds)
    try:
        connection.connect(str(path))
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as error:
        connection.close()
        raise NoServer(str(path)) from error
    except PermissionError:
        connection.close()
        raise OperationFailed(
            "refused", "The server on this data folder runs as another user; run the command as that user."
        ) from None
    return connection


def _interrupted() -> OperationFailed:
    return OperationFailed(
        "unavailable",
        "The server stopped before it answered. What it was doing is done or not done, never half; "
        "look, then try again.",
    )


def _result(answer: dict[str, Any]) -> Any:
    if "error" in answer:
        raise OperationFailed(answer["error"]["kind"], answer["error"]["message"])
    return answer["result"]
