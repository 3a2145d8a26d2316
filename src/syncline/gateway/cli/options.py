"""Options that commands share: `--data`, `--json`, paging, on/off, secrets from standard input."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from syncline.gateway.cli.seam import DATA

F = TypeVar("F", bound=Callable[..., Any])


def _remember_data(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.meta[DATA] = value


class Command(click.Command):
    """A command that takes `--data`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(
                ["--data"],
                metavar="DIR",
                expose_value=False,
                is_eager=True,
                callback=_remember_data,
                help="The data folder (else SYNCLINE_DATA, else ./data).",
            )
        )


class Noun(click.Group):
    """The group of one noun; its commands take `--data`."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"no_args_is_help": True, **kwargs})


class _OnOff(click.Choice[str]):
    """`on` or `off` on the command line, a bool behind it."""

    def __init__(self) -> None:
        super().__init__(["on", "off"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(value, param, ctx) == "on"


ON_OFF = _OnOff()

_PAGE = click.IntRange(1, 500)

tenant_argument = click.argument("tenant")


def as_json(command: F) -> F:
    """Add `--json`, given to the function as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")(command)


def paged(command: F) -> F:
    """Add `--limit` and `--after` to a list."""
    after = click.option("--after", metavar="CURSOR", help="Go on where an earlier page ended.")
    limit = click.option("--limit", type=_PAGE, default=50, show_default=True, help="How many to show.")
    return limit(after(command))


def secret(value: str | None, what: str) -> str | None:
    """Return a secret from the command line; `-` asks for it, or reads one line of standard input."""
    if value != "-":
        return value
    stream = sys.stdin
    if stream.isatty():
        return getpass.getpass(f"{what}: ").strip()
    line = str(stream.readline()).strip()
    if not line:
        raise click.UsageError(f"{what} should come from standard input, but that is empty.")
    return line
