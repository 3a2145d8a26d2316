"""What a refusal, a fault or a silence of HubSpot means: one pure table.

Source: HubSpot's error-handling page and usage guidelines, and what was seen live.
Every field of an error body is optional to us; a body in another shape is classified by its status alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from syncline.clock import Milliseconds
from syncline.gateway.domain import retry
from syncline.gateway.hubspot.call import Answer, Call, Channel
from syncline.gateway.hubspot.reply import Reply, read_reply
from syncline.gateway.hubspot.waits import asked_wait

BILLING_SCOPE = "settings.billing.write"


class FailureKind(StrEnum):
    """What a failed call means for what comes next."""

    RETRY = "retry"
    RATE_LIMITED = "rate-limited"
    HELD = "held"
    """HubSpot refuses this person and will again; the sentence says what an admin must do."""
    HELD_TENANT = "held-tenant"
    """Nothing more may be sent for the whole tenant until an admin has looked."""
    NO_SEAT = "no-seat"
    """No seat is free, or one that was just freed does not count yet."""
    CONNECTION = "connection"
    """The credential, its scopes or the address: nobody's change can work."""
    PENDING = "pending"
    """Not a failure: HubSpot takes names only after the person's first sign-in."""
    UNKNOWN_OUTCOME = "unknown-outcome"
    """The reply was lost: what HubSpot did is found out by reading before anything is sent again."""
    GONE = "gone"
    """The user is not there any more: read the account again, then decide again."""


_RETRIED_AS = {
    FailureKind.HELD_TENANT: retry.FailureKind.HELD,
    FailureKind.GONE: retry.FailureKind.RETRY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a change did not reach HubSpot. `sentence` is for an admin and holds no secret.

    `retry_at_hint` is the earliest moment HubSpot asks to be tried again, None when it asks for none.
    """

    kind: FailureKind
    code: str
    sentence: str
    retry_at_hint: Milliseconds | None = None
    status: int | None = None
    correlation_id: str | None = None

    @property
    def is_outage(self) -> bool:
        """Whether HubSpot or the way to it failed, which may have nothing to do with the person it was about."""
        return self.code in _OUTAGES

    @property
    def reached_hubspot(self) -> bool:
        """Whether the call may have got as far as HubSpot."""
        return self.code not in ("UNREACHABLE", "UNAVAILABLE")

    @property
    def retry_as(self) -> retry.FailureKind:
        """The kind as `domain.retry.decide_retry` knows it: gone is retried, a held tenant holds the person too."""
        return _RETRIED_AS.get(self.kind) or retry.FailureKind(self.kind.value)


def classify(call: Call, answer: Answer, time_zone: str | None = None) -> Failure:
    """Return what an answer that did not succeed means.

    `time_zone` is the account's, whose midnight ends a daily limit (UTC when it is unknown).
    """
    reply = read_reply(call, answer)
    row = next(row for row in _TABLE if row.matches(reply))
    wait = asked_wait(answer, time_zone)
    return Failure(
        kind=row.kind,
        code=row.code,
        sentence=row.sentence.format(
            channel=_CHANNELS[call.channel],
            message=f"HubSpot says: {reply.message}" if reply.message else "It gives no reason.",
            scopes=", ".join(reply.scopes) or "it does not say which",
            status=answer.status,
            error=answer.error or "the reply was not what was expected",
        ),
        retry_at_hint=None if wait is None else answer.at + wait,
        status=answer.status,
        correlation_id=reply.correlation_id,
    )


def pause_after(answer: Answer, time_zone: str | None = None) -> Milliseconds | None:
    """Return the moment before which no call at all may be sent, None when HubSpot set no limit (no 429)."""
    if answer.status != 429:
        return None
    wait = asked_wait(answer, time_zone)
    return None if wait is None else answer.at + wait


@dataclass(frozen=True, slots=True)
class _Row:
    code: str
    kind: FailureKind
    matches: Callable[[Reply], bool]
    sentence: str


_CHANNELS = {Channel.API: "API channel", Channel.SCIM: "SCIM channel", Channel.OAUTH: "OAuth endpoint"}
_OUTAGES = frozenset(
    {
        "UNREACHABLE",
        "REPLY_LOST",
        "NO_REPLY",
        "BLOCKED_ON_THE_WAY",
        "MIGRATING",
        "TIMED_OUT",
        "UNAVAILABLE",
        "SERVER_ERROR",
    }
)
_NEVER_REACHED = frozenset({503, 521, 522, 523, 525, 526, 530})
_REFUSALS = frozenset({400, 403, 409, 422})
_ONE_USER = (".get", ".update", ".remove")


def _status(*statuses: int) -> Callable[[Reply], bool]:
    return lambda reply: reply.status in statuses


def _refusal(*markers: str) -> Callable[[Reply], bool]:
    return lambda reply: reply.status in _REFUSALS and reply.mentions(*markers)


def _about_field(*fields: str) -> Callable[[Reply], bool]:
    return lambda reply: reply.status in _REFUSALS and not reply.fields.isdisjoint(fields)


def _needs_billing(reply: Reply) -> bool:
    if reply.status == 403:
        return reply.scopes == (BILLING_SCOPE,)
    return reply.status in _REFUSALS and reply.mentions("BILLING")


def _user_is_gone(reply: Reply) -> bool:
    about_user = reply.status in {404, 410} and reply.purpose.endswith(_ONE_USER)
    return about_user and (reply.from_hubspot or reply.empty)


def _server_error(reply: Reply) -> bool:
    return reply.status is not None and reply.status >= 500


def _unreadable(reply: Reply) -> bool:
    return reply.status is not None and 200 <= reply.status < 300


_TABLE: tuple[_Row, ...] = (
    _Row(
        "UNREACHABLE",
        FailureKind.RETRY,
        lambda reply: reply.status is None and not reply.sent,
        "HubSpot could not be reached over the {channel}: {error}. Nothing was sent; it is tried again by itself.",
    ),
    _Row(
        "REPLY_LOST",
        FailureKind.UNKNOWN_OUTCOME,
        lambda reply: reply.status is None and not reply.repeatable,
        "HubSpot's reply was lost: {error}. What it did is found out by reading before anything is sent again.",
    ),
    _Row(
        "NO_REPLY",
        FailureKind.RETRY,
        lambda reply: reply.status is None,
        "HubSpot did not reply over the {channel}: {error}. The call is repeated by itself; twice does no harm.",
    ),
    _Row(
        "UNREADABLE_REPLY",
        FailureKind.UNKNOWN_OUTCOME,
        lambda reply: _unreadable(reply) and not reply.repeatable,
        "HubSpot accepted the call, but its reply could not be read: {error}. What it did is found out by reading.",
    ),
    _Row(
        "UNREADABLE_REPLY",
        FailureKind.RETRY,
        _unreadable,
        "HubSpot's reply could not be read: {error}. The call is repeated by itself.",
    ),
    _Row(
        "REDIRECTED",
        FailureKind.CONNECTION,
        lambda reply: reply.status is not None and 300 <= reply.status < 400,
        "The address of the {channel} answers with a redirect, which is never followed. Check the base URL.",
    ),
    _Row(
        "RATE_LIMITED",
        FailureKind.RATE_LIMITED,
        _status(429),
        "HubSpot's rate limit is reached. {message} It is tried again by itself when the limit allows.",
    ),
    _Row(
        "INVALID_AUTHENTICATION",
        FailureKind.CONNECTION,
        _status(401),
        "HubSpot does not accept the credential of the {channel}.",
    ),
    _Row(
        "BILLING_SCOPE_MISSING",
        FailureKind.HELD,
        _needs_billing,
        f"This takes a paid seat, and the credential lacks the scope {BILLING_SCOPE}. "
        "Add the scope to the app and renew the token, or choose an unpaid permission set or no seat.",
    ),
    _Row(
        "MISSING_SCOPES",
        FailureKind.CONNECTION,
        lambda reply: reply.status == 403 and reply.mentions("MISSING_SCOPES"),
        "The credential of the {channel} lacks scopes; one of these is needed: {scopes}. "
        "Add it to the app in HubSpot, then renew the credential.",
    ),
    _Row(
        "BLOCKED_ON_THE_WAY",
        FailureKind.RETRY,
        lambda reply: reply.status == 403 and not reply.from_hubspot and not reply.empty,
        "Something between Syncline and HubSpot answered {status} in HubSpot's place. Check proxies and the base URL.",
    ),
    _Row(
        "GONE",
        FailureKind.GONE,
        _user_is_gone,
        "The user is no longer in the HubSpot account. The account is read again before anything else is sent.",
    ),
    _Row(
        "WRONG_ADDRESS",
        FailureKind.CONNECTION,
        _status(404, 410),
        "The address of the {channel} does not know this call. Check the base URL.",
    ),
    _Row(
        "USER_NOT_ON_ANY_HUBS",
        FailureKind.PENDING,
        _refusal("USER_NOT_ON_ANY_HUBS"),
        "HubSpot takes the name only after the person has accepted the invitation: waits for first sign-in.",
    ),
    _Row(
        "NO_SEAT_AVAILABLE",
        FailureKind.NO_SEAT,
        _refusal("NO_SEAT_AVAILABLE", "NO SEAT AVAILABLE"),
        "No seat is free. Buy or free one in HubSpot, or choose another permission set or seat. "
        "Right after a removal HubSpot may need some minutes to count the seat as free: it is tried again by itself "
        "for half an hour.",
    ),
    _Row(
        "MANAGED_BY_SCIM",
        FailureKind.HELD,
        _refusal("MANAGED_BY_SCIM", "MANAGED BY YOUR IDENTITY PROVIDER", "MANAGED THROUGH SCIM"),
        "HubSpot lets only its SCIM channel change this person. {message} Connect the SCIM channel.",
    ),
    _Row(
        "LAST_SUPER_ADMIN",
        FailureKind.HELD,
        _refusal("LAST_SUPER_ADMIN", "LAST SUPER ADMIN"),
        "This is the last super admin of the account. Make somebody else a super admin in HubSpot first.",
    ),
    _Row(
        "SUPER_ADMIN",
        FailureKind.HELD,
        _refusal("SUPER_ADMIN", "SUPER ADMIN"),
        "HubSpot's API can neither make a super admin nor unmake one. Change this person in HubSpot itself.",
    ),
    _Row(
        "NO_PERMISSION_SETS",
        FailureKind.HELD,
        _refusal("ACCESS TO ROLES"),
        "The HubSpot account has no permission sets (they need Enterprise). Take them out of the rules.",
    ),
    _Row(
        "DOMAIN_NOT_VERIFIED",
        FailureKind.HELD,
        lambda reply: reply.status in _REFUSALS and reply.mentions("DOMAIN") and reply.mentions("VERIF"),
        "HubSpot's SCIM takes only addresses of verified domains. {message} Add the domain in HubSpot.",
    ),
    _Row(
        "ALREADY_EXISTS",
        FailureKind.HELD,
        lambda reply: reply.says_exists,
        "HubSpot says that this user exists already. {message}",
    ),
    _Row(
        "UNKNOWN_PERMISSION_SET",
        FailureKind.HELD,
        _about_field("roleId", "roleIds", "roles"),
        "HubSpot does not accept the permission set. {message} Check that it still exists and may be assigned.",
    ),
    _Row(
        "UNKNOWN_TEAM",
        FailureKind.HELD,
        _about_field("primaryTeamId", "secondaryTeamIds"),
        "HubSpot does not accept a team. {message} Check that it still exists.",
    ),
    _Row(
        "UNKNOWN_SEAT",
        FailureKind.HELD,
        _about_field("seatNames"),
        "HubSpot does not accept a seat. {message} Check that it still exists.",
    ),
    _Row(
        "BAD_EMAIL",
        FailureKind.HELD,
        lambda reply: (
            reply.status in {400, 422} and (reply.mentions("INVALID_EMAIL") or "email" in reply.fields)
        ),
        "HubSpot does not accept the e-mail address. {message} Correct it in the directory.",
    ),
    _Row(
        "FORBIDDEN",
        FailureKind.HELD,
        _status(403),
        "HubSpot forbids this over the {channel}. {message}",
    ),
    _Row(
        "CONFLICT",
        FailureKind.RETRY,
        _status(409, 412),
        "HubSpot had a conflict. {message} It is tried again.",
    ),
    _Row(
        "LOCKED",
        FailureKind.RETRY,
        _status(423),
        "HubSpot is busy with this user or account. It is tried again by itself.",
    ),
    _Row(
        "MIGRATING",
        FailureKind.RETRY,
        _status(477),
        "HubSpot is moving this account to another data centre, which may take hours. It is tried again by itself.",
    ),
    _Row(
        "TIMED_OUT", FailureKind.RETRY, _status(408, 425), "HubSpot asks to be tried again later ({status})."
    ),
    _Row(
        "NOT_SUPPORTED",
        FailureKind.HELD,
        _status(405, 501),
        "HubSpot does not offer this over the {channel}. {message}",
    ),
    _Row(
        "UNAVAILABLE",
        FailureKind.RETRY,
        lambda reply: reply.status in _NEVER_REACHED,
        "HubSpot is not available ({status}). It is tried again by itself.",
    ),
    _Row(
        "SERVER_ERROR",
        FailureKind.UNKNOWN_OUTCOME,
        lambda reply: _server_error(reply) and not reply.repeatable,
        "HubSpot failed ({status}) and may have carried the call out all the same. That is found out by reading.",
    ),
    _Row(
        "SERVER_ERROR",
        FailureKind.RETRY,
        _server_error,
        "HubSpot failed ({status}). It is tried again by itself.",
    ),
    _Row("REFUSED", FailureKind.HELD, lambda _reply: True, "HubSpot refuses this ({status}). {message}"),
)
"""Looked through in order; the first row that matches decides, and the last one always does."""
