"""Options the portal's commands share, and the way from a command to a use case."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from syncline.datafolder import DataFolderError
from syncline.portal.domain.errors import HubSpotError, SetupError
from syncline.portal.program import open_portal_store
from syncline.portal.store.store import Store
from syncline.sql.errors import StoreError

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def data_option(command: F) -> F:
    """Add `--data`, given to the function as a path."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="SYNCLINE_DATA",
        default="data",
        metavar="DIR",
        help="The data folder (else SYNCLINE_DATA, else ./data).",
    )(command)


def json_option(command: F) -> F:
    """Add `--json`, given to the function as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")(command)


def use(data: Path, case: Callable[[Store], Awaitable[T]]) -> T:
    """Run a use case over the portal's database; what refuses it becomes one sentence and exit code 1."""

    async def run() -> T:
        async with open_portal_store(data) as store:
            return await case(store)

    try:
        return asyncio.run(run())
    except (SetupError, HubSpotError, DataFolderError, StoreError) as error:
        raise click.ClickException(str(error)) from None
