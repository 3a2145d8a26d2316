"""The floor: the least a durable user store over HTTP can cost in Python.

A raw ASGI application on uvicorn, the standard library's sqlite3, orjson. It checks the token, decodes, stores a user
with two look-ups and a row that says he must be delivered, and answers: no SCIM, no validation, no log, no groups.
Writes share their fsync: one thread commits whatever waits in one transaction, in WAL mode with synchronous=FULL, and
nobody is answered before that.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import sqlite3
import sys
import threading
import uuid
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import unquote

import orjson

from bench.serving import run

TABLES = """
CREATE TABLE users (id TEXT PRIMARY KEY, user_name TEXT NOT NULL, external_id TEXT, document BLOB NOT NULL);
CREATE UNIQUE INDEX users_user_name ON users (user_name);
CREATE INDEX users_external_id ON users (external_id);
CREATE TABLE outbox (seq INTEGER PRIMARY KEY, user_id TEXT NOT NULL);
"""
INSERT = "INSERT INTO users VALUES (?, ?, ?, ?)"
NOTE = "INSERT INTO outbox (user_id) VALUES (?)"
FIND = "SELECT id, document FROM users WHERE user_name = ?"
_FILTER = re.compile(r'filter=userName eq "([^"]*)"')

_Row = tuple[str, str, str | None, bytes]
_Waiting = tuple[_Row, asyncio.Future[bool]]


def connect(path: str) -> sqlite3.Connection:
    """Open the database as the gateway does: write-ahead log, every commit on the disk."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "fullfsync=ON", "cache_size=-16000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


class Writer(threading.Thread):
    """Inserts whatever waits in one transaction; True for a row that was taken, False for a name that was not free."""

    def __init__(self, path: str, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(daemon=True)
        self.queue: SimpleQueue[_Waiting] = SimpleQueue()
        self._connection = connect(path)
        self._loop = loop

    def insert(self, row: _Row) -> asyncio.Future[bool]:
        future: asyncio.Future[bool] = self._loop.create_future()
        self.queue.put((row, future))
        return future

    def run(self) -> None:
        while True:
            waiting = [self.queue.get()]
            try:
                while len(waiting) < 256:
                    waiting.append(self.queue.get_nowait())
            except Empty:
                pass
            taken = self._write([row for row, _ in waiting])
            self._loop.call_soon_threadsafe(_settle, waiting, taken)

    def _write(self, rows: list[_Row]) -> list[bool]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(INSERT, rows)
            self._connection.executemany(NOTE, [row[:1] for row in rows])
            taken = [True] * len(rows)
        except sqlite3.IntegrityError:
            self._connection.execute("ROLLBACK")
            self._connection.execute("BEGIN IMMEDIATE")
            taken = [self._write_one(row) for row in rows]
        self._connection.execute("COMMIT")
        return taken

    def _write_one(self, row: _Row) -> bool:
        try:
            self._connection.execute(INSERT, row)
            self._connection.execute(NOTE, row[:1])
        except sqlite3.IntegrityError:
            return False
        return True


def _settle(waiting: list[_Waiting], taken: list[bool]) -> None:
    for (_, future), answer in zip(waiting, taken, strict=True):
        if not future.done():
            future.set_result(answer)


class Floor:
    """POST a user, GET users by `filter=userName eq "…"`; anything else is 404."""

    def __init__(self, path: str, token: str) -> None:
        self._path = path
        self._digest = hashlib.sha256(token.encode()).digest()
        self._reader = connect(path)
        self._reader.executescript(TABLES)
        self._writer: Writer | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if not self._knows(scope):
            await answer(send, 401, b"{}")
        elif scope["method"] == "POST":
            await self._create(receive, send)
        elif found := _FILTER.search(unquote(scope["query_string"].decode("ascii"))):
            await self._find(found[1], send)
        else:
            await answer(send, 404, b"{}")

    def _knows(self, scope: dict[str, Any]) -> bool:
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        digest = hashlib.sha256(given.removeprefix(b"Bearer ")).digest()
        return hmac.compare_digest(digest, self._digest)

    async def _create(self, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message.get("more_body"):
                break
        user = orjson.loads(body)
        user_id, document = str(uuid.uuid4()), orjson.dumps(user)
        if self._writer is None:
            self._writer = Writer(self._path, asyncio.get_running_loop())
            self._writer.start()
        row = (user_id, user["userName"].lower(), user.get("externalId"), document)
        if await self._writer.insert(row):
            await answer(send, 201, shown(user_id, document))
        else:
            await answer(send, 409, b"{}")

    async def _find(self, name: str, send: Any) -> None:
        rows = self._reader.execute(FIND, (name.lower(),)).fetchall()
        users = b",".join(shown(*row) for row in rows)
        await answer(send, 200, b'{"totalResults":%d,"Resources":[%b]}' % (len(rows), users))


def shown(user_id: str, document: bytes) -> bytes:
    """Return the stored text with the id in front."""
    return b'{"id":"%b",%b' % (user_id.encode(), document[1:])


async def answer(send: Any, status: int, body: bytes) -> None:
    """Send one whole answer."""
    headers = [
        (b"content-type", b"application/scim+json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    run(Floor(path=sys.argv[1], token=sys.argv[2]))
