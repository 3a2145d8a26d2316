"""The seam between commands and operations: the running server if there is one, else this process."""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from syncline.datafolder import DataFolder
    from syncline.localsocket import Call, Progress
    from syncline.settings import Settings

DATA = "syncline.gateway.cli.data"
"""Where a command keeps what `--data` said, in click's `meta`."""

PATIENCE_MS = 10_000
"""How long a command waits for a server that is starting, or for another command, before it gives up."""


@dataclass(frozen=True, slots=True)
class Programs:
    """What the command line starts; given by the composition root, so that no command imports it."""

    local_operations: Callable[[Settings], AbstractAsyncContextManager[Call]]
    serve: Callable[[Settings], None]


def call(operation: str, **arguments: Any) -> Any:
    """Run one operation of the gateway and return its result; arguments that are None are left out.

    Whatever refuses it ends the command: `Error: sentence` on standard error and exit code 1.
    """
    from syncline.datafolder import DataFolderError
    from syncline.gateway.cli.output import progress_bar
    from syncline.localsocket import OperationFailed

    settings = settings_of_command()
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        with progress_bar() as progress:
            return _Reach(settings, _programs(), progress).run(operation, given)
    except (OperationFailed, DataFolderError) as error:
        raise click.ClickException(str(error)) from error


def settings_of_command(**given: str | bool | None) -> Settings:
    """Read the settings as this command line and the environment give them; a bad one ends the command."""
    from syncline.settings import SettingError, read_settings

    try:
        return read_settings(os.environ, data=click.get_current_context().meta.get(DATA), **given)
    except SettingError as error:
        raise click.ClickException(str(error)) from error


def serve(settings: Settings) -> None:
    """Run the server until it is told to stop."""
    _programs().serve(settings)


def actor() -> str:
    """Return the name this command's doings are recorded under: the person behind sudo, else the user."""
    try:
        return "cli:" + (os.environ.get("SUDO_USER") or getpass.getuser())
    except (KeyError, OSError):
        return f"cli:uid-{os.getuid()}"


def _programs() -> Programs:
    programs = click.get_current_context().find_object(Programs)
    if programs is None:
        raise RuntimeError("the command line was not built by command_line()")
    return programs


class _Reach:
    """Have an operation run: at the server, else in this process, trying again until patience ends."""

    def __init__(self, settings: Settings, programs: Programs, progress: Progress) -> None:
        from syncline.datafolder import DataFolder

        self._settings = settings
        self._folder: DataFolder = DataFolder(settings.data)
        self._programs = programs
        self._progress = progress

    def run(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        from syncline.datafolder import DataFolderInUse
        from syncline.localsocket import NoServer

        self._refuse_missing_folder(operation)
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while True:
            try:
                return self._at_server(operation, arguments)
            except NoServer:
                try:
                    return self._here(operation, arguments)
                except DataFolderInUse:
                    if time.monotonic() > deadline:
                        raise
            time.sleep(0.1)

    def _refuse_missing_folder(self, operation: str) -> None:
        """Refuse a folder that is not there: a mistyped `--data` must not answer like an empty gateway."""
        from syncline.datafolder import DataFolderError

        if operation == "tenant.create" or self._settings.database_url or self._folder.path.exists():
            return
        raise DataFolderError(
            f"There is no data folder {self._folder.path}; name the right one with --data or SYNCLINE_DATA, "
            "or begin with: syncline tenant create NAME"
        )

    def _at_server(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        from syncline.localsocket import NoServer, ask

        record = self._folder.record()
        if record is None:
            raise NoServer
        return ask(Path(record.socket), operation, arguments, actor=actor(), progress=self._progress)

    def _here(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        import asyncio

        with self._folder.hold():
            return asyncio.run(self._in_process(operation, arguments))

    async def _in_process(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        async with self._programs.local_operations(self._settings) as run:
            return await run(operation, arguments, actor=actor(), progress=self._progress)
