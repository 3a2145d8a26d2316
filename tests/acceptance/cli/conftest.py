from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from syncline.gateway.cli.root import command_line
from syncline.gateway.cli.seam import Programs
from syncline.localsocket import Call
from syncline.settings import Settings
from tests.support.operations import Operations, serving

Run = Callable[..., Result]


@dataclass
class Started:
    """What the command line started in this process instead of asking a server."""

    operations: Operations
    local: int = 0
    served: Settings | None = None

    @asynccontextmanager
    async def local_operations(self, settings: Settings) -> AsyncIterator[Call]:
        del settings
        self.local += 1
        yield self.operations

    def serve(self, settings: Settings) -> None:
        self.served = settings


@pytest.fixture
def operations() -> Operations:
    return Operations()


@pytest.fixture
def started(operations: Operations) -> Started:
    return Started(operations)


@pytest.fixture
def alone(tmp_path: Path, started: Started, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on a data folder without a server."""
    monkeypatch.delenv("SUDO_USER", raising=False)
    tree = command_line(Programs(started.local_operations, started.serve))

    def run(*arguments: str, stdin: str = "") -> Result:
        environment = {"SYNCLINE_DATA": str(tmp_path), "LOGNAME": "anna"}
        return CliRunner().invoke(tree, list(arguments), env=environment, input=stdin)

    return run


@pytest.fixture
def run(tmp_path: Path, operations: Operations, alone: Run) -> Iterator[Run]:
    """Run a command on a data folder with a server."""
    with serving(tmp_path, operations):
        yield alone
