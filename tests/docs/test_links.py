"""Links inside the repository lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.repository import ROOT, files

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in _HEADING.findall(text)
    }


def broken(page: Path) -> list[str]:
    found = []
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path) if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            found.append(f"{page.relative_to(ROOT)}: {target}")
    return found


def test_links_inside_the_repository_lead_somewhere() -> None:
    assert [] == [link for page in files(".md") for link in broken(page)]


def test_the_tests_that_hold_a_promise_exist() -> None:
    named = re.findall(r"`(tests/[^`]+)`", (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8"))

    assert [] == [path for path in named if not (ROOT / path).exists()]


def test_every_page_of_the_documentation_is_in_its_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {
        page.relative_to(ROOT / "docs").as_posix() for page in files(".md") if ROOT / "docs" in page.parents
    }

    assert set() == pages - {"README.md"} - set(_LINK.findall(index))
