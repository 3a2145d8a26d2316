"""The `rehearse` commands as a test runs them: in this process, against a server in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from click.testing import CliRunner, Result

from syncline.rehearsal.cli import rehearse

_Server = TypeVar("_Server")


@contextlib.contextmanager
def in_thread(served: AbstractAsyncContextManager[_Server]) -> Iterator[_Server]:
    """Keep a server open in an event loop of its own, since the commands run one themselves."""
    started, stop = threading.Event(), threading.Event()
    found: list[_Server] = []

    async def keep_open() -> None:
        try:
            async with served as server:
                found.append(server)
                started.set()
                await asyncio.to_thread(stop.wait)
        finally:
            started.set()

    thread = threading.Thread(target=asyncio.run, args=(keep_open(),))
    thread.start()
    started.wait()
    try:
        yield found[0]
    finally:
        stop.set()
        thread.join()


def run(*arguments: str) -> Result:
    """Run `rehearse …` on a wide terminal."""
    return CliRunner().invoke(rehearse, list(arguments), env={"COLUMNS": "200"})


def document(result: Result) -> Any:
    """Return the one JSON document a command printed."""
    return json.loads(result.stdout)
