"""Reading a whole HubSpot account: its permission sets, its teams and everybody in it.

A reading is complete or it is none. Whoever a broken-off list does not show is unknown, never absent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Generic, TypeVar

from syncline.gateway.domain.account import Account, AccountUser, PermissionSet, Seat, Team
from syncline.gateway.domain.crm import CrmRecord
from syncline.gateway.hubspot import api_calls, crm_calls
from syncline.gateway.hubspot.call import Answer, Call
from syncline.gateway.hubspot.crm_conversation import reach_records, read_record, with_record
from syncline.gateway.hubspot.failures import Failure, FailureKind
from syncline.gateway.hubspot.limits import Limits, stated_limits
from syncline.gateway.hubspot.talk import Conversation, Refusal, ask

T = TypeVar("T")

MOST_PAGES: Final = 5_000
"""Pages of one list; half a million users. A longer list, or one that leads back to itself, is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReading:
    """A complete reading. `missing` says in sentences what the credential could not see; nothing is guessed from it."""

    account: Account
    users: tuple[AccountUser, ...]
    limits: Limits | None
    missing: tuple[str, ...]
    calls: int


@dataclass(frozen=True, slots=True)
class AccountUnread:
    """The reading broke off; what was read of it must not be used."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `after` is where it goes on, None on the last."""

    elements: tuple[T, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Lists:
    """The account without its people. `missing` says in sentences what the credential could not see."""

    account: Account
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """Which account answers."""

    portal_id: int
    account_type: str
    time_zone: str


NO_TEAMS: Final = (
    "Teams cannot be read: the credential lacks the scope settings.users.teams.read. "
    "Add it to the app in HubSpot and renew the token; until then nobody can be put into a team."
)
NO_SEATS: Final = (
    "Seats cannot be read: the credential lacks the scope settings.billing.write, or HubSpot does not offer the "
    "version 2026-09-beta to it. Add the scope to the app in HubSpot and renew the token; until then no seat can "
    "be given."
)
_SEATS_UNSEEN: Final = frozenset(
    {"MISSING_SCOPES", "BILLING_SCOPE_MISSING", "FORBIDDEN", "WRONG_ADDRESS", "NOT_SUPPORTED"}
)
NO_OWNERS: Final = (
    "Who is deactivated at HubSpot cannot be read: the credential lacks the scope crm.objects.owners.read. "
    "Add it to the app in HubSpot and renew the token."
)


def read_account(*, seats: bool = False, crm: bool = False) -> Conversation[AccountReading | AccountUnread]:
    """Read the account whole: 3 calls, and one for each 100 users and each 100 archived owners, but one at least.

    With `seats` one more; with `crm` two, and one for each 100 CRM records. An account without permission sets or CRM
    records, and a credential that may not read teams, seats or owners, are complete readings; without owners
    `AccountUser.active` is None for everybody.
    """
    reader = Reader()
    try:
        return (yield from _read(reader, seats=seats, crm=crm))
    except Refusal as refusal:
        return AccountUnread(refusal.failure)


def find_user(
    *,
    hubspot_id: str | None = None,
    email: str | None = None,
    time_zone: str | None = None,
    with_access: bool = False,
    with_crm: bool = False,
) -> Conversation[AccountUser | Failure]:
    """Read one user by id, or by e-mail: one call, one more `with_access`, and one more `with_crm`.

    Nobody there is a `Failure` of kind GONE.
    """
    reader = Reader(time_zone)
    try:
        call = api_calls.get_user(hubspot_id=hubspot_id, email=email)
        user = yield from reader.read(call, api_calls.account_user)
        user = (yield from read_record(user, time_zone)) if with_crm else user
        return (yield from read_access(user, time_zone)) if with_access else user
    except Refusal as refusal:
        return refusal.failure


def read_lists(*, seats: bool = False, crm: bool = False) -> Conversation[Lists | Failure]:
    """Read which account this is, its permission sets and its teams: 3 calls; with `seats` those too, one more.

    With `crm` whether its CRM records can be read and written: two more.
    """
    reader = Reader()
    try:
        return (yield from _read_lists(reader, seats=seats, crm=crm))
    except Refusal as refusal:
        return refusal.failure


def read_users_page(
    after: str | None, time_zone: str | None, *, seats: bool = False
) -> Conversation[Page[AccountUser] | Failure]:
    """Read one page of users, with the seats they hold if asked to: one call."""
    call = api_calls.list_users(after, seats=seats)
    try:
        return (yield from Reader(time_zone).page(call, _holder if seats else api_calls.account_user))
    except Refusal as refusal:
        return refusal.failure


def read_records_page(after: str | None, time_zone: str | None) -> Conversation[Page[CrmRecord] | Failure]:
    """Read one page of users' CRM records: one call."""
    try:
        return (yield from Reader(time_zone).page(crm_calls.list_records(after), crm_calls.crm_record))
    except Refusal as refusal:
        return refusal.failure


def read_deactivated_page(after: str | None, time_zone: str | None) -> Conversation[Page[str] | Failure]:
    """Read one page of the ids of users whose owner is archived: one call. Removed people are among them."""
    try:
        call = api_calls.list_deactivated_owners(after)
        page = yield from Reader(time_zone).page(call, _archived_owner)
    except Refusal as refusal:
        return refusal.failure
    return Page(tuple(each for each in page.elements if each), page.after)


def read_access(user: AccountUser, time_zone: str | None = None) -> Conversation[AccountUser]:
    """Return the user with `active` as HubSpot has it, None while that cannot be seen: one call."""
    return _with_access(user, (yield from read_deactivated(user.email, time_zone)))


def read_deactivated(email: str, time_zone: str | None = None) -> Conversation[frozenset[str] | None]:
    """Return the ids of the archived owners of that e-mail: one call.

    None when the credential may not see owners, or when HubSpot shows more than that one e-mail's.
    """
    call = api_calls.find_deactivated_owner(email)
    try:
        answer = yield from ask(call, time_zone)
    except Refusal as refusal:
        if refusal.failure.code == "MISSING_SCOPES":
            return None
        raise
    owners = _elements(_archived_owner)(answer.body)
    if owners is None:
        raise _unreadable(call)
    return None if api_calls.next_page(answer.body) is not None else frozenset(owners) - {""}


class Reader:
    """Puts calls, counts them and keeps what the answers state of the limits."""

    def __init__(self, time_zone: str | None = None) -> None:
        self.time_zone = time_zone
        self.limits: Limits | None = None
        self.calls = 0

    def ask(self, call: Call) -> Conversation[Answer]:
        """Put one call; `Refusal` unless it succeeded."""
        self.calls += 1
        answer = yield from ask(call, self.time_zone)
        self.limits = stated_limits(answer.headers) or self.limits
        return answer

    def read(self, call: Call, parse: Callable[[Any], T | None]) -> Conversation[T]:
        """Put one call and read its body; `Refusal` when it cannot be read."""
        answer = yield from self.ask(call)
        parsed = parse(answer.body)
        if parsed is None:
            raise _unreadable(call)
        return parsed

    def page(self, call: Call, parse: Callable[[dict[str, Any]], T | None]) -> Conversation[Page[T]]:
        """Read one page of a list; `Refusal` when an element cannot be read."""
        answer = yield from self.ask(call)
        elements = _elements(parse)(answer.body)
        if elements is None:
            raise _unreadable(call)
        return Page(tuple(elements), api_calls.next_page(answer.body))

    def pages(
        self, page: Callable[[str | None], Call], parse: Callable[[dict[str, Any]], T | None]
    ) -> Conversation[list[T]]:
        """Read a list to its end; `Refusal` when an element cannot be read or the pages do not end."""
        found: list[T] = []
        seen: set[str] = set()
        after: str | None = None
        for _ in range(MOST_PAGES):
            read = yield from self.page(page(after), parse)
            found += read.elements
            after = read.after
            if after is None:
                return found
            if after in seen:
                break
            seen.add(after)
        raise _unreadable(page(after))


def read_details(reader: Reader) -> Conversation[Details]:
    """Read which account this is, and keep its time zone for what HubSpot asks to wait."""
    details = yield from reader.read(api_calls.read_details(), _details)
    reader.time_zone = details.time_zone
    return details


def read_permission_sets(reader: Reader) -> Conversation[tuple[PermissionSet, ...] | None]:
    """Read the permission sets; None when the account has none to offer (a 400, seen on a Free account)."""
    try:
        found = yield from reader.read(api_calls.list_permission_sets(), _elements(_permission_set))
    except Refusal as refusal:
        if refusal.failure.code == "NO_PERMISSION_SETS":
            return None
        raise
    return tuple(found)


def read_teams(reader: Reader) -> Conversation[tuple[Team, ...] | None]:
    """Read the teams; None when the credential may not see them."""
    try:
        return tuple((yield from reader.read(api_calls.list_teams(), _elements(_team))))
    except Refusal as refusal:
        if refusal.failure.code == "MISSING_SCOPES":
            return None
        raise


def read_seats(reader: Reader) -> Conversation[tuple[Seat, ...] | None]:
    """Read the kinds of seats and how many are free; None when the credential may not see them."""
    try:
        return tuple((yield from reader.read(api_calls.list_seats(), _elements(_seat))))
    except Refusal as refusal:
        if refusal.failure.code in _SEATS_UNSEEN:
            return None
        raise


def _read_lists(reader: Reader, *, seats: bool, crm: bool) -> Conversation[Lists]:
    details = yield from read_details(reader)
    permission_sets = yield from read_permission_sets(reader)
    teams = yield from read_teams(reader)
    read = (yield from read_seats(reader)) if seats else None
    closed = (yield from reach_records(reader.ask)) if crm else None
    account = Account(
        portal_id=details.portal_id,
        account_type=details.account_type,
        time_zone=details.time_zone,
        permission_sets=permission_sets or (),
        teams=teams or (),
        has_permission_sets=permission_sets is not None,
        seats=read,
        crm_users=closed is None if crm else None,
    )
    unseen = (
        *([NO_TEAMS] if teams is None else []),
        *([NO_SEATS] if seats and read is None else []),
        *([] if closed is None else [closed]),
    )
    return Lists(account, unseen)


def _read(reader: Reader, *, seats: bool, crm: bool) -> Conversation[AccountReading]:
    lists = yield from _read_lists(reader, seats=seats, crm=crm)
    with_seats = lists.account.seats is not None
    list_users = partial(api_calls.list_users, seats=with_seats)
    users = yield from reader.pages(list_users, _holder if with_seats else api_calls.account_user)
    found: list[CrmRecord] = []
    if lists.account.crm_users:
        found = yield from reader.pages(crm_calls.list_records, crm_calls.crm_record)
    records = {each.hubspot_id: each for each in found}
    users = [with_record(each, records.get(each.hubspot_id)) for each in users]
    deactivated = yield from _read_deactivated(reader)
    # A user who moved from one page to the next while the list was read is in it twice.
    unique = {user.hubspot_id: _with_access(user, deactivated) for user in users}
    missing = (*lists.missing, *([NO_OWNERS] if deactivated is None else []))
    super_admins = sum(user.super_admin and user.active is not False for user in unique.values())
    account = replace(lists.account, super_admin_count=super_admins)
    return AccountReading(
        account=account,
        users=tuple(unique.values()),
        limits=reader.limits,
        missing=missing,
        calls=reader.calls,
    )


def _read_deactivated(reader: Reader) -> Conversation[frozenset[str] | None]:
    """Return the ids of the people whose owner is archived; None when the credential may not see owners.

    Removed people are among them: they only count together with the list of users.
    """
    try:
        owners = yield from reader.pages(api_calls.list_deactivated_owners, _archived_owner)
    except Refusal as refusal:
        if refusal.failure.code == "MISSING_SCOPES":
            return None
        raise
    return frozenset(owners) - {""}


def _with_access(user: AccountUser, deactivated: frozenset[str] | None) -> AccountUser:
    if deactivated is None:
        return user
    return replace(user, active=user.hubspot_id not in deactivated)


def _unreadable(call: Call) -> Refusal:
    return Refusal(
        Failure(
            kind=FailureKind.RETRY,
            code="UNREADABLE_LIST",
            sentence=f"HubSpot's answer to {call.purpose} could not be read whole, so nothing is concluded from it. "
            "It is read again by itself.",
        )
    )


def _details(body: Any) -> Details | None:
    portal_id = body.get("portalId") if isinstance(body, dict) else None
    if not isinstance(portal_id, int) or isinstance(portal_id, bool):
        return None
    account_type, time_zone = body.get("accountType"), body.get("timeZone")
    return Details(
        portal_id=portal_id,
        account_type=account_type if isinstance(account_type, str) else "STANDARD",
        time_zone=time_zone if isinstance(time_zone, str) else "",
    )


def _elements(parse: Callable[[dict[str, Any]], T | None]) -> Callable[[Any], list[T] | None]:
    """Return a reader of whole lists: None unless every element can be read."""

    def read_all(body: Any) -> list[T] | None:
        results = api_calls.results(body)
        if results is None:
            return None
        found = [parse(each) for each in results]
        whole = [each for each in found if each is not None]
        return whole if len(whole) == len(found) else None

    return read_all


def _permission_set(body: dict[str, Any]) -> PermissionSet | None:
    found = _id_and_name(body)
    return found and PermissionSet(*found, requires_billing_write=body.get("requiresBillingWrite") is True)


def _team(body: dict[str, Any]) -> Team | None:
    found = _id_and_name(body)
    return found and Team(*found)


def _holder(body: Any) -> AccountUser | None:
    """Read a user of the list that tells seats: where it names none, there are none."""
    user = api_calls.account_user(body)
    return None if user is None else replace(user, seat_names=user.seat_names or ())


def _seat(body: dict[str, Any]) -> Seat | None:
    name, description, remaining = body.get("name"), body.get("description"), body.get("remainingSeats")
    if not isinstance(name, str) or not name:
        return None
    counted = isinstance(remaining, int) and not isinstance(remaining, bool)
    return Seat(
        name,
        description if isinstance(description, str) else "",
        max(0, remaining) if counted else None,  # type: ignore[type-var]
    )


def _id_and_name(body: dict[str, Any]) -> tuple[str, str] | None:
    element_id, name = body.get("id"), body.get("name")
    if isinstance(element_id, int) and not isinstance(element_id, bool):
        element_id = str(element_id)
    return (
        (element_id, name) if isinstance(element_id, str) and element_id and isinstance(name, str) else None
    )


def _archived_owner(body: dict[str, Any]) -> str | None:
    """Return the user's id, "" for an owner who stands for nobody inactive, None for what is no owner.

    A deactivated user keeps `userIdIncludingInactive` while `userId` is gone.
    """
    if "id" not in body:
        return None
    user_id = body.get("userIdIncludingInactive")
    if body.get("userId") is not None or isinstance(user_id, bool) or not isinstance(user_id, int | str):
        return ""
    return str(user_id)
