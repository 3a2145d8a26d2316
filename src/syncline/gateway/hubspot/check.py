"""The connection check: what each channel can and cannot do for this tenant, found by calls that change nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

from syncline.gateway.domain.account import PermissionSet, Team
from syncline.gateway.hubspot import api_calls, scim_calls
from syncline.gateway.hubspot.account import (
    NO_TEAMS,
    Details,
    Reader,
    read_details,
    read_permission_sets,
    read_teams,
)
from syncline.gateway.hubspot.call import Call, Channel
from syncline.gateway.hubspot.crm_conversation import reach_records
from syncline.gateway.hubspot.failures import BILLING_SCOPE, Failure
from syncline.gateway.hubspot.granted import NO_TOKEN
from syncline.gateway.hubspot.limits import Limits
from syncline.gateway.hubspot.same_account import lead_to_one_account
from syncline.gateway.hubspot.talk import Conversation, Refusal

MOST_CALLS: Final = 14
"""No check puts more calls than this."""

NOBODY: Final = "nobody-9d1c2f6ab04e4d53@syncline.invalid"
"""An e-mail no user can have: nothing is ever registered under ``.invalid`` (RFC 2606 §2)."""


@dataclass(frozen=True, slots=True)
class ChannelReport:
    """What one channel can and cannot do, in words. `ok` when it can do what it is there for."""

    channel: Channel
    ok: bool
    can: tuple[str, ...]
    cannot: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The findings. A list that could not be read is None, never empty.

    `users` counts the people of the account, of its first 100 if `more_users`. `same_account` tells whether both
    channels lead to one account, None while that cannot be told. `missing` says what an admin should do, most urgent
    first; it is empty when nothing is in the way of what the tenant is connected for.
    """

    details: Details | None
    permission_sets: tuple[PermissionSet, ...] | None
    teams: tuple[Team, ...] | None
    users: int | None
    more_users: bool
    limits: Limits | None
    channels: tuple[ChannelReport, ...]
    same_account: bool | None
    missing: tuple[str, ...]
    calls_spent: int

    def shown(self) -> dict[str, Any]:
        """Return it as `connection check` shows it; what could not be read is null."""
        sets, teams = self.permission_sets, self.teams
        return {
            "portal_id": self.details.portal_id if self.details else None,
            "account_type": self.details.account_type if self.details else None,
            "permission_sets": None
            if sets is None
            else [{"id": each.id, "name": each.name, "paid": each.requires_billing_write} for each in sets],
            "teams": None if teams is None else [{"id": each.id, "name": each.name} for each in teams],
            "users": self.users,
            "channels": [
                {
                    "channel": each.channel.value,
                    "ok": each.ok,
                    "can": list(each.can),
                    "cannot": list(each.cannot),
                }
                for each in self.channels
            ],
            "same_account": self.same_account,
            "missing": list(self.missing),
            "calls_spent": self.calls_spent,
        }


def check_connection(channels: Collection[Channel], *, crm: bool = False) -> Conversation[CheckReport]:
    """Try the channels that are connected: at most 12 calls, two more with the CRM records of users.

    The only calls with a writing method update nothing of a user who cannot exist: a credential that may write is
    told so, any other is refused for its scopes.
    """
    check = _Check()
    if Channel.API in channels:
        yield from _check_api(check, crm=crm)
    if Channel.SCIM in channels:
        yield from _check_scim(check)
    if check.channels[Channel.SCIM].ok and check.users is not None and Channel.SCIM in channels:
        yield from _compare_channels(check)
    return check.report(channels)


@dataclass(slots=True)
class _Findings:
    can: list[str] = field(default_factory=list)
    cannot: list[str] = field(default_factory=list)
    ok: bool = True


class _Check:
    def __init__(self) -> None:
        self.reader = Reader()
        self.details: Details | None = None
        self.permission_sets: tuple[PermissionSet, ...] | None = None
        self.teams: tuple[Team, ...] | None = None
        self.users: tuple[str, ...] | None = None
        self.more_users = False
        self.same_account: bool | None = None
        self.missing: list[str] = []
        self.channels = {Channel.API: _Findings(), Channel.SCIM: _Findings()}

    def found(self, channel: Channel, what: str, failure: Failure | None, *, vital: bool = True) -> None:
        """Note that a channel can do something, or why not; without what is vital the channel is of no use."""
        findings = self.channels[channel]
        if failure is None:
            findings.can.append(what)
            return
        findings.cannot.append(f"{what}: {failure.sentence}")
        findings.ok = findings.ok and not vital
        if failure.sentence not in self.missing:
            self.missing.append(failure.sentence)

    def report(self, channels: Collection[Channel]) -> CheckReport:
        if Channel.SCIM not in channels:
            self.channels[Channel.API].cannot.append(
                "deactivate, reactivate, change an e-mail address: only the SCIM channel can, which is not connected"
            )
        return CheckReport(
            details=self.details,
            permission_sets=self.permission_sets,
            teams=self.teams,
            users=None if self.users is None else len(self.users),
            more_users=self.more_users,
            limits=self.reader.limits,
            channels=tuple(
                ChannelReport(channel, found.ok, tuple(found.can), tuple(found.cannot))
                for channel, found in self.channels.items()
                if channel in channels
            ),
            same_account=self.same_account,
            missing=tuple(self.missing),
            calls_spent=self.reader.calls,
        )


def _check_api(check: _Check, *, crm: bool) -> Conversation[None]:
    failure = yield from _try_details(check)
    check.found(Channel.API, "say which account it is", failure)
    if failure is not None and failure.code in _HOPELESS:
        return
    yield from _try_permission_sets(check)
    yield from _try_teams(check)
    yield from _try_users(check)
    failure = yield from _try(check, api_calls.list_deactivated_owners(limit=1))
    check.found(Channel.API, "see who is deactivated at HubSpot", failure, vital=False)
    failure = yield from _try(check, api_calls.update_user({}, hubspot_id=api_calls.NOBODY))
    if failure is not None and failure.code not in _MAY_NOT:
        failure = None
    check.found(Channel.API, "create, update and remove users", failure)
    if crm:
        yield from _try_records(check)


def _try_details(check: _Check) -> Conversation[Failure | None]:
    try:
        check.details = yield from read_details(check.reader)
    except Refusal as refusal:
        return refusal.failure
    return None


def _try_permission_sets(check: _Check) -> Conversation[None]:
    try:
        found = yield from read_permission_sets(check.reader)
    except Refusal as refusal:
        check.found(Channel.API, "read permission sets", refusal.failure)
        return
    check.permission_sets = found or ()
    check.found(Channel.API, "read permission sets", None)
    if found is None:
        check.channels[Channel.API].cannot.append(
            "assign permission sets: the account has none (HubSpot offers them from Enterprise on)"
        )
    elif any(each.requires_billing_write for each in found):
        check.channels[Channel.API].cannot.append(
            f"promise to assign paid permission sets: that needs the scope {BILLING_SCOPE}, which no reading shows"
        )


def _try_teams(check: _Check) -> Conversation[None]:
    try:
        check.teams = yield from read_teams(check.reader)
    except Refusal as refusal:
        check.found(Channel.API, "read teams", refusal.failure, vital=False)
        return
    if check.teams is not None:
        check.found(Channel.API, "read teams and assign people to them", None)
        return
    check.channels[Channel.API].cannot.append("read teams and assign people to them: a scope is missing")
    check.missing.append(NO_TEAMS)


def _try_users(check: _Check) -> Conversation[None]:
    try:
        answer = yield from check.reader.ask(api_calls.list_users())
    except Refusal as refusal:
        check.found(Channel.API, "read users", refusal.failure)
        return
    found = api_calls.results(answer.body)
    check.users = None if found is None else tuple(str(each.get("email") or "") for each in found)
    check.more_users = api_calls.next_page(answer.body) is not None
    check.found(Channel.API, "read users", None)


def _try_records(check: _Check) -> Conversation[None]:
    try:
        closed = yield from reach_records(check.reader.ask)
    except Refusal as refusal:
        check.found(Channel.API, "keep CRM attributes in line", refusal.failure, vital=False)
        return
    if closed is None:
        check.found(Channel.API, "keep CRM attributes in line", None)
        return
    check.channels[Channel.API].cannot.append("keep CRM attributes in line: see what is missing")
    check.missing.append(closed)


def _check_scim(check: _Check) -> Conversation[None]:
    try:
        answer = yield from check.reader.ask(scim_calls.read_configuration())
    except Refusal as refusal:
        check.found(
            Channel.SCIM, "say what it can do", refusal.failure, vital=refusal.failure.code in _HOPELESS
        )
        if refusal.failure.code in _HOPELESS:
            return
    else:
        check.found(Channel.SCIM, "say what it can do", None)
        if not _supports_patch(answer.body):
            check.channels[Channel.SCIM].cannot.append(
                "promise to deactivate: it does not say that it takes PATCH"
            )
    try:
        answer = yield from check.reader.ask(scim_calls.find_user(NOBODY))
    except Refusal as refusal:
        check.found(Channel.SCIM, _SCIM_WORK, refusal.failure)
        return
    check.found(Channel.SCIM, _SCIM_WORK, None)
    if answer.body.get("Resources") if isinstance(answer.body, dict) else True:
        check.channels[Channel.SCIM].cannot.append(
            "search by e-mail: it answers with users nobody asked for, so people who are SCIM users already "
            "cannot be matched"
        )


def _compare_channels(check: _Check) -> Conversation[None]:
    try:
        check.same_account = yield from lead_to_one_account(check.reader, check.users or ())
    except Refusal:
        return
    findings = check.channels[Channel.SCIM]
    if check.same_account:
        findings.can.append("be seen to belong to the same account")
    elif check.same_account is False:
        findings.ok = False
        findings.cannot.append("be used: it looks like another account's")
        check.missing.insert(0, TWO_ACCOUNTS)
    else:
        findings.cannot.append(
            "prove that it belongs to the same account: nobody of the account can be found over it yet"
        )


def _try(check: _Check, call: Call) -> Conversation[Failure | None]:
    try:
        yield from check.reader.ask(call)
    except Refusal as refusal:
        return refusal.failure
    return None


def _supports_patch(body: Any) -> bool:
    patch = body.get("patch") if isinstance(body, dict) else None
    return isinstance(patch, dict) and patch.get("supported") is True


TWO_ACCOUNTS: Final = (
    "These look like two different accounts: "
    "people of the SCIM channel are not in the account of the API channel."
)
_SCIM_WORK: Final = "deactivate, reactivate and change e-mail addresses"
_HOPELESS: Final = frozenset({"INVALID_AUTHENTICATION", "UNREACHABLE", "NO_REPLY", "REDIRECTED"}) | NO_TOKEN
_MAY_NOT: Final = _HOPELESS | {"MISSING_SCOPES", "FORBIDDEN", "BLOCKED_ON_THE_WAY"}
