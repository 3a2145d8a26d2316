"""Playing an identity provider against this server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from syncline.clock import Milliseconds
from syncline.gateway.domain.rehearsal import Script


@dataclass(frozen=True, slots=True)
class Failure:
    """Somebody or something that could not be provisioned, in the words of the provider's own log."""

    who: str
    action: str
    code: str
    reason: str
    advice: str


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal did. `outcomes` counts by kind of object, then by outcome."""

    requests: int
    took: Milliseconds
    outcomes: Mapping[str, Mapping[str, int]]
    failures: Sequence[Failure]
    """The first few; `outcomes` counts all."""
    broken_off: str
    """Why the provider gave up; empty when it did not."""


class Rehearsing(Protocol):
    """Plays rehearsals."""

    async def play(self, script: Script, token: str) -> Rehearsed:
        """Play it to its end with this SCIM token; cancelled, it ends at once. Raises `Unavailable` when it cannot."""
        ...
