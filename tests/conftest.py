"""What every run of the tests says at its end: which tests did not run, and why."""

from __future__ import annotations

from collections import Counter

import pytest


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
