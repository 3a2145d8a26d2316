"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator

import pytest

from tests.docs.repository import ROOT, texts

LONGEST_FILE = 600
LONG_FUNCTION = 40

# Written in pieces, because this file is searched too.
REGISTRIES = (".".join(("pypi", "org")), "".join(("python", "hosted.org")), ".".join(("npmjs", "org")))
INDEX_OPTIONS = ("--index" + "-url", "--extra" + "-index", "--find" + "-links")
MACHINE_PATHS = re.compile("(?<![A-Za-z0-9_.:*-])/(?:" + "|".join(("work", "root", "home/[a-z]+")) + ")/")


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lengths() -> list[int]:
    return [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path, source in texts(".py")
        if path.startswith("src/")
        for node in functions(source)
    ]


def test_no_file_is_longer_than_600_lines() -> None:
    long = {path: len(text.splitlines()) for path, text in texts(".py")}

    assert {} == {path: lines for path, lines in long.items() if lines > LONGEST_FILE}


def test_half_of_the_functions_have_at_most_14_lines() -> None:
    assert statistics.median(lengths()) <= 14


def test_nine_functions_in_ten_have_fewer_than_40_lines() -> None:
    measured = lengths()

    assert sum(lines >= LONG_FUNCTION for lines in measured) <= len(measured) / 10


@pytest.mark.parametrize("word", [*REGISTRIES, *INDEX_OPTIONS])
def test_no_file_names_a_package_registry(word: str) -> None:
    assert [] == [path for path, text in texts() if word in text.lower()]


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    assert [] == [
        f"{path}: {match.group()}" for path, text in texts() for match in MACHINE_PATHS.finditer(text)
    ]


def test_every_locked_requirement_carries_its_hashes() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        named = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]

        assert [] == [line.split()[0] for line in named if "--hash=sha256:" not in line]


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "helpers", "manager", "common", "misc"}

    assert [] == [path for path, _ in texts(".py") if drawers & set(path.removesuffix(".py").split("/"))]


def test_no_function_handles_or_processes() -> None:
    vague = re.compile(r"^_?(handle|process|manage)_")

    assert [] == [
        f"{path}: {node.name}"
        for path, source in texts(".py")
        if path.startswith("src/")
        for node in functions(source)
        if vague.match(node.name)
    ]
