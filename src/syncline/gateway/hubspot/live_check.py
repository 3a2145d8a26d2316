"""What we assume about HubSpot, put to the test on one user who is created for it and removed again.

Each trial names a row of docs/reference/assumptions.md by its first words. Trials follow one another: later ones work
on what earlier ones left, and all of them only ever touch the user whose address the caller made up.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

import aiohttp

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.errors import Invalid
from syncline.gateway.hubspot import api_calls, crm_calls, scim_calls
from syncline.gateway.hubspot.call import Answer, Call, Channel
from syncline.gateway.hubspot.client import HubSpotClient, Target
from syncline.gateway.hubspot.talk import Conversation
from syncline.gateway.hubspot.tokens import StaticTokens

NOBODY_ROLE: Final = "4294967295"
MOST_PAGES: Final = 20
PAUSE: Final[Milliseconds] = 200


class Verdict(StrEnum):
    """What a trial came to."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    NOT_TESTABLE = "not testable"


@dataclass(frozen=True, slots=True)
class Settled:
    """One assumption, its verdict, and what was seen."""

    assumption: str
    verdict: Verdict
    seen: str


@dataclass(slots=True)
class Subject:
    """The user under test: his made-up address, and what was learnt on the way."""

    email: str
    hubspot_id: str | None = None
    permission_set: tuple[str, str] | None = None
    team_id: str | None = None
    name_answer: Answer | None = None
    scim_id: str | None = None
    crm_id: str | None = None


Judged = tuple[Verdict, str]
Trial = Callable[[Subject], Conversation[Judged]]
Told = Callable[[int], None]
"""Told how many calls were made."""


def live_check(email: str, *, scim: bool) -> Conversation[list[Settled]]:
    """Hold every trial; about 40 calls, 55 with the SCIM channel.

    The caller removes the user of that address afterwards, whatever happened. When he cannot even be created, the one
    entry of the result says why.
    """
    subject = Subject(email)
    answer = yield _create(email)
    created = api_calls.account_user(answer.body) if answer.succeeded else None
    if created is None:
        return [Settled("A user can be created.", Verdict.NOT_TESTABLE, _said(answer))]
    subject.hubspot_id = created.hubspot_id
    settled = []
    for assumption, trial in (*API_TRIALS, *(SCIM_TRIALS if scim else ())):
        verdict, seen = yield from trial(subject)
        settled.append(Settled(assumption, verdict, seen))
    return settled


async def hold_trials(client: HubSpotClient, clock: Clock, email: str, progress: Told) -> list[Settled]:
    """Hold every trial on an account, five calls a second at most, and remove the user whatever happens."""
    talk = live_check(email, scim=client.reaches(Channel.SCIM))
    calls = 0
    try:
        call = next(talk)
        while True:
            progress(calls := calls + 1)
            await clock.sleep(PAUSE)
            call = talk.send(await client.send(call))
    except StopIteration as end:
        settled: list[Settled] = end.value
        return settled
    finally:
        await client.send(api_calls.remove_user(email=email))


async def check_account(
    session: aiohttp.ClientSession,
    clock: Clock,
    check_address: Callable[[str], str],
    progress: Told,
    *,
    base_url: str,
    access_token: str,
    scim_base_url: str | None,
    scim_token: str | None,
    domain: str,
) -> dict[str, Any]:
    """Hold the trials on the account these credentials open, with a user whose address is made up in that domain.

    Raises `Invalid` for an address credentials must not be sent to, and for a domain that is none.
    """
    if not _DOMAIN.fullmatch(domain):
        raise Invalid(f"{domain!r} is no domain; name one of your own, for example example.com.")
    targets = {Channel.API: Target(check_address(base_url), StaticTokens(access_token))}
    if scim_base_url is not None and scim_token is not None:
        targets[Channel.SCIM] = Target(check_address(scim_base_url), StaticTokens(scim_token))
    email = f"syncline-live-check-{secrets.token_hex(6)}@{domain}"
    settled = await hold_trials(HubSpotClient(session, clock, targets, check_address), clock, email, progress)
    counts = {
        verdict.replace(" ", "_"): sum(each.verdict is verdict for each in settled) for verdict in Verdict
    }
    return {"email": email, **counts, "trials": [asdict(each) for each in settled]}


def _new_user_has_nothing(subject: Subject) -> Conversation[Judged]:
    user = yield from _read(subject)
    if user is None:
        return Verdict.NOT_TESTABLE, "the new user could not be read"
    return _judge(not user.permission_set_ids, f"its permission sets: {list(user.permission_set_ids)}")


def _roles_are_listed(subject: Subject) -> Conversation[Judged]:
    answer = yield api_calls.list_permission_sets()
    for each in api_calls.results(answer.body) or ():
        if not each.get("requiresBillingWrite") and "admin" not in str(each.get("name")).lower():
            subject.permission_set = (str(each["id"]), str(each["name"]))
            break
    refused = answer.status == 400 and "access to roles" in json.dumps(answer.body)
    return _judge(answer.succeeded or refused, _said(answer))


def _again_is_a_conflict(subject: Subject) -> Conversation[Judged]:
    answer = yield _create(subject.email)
    right = answer.status == 409 and "OBJECT_ALREADY_EXISTS" in json.dumps(answer.body)
    return _judge(right, _said(answer))


def _case_does_not_matter(subject: Subject) -> Conversation[Judged]:
    answer = yield _create(subject.email.upper())
    user = api_calls.account_user(answer.body) if answer.succeeded else None
    if user is not None and user.hubspot_id != subject.hubspot_id:
        yield api_calls.remove_user(hubspot_id=user.hubspot_id)
        return Verdict.REFUTED, "a second user was created, and removed again"
    return _judge(user is not None or answer.status in (400, 409), _said(answer))


def _names_wait(subject: Subject) -> Conversation[Judged]:
    answer = yield _update(subject, {"firstName": "Live", "lastName": "Check"})
    subject.name_answer = answer
    if answer.succeeded:
        return Verdict.REFUTED, "the name was taken at once"
    return _judge(answer.status == 400 and _NOT_ON_HUBS in json.dumps(answer.body), _said(answer))


def _name_refusal_is_nested(subject: Subject) -> Conversation[Judged]:
    yield from ()
    answer = subject.name_answer
    if answer is None or answer.succeeded or not isinstance(answer.body, dict):
        return Verdict.NOT_TESTABLE, "the name was not refused"
    errors = [each for each in answer.body.get("errors") or () if isinstance(each, dict)]
    codes = [each.get("code") for each in errors]
    reasons = [(each.get("context") or {}).get("reason") for each in errors]
    return _judge(
        _NOT_ON_HUBS in codes and any(_NOT_ON_HUBS in (each or ()) for each in reasons), json.dumps(errors)
    )


def _unknown_role_is_refused(subject: Subject) -> Conversation[Judged]:
    answer = yield _update(subject, {"roleId": NOBODY_ROLE})
    return _judge(answer.status == 400 and "VALIDATION_ERROR" in json.dumps(answer.body), _said(answer))


def _left_out_stays(subject: Subject) -> Conversation[Judged]:
    if subject.permission_set is None:
        return Verdict.NOT_TESTABLE, "the account has no plain permission set to give"
    wanted = subject.permission_set[0]
    given = yield _update(subject, {"roleId": wanted})
    before = yield from _read(subject)
    if before is None or wanted not in before.permission_set_ids:
        return Verdict.NOT_TESTABLE, f"the permission set could not be given: {_said(given)}"
    answer = yield _update(subject, {})
    after = yield from _read(subject)
    kept = after is not None and after.permission_set_ids == before.permission_set_ids
    return _judge(kept, f"PUT {{}}: {_said(answer)}")


def _null_takes_away(subject: Subject) -> Conversation[Judged]:
    listed = yield api_calls.list_teams()
    teams = api_calls.results(listed.body) or []
    if not teams:
        return Verdict.NOT_TESTABLE, f"there is no team to give: {_said(listed)}"
    team = str(teams[0]["id"])
    given = yield _update(subject, {"primaryTeamId": team})
    before = yield from _read(subject)
    if before is None or before.primary_team_id != team:
        return Verdict.NOT_TESTABLE, f"the team could not be given: {_said(given)}"
    answer = yield _update(subject, {"primaryTeamId": None})
    after = yield from _read(subject)
    return _judge(after is not None and after.primary_team_id is None, f"PUT null: {_said(answer)}")


def _pages_hold_a_hundred(_subject: Subject) -> Conversation[Judged]:
    answer = yield api_calls.list_users(limit=500)
    found = api_calls.results(answer.body)
    if found is None or not answer.succeeded:
        return Verdict.REFUTED, f"limit=500: {_said(answer)}"
    if len(found) < api_calls.PAGE:
        return Verdict.NOT_TESTABLE, f"the account has {len(found)} users; it takes more than 100"
    return _judge(len(found) == api_calls.PAGE, f"limit=500 gave {len(found)}")


def _record_is_found_by_the_users_id(subject: Subject) -> Conversation[Judged]:
    user = yield from _read(subject)
    if user is None:
        return Verdict.NOT_TESTABLE, "the user could not be read"
    answer = yield crm_calls.get_record(user)
    record = crm_calls.crm_record(answer.body) if answer.succeeded else None
    if record is None and answer.status in (403, 404):
        return Verdict.NOT_TESTABLE, f"there is no record yet, or it may not be read: {_said(answer)}"
    subject.crm_id = None if record is None else record.crm_id
    return _judge(record is not None and record.hubspot_id == user.hubspot_id, _said(answer))


def _nobodys_record_is_404(subject: Subject) -> Conversation[Judged]:
    if subject.crm_id is None:
        return Verdict.NOT_TESTABLE, _NO_RECORD
    answer = yield crm_calls.update_nobody()
    return _judge(answer.status in (403, 404), _said(answer))


def _zones_and_languages_are_known_ones(subject: Subject) -> Conversation[Judged]:
    if subject.crm_id is None:
        return Verdict.NOT_TESTABLE, _NO_RECORD
    statuses = []
    for name, value in (
        ("time_zone", "Europe/Dublin"),
        ("language", "ptbr"),
        ("time_zone", "CET/Berlin"),
        ("language", "cs"),
    ):
        answer = yield crm_calls.update_record(((name, value),), subject.hubspot_id, subject.crm_id)
        statuses.append(answer.status)
    return _judge(statuses == [200, 200, 400, 400], f"two right ones, two wrong ones: {statuses}")


def _texts_are_kept_as_written(subject: Subject) -> Conversation[Judged]:
    if subject.crm_id is None:
        return Verdict.NOT_TESTABLE, _NO_RECORD
    wanted = {"job_title": "Live  Check", "phone": "+1 (555) 000-0000 ext. 1"}
    answer = yield crm_calls.update_record(wanted.items(), subject.hubspot_id, subject.crm_id)
    user = yield from _read(subject)
    if user is None or not answer.succeeded:
        return Verdict.NOT_TESTABLE, f"they could not be written: {_said(answer)}"
    read = yield crm_calls.get_record(replace(user, crm_id=subject.crm_id))
    record = crm_calls.crm_record(read.body) if read.succeeded else None
    kept = record is not None and wanted.items() <= record.values.items()
    return _judge(kept, "" if record is None else json.dumps(dict(record.values)))


def _removing_is_always_204(subject: Subject) -> Conversation[Judged]:
    calls = (
        api_calls.remove_user(email=subject.email),
        api_calls.remove_user(email=subject.email),
        api_calls.remove_user(email="never-" + subject.email),
    )
    statuses = []
    for call in calls:
        answer = yield call
        statuses.append(answer.status)
    return _judge(statuses == [204, 204, 204], f"there, gone, never there: {statuses}")


def _removed_is_not_archived(subject: Subject) -> Conversation[Judged]:
    owner = yield from _archived_owner(subject)
    return _judge(owner is None, "not among the archived owners" if owner is None else json.dumps(owner))


def _id_stays(subject: Subject) -> Conversation[Judged]:
    answer = yield _create(subject.email)
    user = api_calls.account_user(answer.body) if answer.succeeded else None
    if user is None:
        return Verdict.NOT_TESTABLE, f"could not be created again: {_said(answer)}"
    before, subject.hubspot_id = subject.hubspot_id, user.hubspot_id
    return _judge(before == user.hubspot_id, f"{before}, then {user.hubspot_id}")


def _search_finds_members(subject: Subject) -> Conversation[Judged]:
    answer = yield scim_calls.find_user(subject.email)
    found = scim_calls.found_user(answer.body, subject.email)
    subject.scim_id = None if found is None else found.id
    return _judge(found is not None and '"roles"' not in json.dumps(answer.body), _said(answer))


def _post_converts(subject: Subject) -> Conversation[Judged]:
    user = yield from _read(subject)
    if user is None:
        return Verdict.NOT_TESTABLE, "the user could not be read"
    answer = yield scim_calls.create_user(user, (), active=True)
    made = scim_calls.scim_user(answer.body) if answer.succeeded else None
    same = made is not None and subject.scim_id in (None, made.id)
    subject.scim_id = subject.scim_id if made is None else made.id
    return _judge(answer.status == 201 and same, _said(answer))


def _second_post_is_a_conflict(subject: Subject) -> Conversation[Judged]:
    user = yield from _read(subject)
    if user is None or subject.scim_id is None:
        return Verdict.NOT_TESTABLE, "he is not managed through SCIM"
    answer = yield scim_calls.create_user(user, (), active=True)
    return _judge(answer.status == 409, _said(answer))


def _inactive_and_back(subject: Subject) -> Conversation[Judged]:
    if subject.scim_id is None:
        return Verdict.NOT_TESTABLE, "he is not managed through SCIM"
    seen = []
    for active in (False, True):
        answer = yield scim_calls.patch_user(subject.scim_id, {"active": active})
        read = yield scim_calls.get_user(subject.scim_id)
        user = scim_calls.scim_user(read.body) if read.succeeded else None
        seen.append(user is not None and user.id == subject.scim_id and user.active is active)
    return _judge(all(seen), f"active false, then true: {seen}, {_said(answer)}")


def _deactivated_is_archived(subject: Subject) -> Conversation[Judged]:
    if subject.scim_id is None:
        return Verdict.NOT_TESTABLE, "he is not managed through SCIM"
    yield scim_calls.patch_user(subject.scim_id, {"active": False})
    owner = yield from _archived_owner(subject)
    yield scim_calls.patch_user(subject.scim_id, {"active": True})
    if owner is None:
        return Verdict.REFUTED, "he is not among the archived owners"
    right = owner.get("userId") is None and str(owner.get("userIdIncludingInactive")) == subject.hubspot_id
    return _judge(
        right, json.dumps({name: owner.get(name) for name in ("userId", "userIdIncludingInactive")})
    )


def _delete_deactivates(subject: Subject) -> Conversation[Judged]:
    if subject.scim_id is None:
        return Verdict.NOT_TESTABLE, "he is not managed through SCIM"
    path = scim_calls.get_user(subject.scim_id).path
    answer = yield Call(channel=Channel.SCIM, method="DELETE", path=path, purpose="scim.users.delete")
    read = yield scim_calls.get_user(subject.scim_id)
    owner = yield from _archived_owner(subject)
    says = (
        f"DELETE {answer.status}, then GET {read.status}, {'' if owner else 'not '}among the archived owners"
    )
    return _judge(answer.status == 204 and read.status == 404 and owner is not None, says)


_NO_RECORD: Final = "no record of the user could be read"
_NOT_ON_HUBS: Final = "USER_NOT_ON_ANY_HUBS"
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.IGNORECASE)

API_TRIALS: Final[tuple[tuple[str, Trial], ...]] = (
    ("A new user without `roleId` has minimal permissions", _new_user_has_nothing),
    ("Accounts with permission sets answer `GET …/roles`", _roles_are_listed),
    ("Creating somebody who is there answers 409", _again_is_a_conflict),
    ("E-mail addresses are compared without regard to case", _case_does_not_matter),
    ("Names are refused with 400", _names_wait),
    ("`USER_NOT_ON_ANY_HUBS` is nested", _name_refusal_is_nested),
    ("An unknown `roleId` or team id answers 400", _unknown_role_is_refused),
    ("A field that a PUT leaves out stays as it is", _left_out_stays),
    ('`null` and `""` in a PUT take the value away', _null_takes_away),
    ("Pages hold 100 users unless `limit` says less", _pages_hold_a_hundred),
    ("`hs_email`, `hs_internal_user_id` and `hubspot_owner_id` are unique", _record_is_found_by_the_users_id),
    ("Writing to the record of a user nobody has answers 404", _nobodys_record_is_404),
    ("A time zone is an identifier of the tz database", _zones_and_languages_are_known_ones),
    ("Job title and additional phone are kept as they were written", _texts_are_kept_as_written),
    ("Removing answers 204 whether or not anybody was there", _removing_is_always_204),
    ("A removed user is no archived owner", _removed_is_not_archived),
    ("A user has one id per e-mail address", _id_stays),
)
SCIM_TRIALS: Final[tuple[tuple[str, Trial], ...]] = (
    ("A search finds account members who are not managed through SCIM yet", _search_finds_members),
    ("Existing users who match are converted", _post_converts),
    ("A POST of somebody already managed through SCIM answers 409", _second_post_is_a_conflict),
    ("`active: false` ends access and keeps id", _inactive_and_back),
    ("A deactivated user is an archived owner", _deactivated_is_archived),
    ("DELETE deactivates the user", _delete_deactivates),
)


def _create(email: str) -> Call:
    body = {"email": email, "sendWelcomeEmail": False}
    return Call(channel=Channel.API, method="POST", path=api_calls.USERS, purpose="users.create", body=body)


def _update(subject: Subject, fields: dict[str, Any]) -> Call:
    return api_calls.update_user(fields, hubspot_id=subject.hubspot_id)


def _read(subject: Subject) -> Conversation[AccountUser | None]:
    answer = yield api_calls.get_user(hubspot_id=subject.hubspot_id)
    return api_calls.account_user(answer.body) if answer.succeeded else None


def _archived_owner(subject: Subject) -> Conversation[dict[str, Any] | None]:
    after = None
    for _ in range(MOST_PAGES):
        answer = yield api_calls.list_deactivated_owners(after)
        for each in api_calls.results(answer.body) or ():
            if str(each.get("email")).lower() == subject.email.lower():
                return each
        after = api_calls.next_page(answer.body)
        if after is None:
            break
    return None


def _judge(holds: bool, seen: str) -> Judged:
    return (Verdict.CONFIRMED if holds else Verdict.REFUTED), seen


def _said(answer: Answer) -> str:
    """Say in short what came back; the body of a refusal is what somebody who settles a doubt wants to read."""
    if answer.status is None:
        return f"no answer: {answer.error}"
    text = "" if answer.succeeded else " " + json.dumps(answer.body)[:300]
    return f"{answer.status}{text}"
