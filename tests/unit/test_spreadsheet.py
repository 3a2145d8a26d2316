"""Cells that a spreadsheet would run as formulas."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.gateway.services.spreadsheet import csv_line


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_is_quoted_away(beginning: str) -> None:
    [[cell]] = csv.reader([csv_line([beginning + "1+1"])])

    assert "'" + beginning + "1+1" == cell


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=4))
def test_no_cell_begins_as_a_formula_does(cells: list[str]) -> None:
    [read] = csv.reader([csv_line(cells)], strict=True) if "\n" not in "".join(cells) else [[]]

    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in read)


def test_nothing_is_an_empty_cell() -> None:
    assert ",a\r\n" == csv_line([None, "a"])
