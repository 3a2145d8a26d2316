"""Findings: what was looked at, how it is, and what would help."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How bad it is: `warn` will hurt some day, `bad` hurts now."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. Whatever is not well says how to make it so."""

    check: str
    level: Level
    says: str
    fix: str | None = None
    tenant: str | None = None

    def shown(self) -> dict[str, Any]:
        """Return it for people and machines."""
        return asdict(self)


def ok(check: str, says: str, *, tenant: str | None = None) -> Finding:
    """Return a finding of something that is well."""
    return Finding(check, Level.OK, says, None, tenant)


def warn(check: str, says: str, fix: str, *, tenant: str | None = None) -> Finding:
    """Return a finding of something that will hurt some day."""
    return Finding(check, Level.WARN, says, fix, tenant)


def bad(check: str, says: str, fix: str, *, tenant: str | None = None) -> Finding:
    """Return a finding of something that hurts now."""
    return Finding(check, Level.BAD, says, fix, tenant)
