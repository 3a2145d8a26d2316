"""The gateway at work: as a server, or within one command for a data folder no server works on."""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from syncline.bootstrap.gateway import Gateway, open_gateway

if TYPE_CHECKING:
    from syncline.gateway.services.calling import Operation
    from syncline.localsocket import Call, Progress
    from syncline.settings import Settings

_log = logging.getLogger(__name__)


def serve(settings: Settings) -> None:
    """Run the server until it is told to stop."""
    import click

    from syncline import httpserver
    from syncline.datafolder import DataFolder, DataFolderError
    from syncline.sql.errors import StoreError
    from syncline.telemetry.logging import configure

    configure(settings.log_level, settings.log_format)
    # A SCIM write passes between threads a dozen times: beside a long read it must not wait 5 ms for each.
    sys.setswitchinterval(0.001)
    try:
        with DataFolder(settings.data).hold():
            httpserver.run(partial(_serve, settings))
    except (DataFolderError, StoreError, httpserver.CannotListen) as error:
        raise click.ClickException(str(error)) from error


async def _serve(settings: Settings) -> None:
    import os

    from syncline import httpserver
    from syncline.datafolder import DataFolder, ServerRecord
    from syncline.localsocket import listen

    folder = DataFolder(settings.data)
    with httpserver.bind(settings.host, settings.port) as listener, folder.socket_path() as socket_path:
        port = listener.getsockname()[1]
        address, here = settings.address(port), replace(settings, public_url=None).address(port)
        async with (
            open_gateway(
                settings, lambda: address, deliver=settings.worker, serving=True, here=lambda: here
            ) as gateway,
            listen(socket_path, _call(gateway.operations)),
        ):

            def announce() -> None:
                local = f"http://{settings.host}:{port}"
                folder.publish(ServerRecord(os.getpid(), local, address, str(socket_path)))
                _log.info("Syncline listens on %s; SCIM is at %s/scim/v2", local, address)

            await _welcome(gateway)
            await httpserver.serve(gateway.application, listener, on_listening=announce)


async def _welcome(gateway: Gateway) -> None:
    """While nobody owns the console, print the link by which its first owner comes in: to a person, not to the log."""
    import click

    if not await gateway.store.operators.has_owner():
        made = await gateway.operations["operator.link"]("serve")
        click.echo(f"Nobody owns the console yet. This link makes its first owner, once: {made['link']}")


@asynccontextmanager
async def local_operations(settings: Settings) -> AsyncIterator[Call]:
    """Run operations in this process, for a data folder no server works on; delivers nothing by itself."""
    from syncline.localsocket import OperationFailed
    from syncline.sql.errors import StoreError

    try:
        async with open_gateway(settings, settings.address, deliver=False) as gateway:
            yield _call(gateway.operations)
    except StoreError as error:
        raise OperationFailed("unavailable", str(error)) from error


def _call(table: Mapping[str, Operation]) -> Call:
    from syncline.gateway.domain.errors import DomainError
    from syncline.gateway.services.operations import run_operation
    from syncline.localsocket import OperationFailed
    from syncline.sql.errors import StoreError

    async def call(operation: str, arguments: Mapping[str, Any], *, actor: str, progress: Progress) -> Any:
        try:
            return await run_operation(table, operation, actor, arguments, progress)
        except DomainError as error:
            raise OperationFailed(error.kind, error.message) from error
        except StoreError as error:
            raise OperationFailed("unavailable", str(error)) from error

    return call


@contextmanager
def in_words() -> Iterator[None]:
    """Turn whatever refuses into what the command line understands."""
    from syncline.gateway.domain.errors import DomainError
    from syncline.localsocket import OperationFailed
    from syncline.sql.errors import StoreError

    try:
        yield
    except DomainError as error:
        raise OperationFailed(error.kind, error.message) from error
    except StoreError as error:
        raise OperationFailed("unavailable", str(error)) from error
