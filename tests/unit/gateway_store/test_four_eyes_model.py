"""Whatever people say, however often and when: an approval is given only by two of them, within its days."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from syncline.gateway.domain.consent import DAY
from syncline.gateway.domain.delivery import LEAVE, grant_of
from syncline.gateway.domain.operators import Role
from syncline.gateway.domain.sessions import ApiKey
from syncline.gateway.services.ports import Actor
from syncline.gateway.store.memory import memory_store
from syncline.sql.sealing import Sealer
from tests.support.acme import START, Acme
from tests.support.gateway_stores import KEY
from tests.unit.domain.builders import unhurried

DAYS = 30
ADA = "ada@acme.example"
BEHIND = {"anna": "anna", "bob": "bob", "api-key:k1": "anna"}
Said = tuple[str, str, int]
said = st.lists(
    st.tuples(st.sampled_from(sorted(BEHIND)), st.sampled_from([LEAVE, grant_of("s-1")]), st.integers(0, 20)),
    min_size=1,
    max_size=12,
)


async def given_after(words: list[Said]) -> list[set[str]]:
    """Say these words, each so many days after the one before; return what is approved after each."""
    acme = await Acme(memory_store(Sealer(KEY))).found()
    await acme.add(ADA, active=False)
    await acme.store.setup.change_policy(acme.id, {"four_eyes": True}, acme.actor)
    await acme.store.operators.create_api_key(_key_of("anna", acme.id), acme.actor)
    approved = []
    for actor, what, days in words:
        acme.now += days * DAY
        await acme.store.setup.approve(acme.id, [(ADA, what)], Actor(actor, acme.now))
        standing = await acme.store.consents.approvals(acme.id, "", 10)
        approved.append({each.what for each in standing if (each.expires_at or 0) > acme.now})
    return approved


def expected_after(words: list[Said]) -> list[set[str]]:
    now = START
    first: dict[str, tuple[str, int]] = {}
    ends: dict[str, int] = {}
    approved = []
    for actor, what, days in words:
        now += days * DAY
        person, by_then = BEHIND[actor], first.get(what)
        if ends.get(what, 0) > now:
            pass  # it is given already
        elif by_then is None or by_then[1] <= now:
            first[what] = (person, now + DAYS * DAY)
        elif by_then[0] != person:
            del first[what]
            ends[what] = now + DAYS * DAY
        approved.append({each for each, end in ends.items() if end > now})
    return approved


@given(said)
@unhurried
def test_an_approval_needs_two_people_within_its_days(words: list[Said]) -> None:
    assert expected_after(words) == asyncio.run(given_after(words))


def _key_of(person: str, tenant_id: str) -> ApiKey:
    return ApiKey(
        id="k1",
        tenant_id=tenant_id,
        role=Role.APPROVER,
        fingerprint=b"",
        description="",
        operator_id=None,
        created_at=START,
        created_by=person,
        expires_at=None,
    )
