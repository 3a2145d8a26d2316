"""What every run of the tests says at its end: which tests did not run, and why; and what it looks at in every test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support import answers

answers.watch()


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
