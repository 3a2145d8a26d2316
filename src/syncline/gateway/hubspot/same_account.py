"""Whether both channels lead to one HubSpot account, told by the people: nothing else of the SCIM channel names it.

That only e-mails are compared has a limit: a sandbox in which everybody is also in the production account passes.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncline.gateway.domain.person import email_key
from syncline.gateway.hubspot import api_calls, scim_calls
from syncline.gateway.hubspot.account import Reader
from syncline.gateway.hubspot.talk import Conversation, Refusal


def lead_to_one_account(reader: Reader, emails: Sequence[str]) -> Conversation[bool | None]:
    """Return whether they do, None while nobody tells: at most 4 calls, all of them reads; `Refusal` when one fails.

    `emails` are those of the account's first users. Three of the SCIM channel's active users are looked for in the
    account; most of them must be there. While it has none, three people of the account are looked for over the SCIM
    channel; HubSpot may show there only whom it manages by SCIM, so that who is not found proves nothing.
    """
    known = frozenset(email_key(each) for each in emails)
    active = yield from _active_scim_users(reader)
    sample = _three_of(active or [each for each in emails if each])
    found = 0
    for name in sample:
        if not active:
            found += yield from _is_scim_user(reader, name)
        elif email_key(name) in known:
            found += 1
        else:
            found += yield from _is_in_account(reader, name)
    most = found * 2 > len(sample)
    return most if active or most else None


def _active_scim_users(reader: Reader) -> Conversation[list[str]]:
    answer = yield from reader.ask(scim_calls.list_users())
    resources = answer.body.get("Resources") if isinstance(answer.body, dict) else None
    users = map(scim_calls.scim_user, resources if isinstance(resources, list) else ())
    names = [user.user_name for user in users if user is not None and user.active]
    return [name for name in names if name is not None and "@" in name]


def _three_of(names: Sequence[str]) -> list[str]:
    """Return the first, the middle and the last, as far as they differ."""
    return list(dict.fromkeys((names[0], names[len(names) // 2], names[-1]))) if names else []


def _is_in_account(reader: Reader, email: str) -> Conversation[bool]:
    try:
        yield from reader.ask(api_calls.get_user(email=email))
    except Refusal as refusal:
        if refusal.failure.code == "GONE":
            return False
        raise
    return True


def _is_scim_user(reader: Reader, email: str) -> Conversation[bool]:
    answer = yield from reader.ask(scim_calls.find_user(email))
    return scim_calls.found_user(answer.body, email) is not None
