"""What a person must hear, decided purely: which conditions are new, which last, which are over.

A condition is told once when it begins, again after its reminder's span for as long as it lasts, and once when it is
over. What is told is kept, so a restart repeats nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from syncline.clock import Milliseconds
from syncline.gateway.domain.remedies import Remedy

DAY: Final[Milliseconds] = 86_400_000


class NoticeKind(StrEnum):
    """A kind of condition, as stored and as sent. The order is that of the how-to."""

    DEGRADED = "connection.degraded"
    QUARANTINED = "connection.quarantined"
    HELD = "connection.held"
    RECONNECT_NEEDED = "connection.reconnect-needed"
    SILENCE = "identity-provider.silent"
    TOKEN_ENDS = "token.ends"  # noqa: S105 - a name
    STAGED_LEAVERS = "people.staged"
    PRIVILEGED_GRANTS = "people.privileged"
    WAITING_FOR_SEAT = "people.waiting-for-seat"
    REFUSED_PEOPLE = "people.refused"
    FAILING_PEOPLE = "people.failing"
    MISSING_SET = "account.missing"
    RENAMED_SET = "account.renamed"


@dataclass(frozen=True, slots=True)
class NoticeText:
    """How a kind is told."""

    title: str
    remind_after: Milliseconds | None
    """How long after a message the next one comes while it lasts; None: it is told once."""
    tells_end: bool = True


NOTICES: Final[Mapping[NoticeKind, NoticeText]] = MappingProxyType(
    {
        NoticeKind.DEGRADED: NoticeText("HubSpot has not answered for an hour", None),
        NoticeKind.QUARANTINED: NoticeText("the connection to HubSpot is quarantined", DAY),
        NoticeKind.HELD: NoticeText("the connection to HubSpot is held", DAY),
        NoticeKind.RECONNECT_NEEDED: NoticeText("HubSpot has ended the grant", DAY),
        NoticeKind.SILENCE: NoticeText("the identity provider is silent", 7 * DAY),
        NoticeKind.TOKEN_ENDS: NoticeText("a SCIM token ends soon", None, tells_end=False),
        NoticeKind.STAGED_LEAVERS: NoticeText("leavers are staged and still have access", DAY),
        NoticeKind.PRIVILEGED_GRANTS: NoticeText("privileged permission sets wait for approval", 7 * DAY),
        NoticeKind.WAITING_FOR_SEAT: NoticeText("people wait for a free seat", 7 * DAY),
        NoticeKind.REFUSED_PEOPLE: NoticeText("HubSpot refuses people", 7 * DAY),
        NoticeKind.FAILING_PEOPLE: NoticeText("people keep failing at HubSpot", 7 * DAY),
        NoticeKind.MISSING_SET: NoticeText("a permission set, team or seat is gone from HubSpot", 7 * DAY),
        NoticeKind.RENAMED_SET: NoticeText(
            "a permission set or team was renamed in HubSpot", None, tells_end=False
        ),
    }
)
"""Every kind with its words. What stops everybody, or leaves access open, is told again every day."""


class Stage(StrEnum):
    """Why a message about a condition is sent."""

    RAISED = "raised"
    REMINDED = "reminded"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is so now. `subject` tells apart several of a kind; `says` is a whole sentence.

    Neither it nor `fix` holds a secret, nor more of a person than an operator needs: counts, not names.
    """

    kind: NoticeKind
    subject: str
    says: str
    fix: Remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A condition as it was told: when it began, when somebody last heard of it, when it was over."""

    kind: NoticeKind
    subject: str
    says: str
    fix: Remedy
    raised_at: Milliseconds
    told_at: Milliseconds
    ended_at: Milliseconds | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A message that is due, and the notice as it is once that is kept. `is_told` is False for an end that is quiet."""

    stage: Stage
    notice: Notice

    @property
    def is_told(self) -> bool:
        """Whether a message goes out; quiet ends are only kept."""
        return self.stage is not Stage.ENDED or NOTICES[self.notice.kind].tells_end


def notices_due(before: Iterable[Notice], after: Iterable[Condition], now: Milliseconds) -> tuple[Due, ...]:
    """Return what is to be told: `before` are the notices kept, ended ones included, `after` the conditions now."""
    kept = {(each.kind, each.subject): each for each in before if each.ended_at is None}
    conditions = {(each.kind, each.subject): each for each in after}
    begun = (_told(kept.get(key), condition, now) for key, condition in conditions.items())
    over = (
        Due(Stage.ENDED, replace(notice, ended_at=now))
        for key, notice in kept.items()
        if key not in conditions
    )
    return (*(due for due in begun if due is not None), *over)


def _told(notice: Notice | None, condition: Condition, now: Milliseconds) -> Due | None:
    if notice is None:
        return Due(Stage.RAISED, _notice(condition, raised_at=now, told_at=now))
    span = NOTICES[condition.kind].remind_after
    if span is None or now - notice.told_at < span:
        return None
    return Due(Stage.REMINDED, _notice(condition, raised_at=notice.raised_at, told_at=now))


def _notice(condition: Condition, *, raised_at: Milliseconds, told_at: Milliseconds) -> Notice:
    return Notice(
        kind=condition.kind,
        subject=condition.subject,
        says=condition.says,
        fix=condition.fix,
        raised_at=raised_at,
        told_at=told_at,
    )


FIRST_WAIT: Final[Milliseconds] = 60_000
LONGEST_WAIT: Final[Milliseconds] = 4 * 3_600_000
GIVE_UP_AFTER: Final[Milliseconds] = 3 * DAY
"""As long as Stripe tries a webhook."""


def next_try(created_at: Milliseconds, attempts: int, now: Milliseconds) -> Milliseconds | None:
    """Return when a message that has failed so often is sent again, None when it is given up: after three days."""
    if now - created_at >= GIVE_UP_AFTER:
        return None
    return now + min(FIRST_WAIT << min(max(attempts, 1) - 1, 20), LONGEST_WAIT)
