"""The kernel stays far ahead of the library it replaces; ratios within one run, so that a busy machine matters less."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from syncline.scim.filter import compile_filter, parse_filter
from syncline.scim.json import decode, encode
from syncline.scim.schemas import USER
from tests.conformance.scim_oracle import oracle
from tests.unit.scim.samples import ENTERPRISE, entra_user, operation, operations, patched, read_user

OPERATIONS = (
    operation("Replace", "displayName", "Adele V"),
    operation("Replace", 'emails[type eq "work"].value', "av@contoso.example"),
    operation("Replace", "name.givenName", "Adela"),
    operation("Add", f"{ENTERPRISE}:department", "Sales"),
    operation("Replace", "active", "False"),
    operation("Remove", "title"),
)
TEXT = 'emails[type eq "work" and value co "@contoso"]'


def seconds(work: Callable[[], Any], times: int) -> float:
    """The least CPU time of one call, over five rounds."""
    work()
    rounds = []
    for _ in range(5):
        started = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - started) / times)
    return min(rounds)


THEIR_USER = oracle.read(entra_user())
OUR_USER = read_user(entra_user())
OUR_FILTER = compile_filter(parse_filter(TEXT, USER))

RACES: dict[str, tuple[float, Callable[[], Any], Callable[[], Any]]] = {
    "read": (5, lambda: oracle.read(entra_user()), lambda: read_user(decode(encode(entra_user())))),
    "patch": (
        40,
        lambda: oracle.patched(THEIR_USER, operations(*OPERATIONS)),
        lambda: patched(OUR_USER, *OPERATIONS),
    ),
    "filter": (20, lambda: oracle.matches(TEXT, THEIR_USER), lambda: OUR_FILTER(OUR_USER)),
}


@pytest.mark.parametrize("race", RACES)
def test_the_kernel_is_many_times_faster_than_the_oracle(race: str) -> None:
    times, theirs, ours = RACES[race]

    assert seconds(theirs, 4) > times * seconds(ours, 200)


def test_reading_a_known_filter_text_needs_no_cache() -> None:
    assert seconds(lambda: parse_filter(TEXT, USER), 500) < 0.000_2
