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
    restore: Callable[..., Any] | None = None
    """`(settings, file, without_key=, actor=, progress=)` puts a backup into an empty data folder."""
    forget_key: Callable[..., Any] | None = None
    """`(settings, actor=)` goes on without a key that is lost."""
    live_check: Callable[..., Any] | None = None
    """`(settings, progress=, …)` tries out what is assumed about HubSpot, on an account that is no tenant's."""
    move_database: Callable[..., Any] | None = None
    """`(settings, to, progress=)` copies everything from the data folder to an empty PostgreSQL database."""
    check_database: Callable[..., Any] | None = None
    """`(settings, recount=)` looks the database over."""


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


def restore(file: Path, *, without_key: bool) -> Any:
    """Put a backup into the data folder, which no server may be using."""
    programs = _programs()

    def work(settings: Settings, progress: Progress) -> Any:
        return _given(programs.restore)(
            settings, file, without_key=without_key, actor=actor(), progress=progress
        )

    return _apart(work)


def forget_key() -> Any:
    """Have the data folder, which no server may be using, go on with another key."""
    programs = _programs()
    return _apart(lambda settings, _progress: _given(programs.forget_key)(settings, actor=actor()))


def move_database(to: str) -> Any:
    """Copy the database of the data folder, which no server may be using, to another database."""
    programs = _programs()
    return _apart(lambda settings, progress: _given(programs.move_database)(settings, to, progress=progress))


def check_database(*, recount: bool = False) -> Any:
    """Look the database over, whether a server uses it or not; `recount` sets counts right, which none may."""
    programs = _programs()
    return _apart(lambda settings, _progress: _given(programs.check_database)(settings, recount=recount))


def live_check(**account: str | None) -> Any:
    """Try out what is assumed about HubSpot; touches no data folder."""
    programs = _programs()
    return _apart(
        lambda settings, progress: _given(programs.live_check)(settings, progress=progress, **account)
    )


def _apart(work: Callable[[Settings, Progress], Any]) -> Any:
    """Run what no server can do for us; whatever refuses it ends the command."""
    from syncline.datafolder import DataFolderError
    from syncline.gateway.cli.output import progress_bar
    from syncline.localsocket import OperationFailed

    settings = settings_of_command()
    try:
        with progress_bar() as progress:
            return work(settings, progress)
    except (OperationFailed, DataFolderError) as error:
        raise click.ClickException(str(error)) from error


def _given(program: Callable[..., Any] | None) -> Callable[..., Any]:
    if program is None:
        raise RuntimeError("the command line was built without this program")
    return program


def server_answers_callbacks() -> bool:
    """Tell whether what a browser sends back finds a server: one on this data folder, or one with a public URL."""
    from syncline.datafolder import DataFolder

    settings = settings_of_command()
    return settings.public_url is not None or DataFolder(settings.data).record() is not None


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
