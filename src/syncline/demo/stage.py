"""The stage: the two servers as processes, and the commands that set them up, shown as they are run."""

from __future__ import annotations

import asyncio
import json
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from syncline.datafolder import DataFolder
from syncline.localsocket import ask

START_SECONDS = 60
STOP_SECONDS = 10
_HIDDEN = {"--access-token", "--scim-token", "--token"}


class StageError(Exception):
    """A command or a server did not do what the demo needs; the message is what it said."""


class Stage:
    """Runs `syncline` commands on one data folder, and shows each of them."""

    def __init__(self, console: Console, data: Path) -> None:
        self.console = console
        self.data = data

    async def run(self, *arguments: str, show: bool = True) -> Any:
        """Run a command with `--json` and return what it printed; raises `StageError` with its own words."""
        if show:
            self.console.print(Text("$ " + _shown(arguments), style="bold cyan"))
        process = await asyncio.create_subprocess_exec(
            *_syncline(*arguments, "--json", "--data", str(self.data)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        if process.returncode != 0:
            raise StageError(f"{_shown(arguments)}: {err.decode(errors='replace').strip()}")
        return json.loads(out) if out.strip() else None

    async def ask(self, operation: str, **arguments: Any) -> Any:
        """Ask the running gateway one operation, quickly: what a progress bar needs."""
        record = DataFolder(self.data).record()
        if record is None:
            raise StageError("The gateway is not running.")
        return await asyncio.to_thread(ask, Path(record.socket), operation, arguments, actor="demo")

    @asynccontextmanager
    async def server(self, *arguments: str, record: str) -> AsyncIterator[str]:
        """Run a server for the length of the block; yields its address once its record file says it listens."""
        self.console.print(Text("$ " + _shown(arguments) + " &", style="bold cyan"))
        log = self.data / f"{record}.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *_syncline(*arguments, "--data", str(self.data)), stdout=output, stderr=output
            )
        try:
            yield await self._address(process, self.data / f"{record}.json", log)
        finally:
            await _stop(process)

    async def _address(self, process: asyncio.subprocess.Process, record: Path, log: Path) -> str:
        for _ in range(START_SECONDS * 20):
            if process.returncode is not None:
                said = await asyncio.to_thread(log.read_text, errors="replace")
                raise StageError(f"A server ended at once: {said.strip()}")
            address = await asyncio.to_thread(_recorded, record, process.pid)
            if address is not None:
                return address
            await asyncio.sleep(0.05)
        raise StageError(f"A server did not start within {START_SECONDS} s; its log is {log}.")


def _recorded(record: Path, pid: int) -> str | None:
    """Return the address that process has left in its record, None until it has."""
    try:
        content = json.loads(record.read_text())
    except (OSError, ValueError):
        return None
    return str(content["address"]) if content.get("pid") == pid else None


def _syncline(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "syncline", *arguments]


def _shown(arguments: tuple[str, ...]) -> str:
    """Return the command as a person would type it, credentials left out."""
    words = ["syncline"]
    hide = False
    for argument in arguments:
        words.append("…" if hide else shlex.quote(argument))
        hide = argument in _HIDDEN
    return " ".join(words)


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End a process we started, kindly first."""
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
