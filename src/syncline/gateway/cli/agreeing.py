"""What commands that approve have in common: why, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from syncline.gateway.cli.output import say

F = TypeVar("F", bound=Callable[..., Any])


def because_option(command: F) -> F:
    """Add `--because`, given to the function as `because`."""
    return click.option("--because", metavar="WHY", help="Why, for those who read it later.")(command)


def say_agreed(people: Sequence[str], done: str, pending: Sequence[str]) -> None:
    """Say for whom it is done, and for whom a second person has to say so, too."""
    if people:
        say(f"{len(people)} {done}: {', '.join(people)}.")
    if pending:
        say(
            f"{len(pending)} waiting for a second person: {', '.join(pending)}. "
            "Somebody else gives the same command; `approvals pending` shows what waits."
        )
