"""HubSpot's guide is kept to: every statement of the page has tests, and every test it names exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "reference" / "hubspot-scim.md"
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
THROUGH_THE_DOOR = ("integration/portal/", "integration/rehearsal/", "acceptance/")
"""Where tests go through the command line, HTTP or a browser."""


@cache
def run_in(file: str) -> frozenset[str]:
    """Return the names of the tests in a file that are run: skipped and expected failures are not."""
    tree = ast.parse((TESTS / file).read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(
        node.name
        for node in functions
        if node.name.startswith("test_")
        and not any(word in ast.dump(mark) for mark in node.decorator_list for word in ("'skip", "'xfail"))
    )


def rows() -> list[tuple[str, str, str]]:
    return ROW.findall(PAGE.read_text())


def test_the_statements_are_numbered_without_a_gap() -> None:
    numbers = [int(number) for number, _, _ in rows()]

    assert list(range(1, len(numbers) + 1)) == numbers
    assert 46 <= len(numbers)


@pytest.mark.parametrize(("number", "statement", "tests"), rows(), ids=[row[0] for row in rows()])
def test_every_statement_has_tests_that_are_run(number: str, statement: str, tests: str) -> None:
    named = NAMED.findall(tests)

    assert statement.endswith(".")
    assert [f"`{file}::{name}`" for file, name in named] == tests.split(), f"statement {number}"
    for file, name in named:
        assert file.startswith(THROUGH_THE_DOOR), file
        assert name in run_in(file), f"{file} has no test {name}"
