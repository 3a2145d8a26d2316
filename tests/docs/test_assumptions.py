"""The page of assumptions names every flag of an account with its default, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from syncline.portal.domain.account import Flags

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "assumptions.md"
FLAG = re.compile(r"\| `(\w+)` = \*\*(\w+)\*\*, (\w+) \|")
STATUSES = ("documented", "observed", "assumed")


def _text(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def test_every_flag_is_explained_with_its_default_and_the_other_value() -> None:
    rows = FLAG.findall(PAGE.read_text())

    defaults = msgspec.to_builtins(Flags())
    assert {name: _text(value) for name, value in defaults.items()} == {row[0]: row[1] for row in rows}
    for name, default, other in rows:
        assert default != _text(getattr(Flags().having(name, other), name))
    assert len(defaults) == len(rows)


def test_every_assumption_has_a_status() -> None:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    rows = [row for row in rows if row[0] != "Assumption"]

    assert len(rows) > 30
    for row in rows:
        assert len(row) == 5, row
        assert row[2].startswith(STATUSES), row
