"""What commands print: tables and facts for people, JSON for machines, progress on standard error.

Names come from outside, so nothing printed for people may hold control characters, and nothing is read
as markup. rich is imported only when there is a table to draw.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from syncline.localsocket import Progress

_UNPRINTABLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def plain(value: object) -> str:
    """Return text a terminal can show: nothing for None, yes/no for bools, control characters escaped."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in _UNPRINTABLE:
        return character
    return character.encode("unicode_escape").decode("ascii")


def show(result: Any, as_json: bool, render: Callable[[Any], None]) -> None:
    """Print a result as JSON, or let `render` print it for people."""
    if as_json:
        click.echo(json.dumps(result, indent=2))
    else:
        render(result)


def say(text: str) -> None:
    """Print one line for people."""
    click.echo(plain(text))


def advise(text: str) -> None:
    """Print what to do next, with an empty line before it."""
    click.echo("\n" + plain(text))


def heading(text: str) -> None:
    """Print a heading, with an empty line before it."""
    click.echo("\n" + click.style(plain(text), bold=True))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "") -> None:
    """Print a table; `empty` is the sentence when there are no rows."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(plain(cell)) for cell in row))
    if drawn.row_count:
        _console().print(drawn)
    elif empty:
        say(empty)


def facts(entries: Iterable[tuple[str, object]]) -> None:
    """Print labels and values below one another; entries without a value are left out."""
    known = [(label, plain(value)) for label, value in entries if value is not None]
    width = max((len(label) for label, _ in known), default=0)
    for label, value in known:
        click.echo(f"{label:<{width}}  {value}")


def more(result: Mapping[str, Any]) -> None:
    """Say how to go on when a list has another page."""
    if result.get("next") is not None:
        say(f"There is more: add --after {result['next']}")


def holds(held: Sequence[Mapping[str, Any]]) -> None:
    """Print why deliveries are held, and how many for each reason."""
    if held:
        heading("Held")
        table(("count", "why"), [(entry["count"], entry["sentence"]) for entry in held])


def _console() -> Console:
    from rich.console import Console

    # Into a file or a pipe a table is as wide as it needs to be: a machine's lines must not be folded.
    width = None if sys.stdout.isatty() else 400
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Lend a function that draws the progress of a long operation; nothing is drawn unless it is called.

    Without a terminal nothing is drawn at all: logs of scheduled runs stay short.
    """
    with ExitStack() as stack:
        yield _Bar(stack) if sys.stderr.isatty() else _ignore


def _ignore(told: Mapping[str, Any]) -> None:
    del told


class _Bar:
    """Draws one line per stage; rich is imported at the first sign of progress."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._drawing: Any = None
        self._stages: dict[str, Any] = {}

    def __call__(self, told: Mapping[str, Any]) -> None:
        from rich.console import Console
        from rich.progress import Progress as Drawing

        if self._drawing is None:
            self._drawing = self._stack.enter_context(Drawing(console=Console(stderr=True), transient=True))
        stage = plain(told.get("stage", "Working"))
        if stage not in self._stages:
            self._stages[stage] = self._drawing.add_task(stage, total=told.get("total"))
        self._drawing.update(self._stages[stage], completed=told.get("done", 0), total=told.get("total"))
