"""What every conversation needs: asking one thing at a time, and stopping at the first refusal."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from syncline.gateway.domain.account import Account, AccountUser, with_what_was_known
from syncline.gateway.domain.change import Change
from syncline.gateway.hubspot import api_calls
from syncline.gateway.hubspot.call import Answer, Call
from syncline.gateway.hubspot.failures import Failure, FailureKind, classify

T = TypeVar("T")
Conversation = Generator[Call, Answer, T]
"""Yields calls, is sent their answers, returns what came of it. Does no I/O and keeps no time."""


class Refusal(Exception):
    """Ends a conversation. Never leaves this package: `converse` and its like turn it into a result."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.sentence)
        self.failure = failure


def ask(call: Call, time_zone: str | None = None) -> Conversation[Answer]:
    """Put one call and return its answer; raises `Refusal` unless it succeeded."""
    answer = yield call
    if not answer.succeeded:
        raise Refusal(classify(call, answer, time_zone))
    return answer


def read(call: Call, parse: Callable[[Any], T | None], time_zone: str | None = None) -> Conversation[T]:
    """Put one call and return what its body says; a body that says nothing is an unreadable reply."""
    answer = yield from ask(call, time_zone)
    parsed = parse(answer.body)
    if parsed is None:
        raise Refusal(classify(call, answer, time_zone))
    return parsed


@dataclass(slots=True)
class Talk:
    """One change on its way: what is known of the person, growing with the answers."""

    change: Change
    known: AccountUser | None
    account: Account
    scim_id: str | None
    notes: list[str] = field(default_factory=list)

    @property
    def hubspot_id(self) -> str | None:
        """The person's id at HubSpot, as far as it is known."""
        return self.known.hubspot_id if self.known else self.change.hubspot_id

    @property
    def email(self) -> str:
        """The address the person has at HubSpot before the change."""
        return self.change.renamed_from or self.change.email or (self.known.email if self.known else "")

    def ask(self, call: Call) -> Conversation[Answer]:
        """Put one call about this person."""
        return ask(call, self.account.time_zone)

    def read_user(self, call: Call) -> Conversation[AccountUser]:
        """Put one call that is answered with a user of the account; what the answer does not tell stays as known."""
        active = self.known.active if self.known else None
        user = yield from read(
            call, lambda body: api_calls.account_user(body, active=active), self.account.time_zone
        )
        asked = None if call.body is None else call.body.get("seatNames")
        if user.seat_names is None and asked is not None:
            user = replace(user, seat_names=tuple(asked))
        return with_what_was_known(user, self.known)

    def refuse(self, kind: FailureKind, code: str, sentence: str) -> Refusal:
        """Return a refusal of our own."""
        return Refusal(Failure(kind=kind, code=code, sentence=sentence))
