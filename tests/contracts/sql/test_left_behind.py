"""A test run that was killed leaves its PostgreSQL server behind; the next run ends it, and no other."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import pytest

from tests.support.postgres import PREFIX, PostgresServer, postgres_server, running, sweep

__all__ = ["postgres_server"]

RUN = """
import sys
from tests.support.postgres import PostgresServer
server = PostgresServer(sys.argv[1])
print("up", flush=True)
sys.stdin.read()
"""


@pytest.mark.postgres
def test_only_the_server_of_a_run_that_is_gone_is_ended(postgres_server: PostgresServer) -> None:
    run = uuid.uuid4().hex
    folder = Path(tempfile.gettempdir()) / f"{PREFIX}{run}"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", RUN, run], text=True, **pipes) as child:  # type: ignore[call-overload]
        try:
            assert "up\n" == child.stdout.readline()
            server = running(folder / "data")
            sweep()
            assert (True, True) == (server.is_running(), folder.exists())
        finally:
            child.kill()

    assert server.is_running()
    sweep()

    assert not server.is_running()
    assert not folder.exists()
    with postgres_server.database() as url:
        assert url


def test_what_a_run_left_that_was_killed_before_it_joined_is_removed() -> None:
    folder = Path(tempfile.gettempdir()) / f"{PREFIX}{uuid.uuid4().hex}"
    folder.mkdir()
    (folder / "lock").touch()

    sweep()

    assert not folder.exists()
