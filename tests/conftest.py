"""What holds for every test: cheap passwords, answers as described, and at its end a word on what a run skipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest
from argon2 import PasswordHasher

from syncline.gateway.services import passwords
from syncline.portal.domain import passwords as portal_passwords
from tests.support import answers

answers.watch()


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hash at the least cost in this process: a hash is meant to take long, and thousands of tests begin with some."""
    least = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "PasswordHasher", least)
        patch.setattr(portal_passwords, "_COST", 2)
        yield


@pytest.fixture(autouse=True)
def answers_are_as_described() -> Iterator[None]:
    """Fail a test in which an operation has answered otherwise than the API's description says."""
    answers.violations.clear()
    yield
    assert [] == answers.violations, "Describe it: see tests/docs/answers.py"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count skipped tests by reason, where nobody can overlook them."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(_reason(report) for report in skipped)
    if reasons:
        terminalreporter.section(f"NOT RUN: {len(skipped)} tests were skipped", yellow=True, bold=True)
        for reason, count in reasons.most_common():
            terminalreporter.line(f"{count:>5}  {reason}", yellow=True)


def _reason(report: pytest.TestReport) -> str:
    place = report.longrepr
    if isinstance(place, tuple):
        return str(place[2]).removeprefix("Skipped: ")
    return str(place)
