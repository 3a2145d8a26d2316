"""A small table of operations behind a real local socket, for the tests of the command line."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncline.datafolder import DataFolder, ServerRecord
from syncline.localsocket import OperationFailed, Progress, listen
from tests.support.patience import PATIENCE_SECONDS

Operation = Callable[..., Any]


@dataclass
class Operations:
    """Answers each operation with the result written down for it, and remembers what was asked."""

    results: dict[str, Any] = field(default_factory=dict)
    progress: list[Mapping[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)

    async def __call__(
        self, operation: str, arguments: Mapping[str, Any], *, actor: str, progress: Progress
    ) -> Any:
        self.asked.append((operation, dict(arguments), actor))
        for told in self.progress:
            progress(told)
        result = self.results.get(operation)
        if result is None:
            raise OperationFailed("invalid", f"There is no operation {operation}.")
        if isinstance(result, Exception):
            raise result
        return result


@contextmanager
def serving(folder: Path, operations: Operations) -> Iterator[None]:
    """Serve the operations on that data folder, as a server does, from a thread of its own."""
    started, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        data = DataFolder(folder)
        with data.hold(), data.socket_path() as path:
            async with listen(path, operations):
                data.publish(ServerRecord(1, "http://127.0.0.1:1", "http://127.0.0.1:1", str(path)))
                started.set()
                await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        if not started.wait(PATIENCE_SECONDS):
            raise RuntimeError("the local socket did not come up")
        yield
    finally:
        stop.set()
        thread.join()
