"""What is so now and somebody must hear of it: pure, from what is known of a tenant to conditions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from syncline.clock import Milliseconds
from syncline.gateway.domain.credentials import is_alive
from syncline.gateway.domain.delivery import FAILING_FROM
from syncline.gateway.domain.health import HOUR, Health, what_helps
from syncline.gateway.domain.holds import HOLDS, HoldReason
from syncline.gateway.domain.notices import DAY, Condition, NoticeKind
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.rules import Rule
from syncline.gateway.domain.tenant import Policy
from syncline.gateway.services.ports import Connection, Event, Token, Totals
from syncline.gateway.services.showing import moment

TOKEN_WARNINGS: Final = (30, 7, 1)
"""Days before a token's end."""
RENAMES_TOLD: Final[Milliseconds] = 7 * DAY

_PEOPLE: Final[Mapping[HoldReason, NoticeKind]] = {
    HoldReason.STAGED_DELETION: NoticeKind.STAGED_LEAVERS,
    HoldReason.PRIVILEGED_GRANT: NoticeKind.PRIVILEGED_GRANTS,
    HoldReason.PERMISSION_SET_MISSING: NoticeKind.MISSING_SET,
    HoldReason.TEAM_MISSING: NoticeKind.MISSING_SET,
    HoldReason.SEAT_MISSING: NoticeKind.MISSING_SET,
    HoldReason.NO_SEAT_FREE: NoticeKind.WAITING_FOR_SEAT,
    HoldReason.REFUSED_BY_HUBSPOT: NoticeKind.REFUSED_PEOPLE,
    HoldReason.RETRIES_EXHAUSTED: NoticeKind.REFUSED_PEOPLE,
}
"""The holds somebody must hear of."""

_STOPPED: Final = {
    Health.QUARANTINED: NoticeKind.QUARANTINED,
    Health.HELD: NoticeKind.HELD,
    Health.RECONNECT_NEEDED: NoticeKind.RECONNECT_NEEDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that the conditions of one tenant are told from."""

    tenant: str
    connection: Connection | None
    totals: Totals
    tokens: Collection[Token] = ()
    renames: Collection[Event] = ()
    """What the log has of permission sets and teams that were renamed or are gone."""
    named: frozenset[str] = frozenset()
    """The ids of those that rules or the policy name."""
    silence_allowed: Milliseconds | None = None
    """None while nobody can say how long the identity provider is usually silent."""
    told: frozenset[NoticeKind] = frozenset()
    """The kinds of the notices that stand."""


def conditions_of(known: Known, now: Milliseconds) -> tuple[Condition, ...]:
    """Return every condition that holds now."""
    return (
        *_of_connection(known, now),
        *_of_silence(known, now),
        *_of_tokens(known, now),
        *_of_people(known),
        *_of_renames(known, now),
    )


def _of_connection(known: Known, now: Milliseconds) -> Iterator[Condition]:
    """Tell how the connection is; what was told to be failing stays so until it is well, resumed or not."""
    connection = known.connection
    if connection is None:
        return
    health, since = connection.health, connection.health_since or now
    fix = what_helps(health, connection.trouble)
    if fix is None:
        return
    cause = connection.trouble_detail or ""
    if health in (Health.DEGRADED, Health.QUARANTINED) and (
        now - since >= HOUR or NoticeKind.DEGRADED in known.told
    ):
        says = f"Nothing reaches HubSpot, or not all of it. {cause}".rstrip()
        yield Condition(NoticeKind.DEGRADED, "", says, fix)
    if health in _STOPPED:
        says = f"The connection is {health.value} since {moment(since)}. {cause}".rstrip()
        yield Condition(_STOPPED[health], "", says, fix)


def _of_silence(known: Known, now: Milliseconds) -> Iterator[Condition]:
    last, allowed = known.totals.last_contact_at, known.silence_allowed
    if last is not None and allowed is not None and now - last > allowed:
        says = (
            f"Nothing has come from the identity provider since {moment(last)}; "
            f"a silence of {allowed / HOUR:.1f} hours is usual at most."
        )
        fix = Remedy(
            "Look at its provisioning log: it may be in quarantine, stopped, or refused. "
            "{log:See what it last asked for}."
        )
        yield Condition(NoticeKind.SILENCE, "", says, fix)


def _of_tokens(known: Known, now: Milliseconds) -> Iterator[Condition]:
    for token in known.tokens:
        if token.expires_at is None or not is_alive(
            expires_at=token.expires_at, revoked_at=token.revoked_at, now=now
        ):
            continue
        left = token.expires_at - now
        within = [days for days in TOKEN_WARNINGS if left <= days * DAY]
        if within:
            days = within[-1]
            yield Condition(
                NoticeKind.TOKEN_ENDS,
                f"{token.id}:{days}",
                f"The SCIM token {token.id} ends at {moment(token.expires_at)}, within {days} day{'s' * (days > 1)}.",
                Remedy(
                    "{make_token:Make the next one}, put it into the identity provider, then revoke the old."
                ),
            )


def _of_people(known: Known) -> Iterator[Condition]:
    for reason, kind in _PEOPLE.items():
        count = known.totals.held.get(reason.value, 0)
        if count:
            says = f"People waiting: {count}. {HOLDS[reason].sentence}"
            fix = Remedy(f"{HOLDS[reason].release.text} {{held:See who it is}}.")
            yield Condition(kind, reason.value, says, fix)
    if known.totals.failing and (known.connection is None or known.connection.health is Health.HEALTHY):
        says = f"HubSpot has failed on {known.totals.failing} people at least {FAILING_FROM} times each."
        fix = Remedy("{retrying:See who it is}, and what HubSpot said last.")
        yield Condition(NoticeKind.FAILING_PEOPLE, "", says, fix)


def _of_renames(known: Known, now: Milliseconds) -> Iterator[Condition]:
    """Only of what rules or the policy name; a set that is gone is told by the people it holds, too."""
    for event in known.renames:
        if event.detail.get("id") in known.named and now - event.at < RENAMES_TOLD:
            fix = Remedy("Point {rules:the rule}, the default role or strip-to at a set or team that exists.")
            if event.detail.get("after") is not None:
                fix = Remedy(
                    "Rules keep to the id, so a new name changes nothing; point {rules:them} elsewhere if it means "
                    "something else now."
                )
            yield Condition(NoticeKind.RENAMED_SET, str(event.seq), event.summary, fix)


def named_ids(rules: Iterable[Rule], policy: Policy) -> frozenset[str]:
    """Return the ids of the permission sets and teams that a tenant's rules and policy name."""
    named = {policy.default_permission_set, policy.strip_to}
    for rule in rules:
        named |= {rule.permission_set_id, rule.primary_team_id, *rule.secondary_team_ids}
    return frozenset(each for each in named if each)
