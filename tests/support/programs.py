"""The programs as a person runs them: `syncline` commands and servers, each a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncline.datafolder import DataFolder
from syncline.localsocket import ask
from tests.support.patience import PATIENCE_SECONDS

COMMAND = (sys.executable, "-m", "syncline")


@dataclass(frozen=True)
class Said:
    """What a command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed with `--json`; a command that failed has printed nothing to read."""
        assert 0 == self.status, self.err
        return json.loads(self.out)


@dataclass
class Syncline:
    """Commands and servers on one data folder; `environment` is added to a bare one."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, stdin: str = "") -> Said:
        """Run one command to its end."""
        done = subprocess.run(
            [*COMMAND, *words],
            env=self._environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def json(self, *words: str) -> Any:
        """Run one command with `--json` and return what it printed."""
        return self.run(*words, "--json").json

    @contextlib.contextmanager
    def portal(self, *words: str) -> Iterator[str]:
        """Run the portal; yields its address."""
        with self._server("portal", "serve", *words, record="portal.json") as process:
            yield self._address(process, "portal.json")

    @contextlib.contextmanager
    def gateway(self, *words: str) -> Iterator[Server]:
        """Run the gateway; it is ended with SIGTERM unless the test has killed it before."""
        with self._server("serve", *words, record="server.json") as process:
            yield Server(process, self._address(process, "server.json"), self.data)

    @contextlib.contextmanager
    def _server(self, *words: str, record: str) -> Iterator[subprocess.Popen[bytes]]:
        log = self.data / f"{record}.log"
        self.data.mkdir(exist_ok=True)
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*COMMAND, *words, "--port", "0"], env=self._environment(), stdout=output, stderr=output
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)

    def _address(self, process: subprocess.Popen[bytes], record: str) -> str:
        def address() -> str | None:
            if process.poll() is not None:
                raise AssertionError((self.data / f"{record}.log").read_text())
            with contextlib.suppress(OSError, ValueError):
                said = json.loads((self.data / record).read_text())
                return str(said["address"]) if said["pid"] == process.pid else None
            return None

        return str(wait_for(address, "the server never said where it listens"))

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SYNCLINE_")}
        return {
            **kept,
            "SYNCLINE_DATA": str(self.data),
            "LOGNAME": "anna",
            "SUDO_USER": "",
            **self.environment,
        }


@dataclass
class Server:
    """A gateway that runs."""

    process: subprocess.Popen[bytes]
    address: str
    data: Path

    def ask(self, operation: str, **arguments: Any) -> Any:
        """Have the server carry out an operation, without the cost of starting a command."""
        record = DataFolder(self.data).record()
        assert record is not None
        return ask(Path(record.socket), operation, arguments, actor="test")

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        assert -signal.SIGKILL == self.process.wait(PATIENCE_SECONDS)


def wait_for(found: Callable[[], Any], complaint: str) -> Any:
    """Ask again and again until there is an answer; what it waits for is another process."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (answer := found()):
        assert time.monotonic() < until, complaint
        time.sleep(0.05)
    return answer


def linger(chance: random.Random, milliseconds: int) -> None:
    """Let a moment drawn from the seed go by, up to so many milliseconds."""
    time.sleep(chance.uniform(0, milliseconds / 1000))
