"""What the portal's commands print: tables and facts for people, JSON for machines.

Names come from outside: control characters are escaped, and nothing is read as markup.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click


def show(result: Mapping[str, Any], as_json: bool, render: Callable[[Mapping[str, Any]], None]) -> None:
    """Print a result as JSON, or let `render` print it for people."""
    if as_json:
        click.echo(json.dumps(result, indent=2))
    else:
        render(result)


def facts(entries: Iterable[tuple[str, object]]) -> None:
    """Print labels and values below one another; entries without a value are left out."""
    known = [(label, plain(value)) for label, value in entries if value not in (None, "", [])]
    width = max((len(label) for label, _ in known), default=0)
    for label, value in known:
        click.echo(f"{label:<{width}}  {value}")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print a table, or the sentence `empty` when there are no rows."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(plain(cell)) for cell in row))
    if not drawn.row_count:
        click.echo(empty)
        return
    # Into a pipe a table is as wide as it needs to be: a machine's lines must not be folded.
    width = None if sys.stdout.isatty() else 400
    Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False).print(drawn)


def plain(value: object) -> str:
    """Return text a terminal can show: yes/no for switches, lists with commas, control characters escaped."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(plain, value))
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in str(value)
    )
