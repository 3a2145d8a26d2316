"""The validation tables: what was expected, what HubSpot's API says, and whether they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a table."""

    what: str
    expected: object
    found: object

    @property
    def holds(self) -> bool:
        """Whether HubSpot says what was expected."""
        return self.expected == self.found


@dataclass
class Verdict:
    """All checks made so far."""

    checks: list[Check] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    def show(self, console: Console, title: str, checks: Sequence[Check]) -> None:
        """Print a table of checks and remember them."""
        self.checks += checks
        table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
        for column in ("", "check", "expected", "found"):
            table.add_column(column)
        for check in checks:
            mark, style = ("✔", "green") if check.holds else ("✘", "bold red")
            table.add_row(
                Text(mark, style), check.what, _said(check.expected), Text(_said(check.found), style)
            )
        self.tables.append(table)
        console.print(table)

    @property
    def holds(self) -> bool:
        """Whether every check held, and there were some."""
        return bool(self.checks) and all(check.holds for check in self.checks)

    @property
    def failed(self) -> list[Check]:
        """The checks that did not hold."""
        return [check for check in self.checks if not check.holds]


def _said(value: object) -> str:
    """Return a value as people say it."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
