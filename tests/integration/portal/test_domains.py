"""Domains verified by TXT records, asked of a real DNS server in a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncline.portal import administration
from syncline.portal.dns.resolver import DnsResolver, parse_server
from syncline.portal.dns.watch import check_due, watching
from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.verification import DAY, HOUR, PATIENCE
from tests.integration.portal.conftest import SCIM_USER, World
from tests.support.dns_server import RunningDns, running_dns
from tests.support.patience import PATIENCE_SECONDS

EVERYTHING_ELSE = {"other.test": ["v=spf1 -all"]}


@pytest.fixture
def dns(tmp_path: Path) -> Iterator[RunningDns]:
    with running_dns(tmp_path, {**EVERYTHING_ELSE, "corp.test": ["v=spf1 -all"]}) as running:
        yield running


@pytest.fixture
def resolver(dns: RunningDns) -> DnsResolver:
    return DnsResolver(("127.0.0.1", dns.port), patience_seconds=PATIENCE_SECONDS)


async def add(world: World, domain: str = "corp.test") -> dict[str, Any]:
    return await administration.add_domain(world.store, world.clock, "acme", domain)


async def state(world: World, domain: str = "corp.test") -> str:
    listed = await administration.list_domains(world.store, "acme")
    found: str = next(one["state"] for one in listed["domains"] if one["domain"] == domain)
    return found


async def provisioned(world: World, email: str = "ada@corp.test") -> int:
    return (await world.scim.post("/Users", {"schemas": [SCIM_USER], "userName": email})).status


async def test_a_domain_is_pending_until_its_record_is_published_and_then_lets_people_in(
    world: World, dns: RunningDns, resolver: DnsResolver
) -> None:
    record = await add(world)
    await check_due(world.store, world.clock, resolver)
    before = (await state(world), await provisioned(world))
    dns.hold({record["host"]: ["something else entirely", record["value"]]})
    await world.clock.advance(HOUR)

    await check_due(world.store, world.clock, resolver)

    assert ("pending", 400) == before
    assert ("verified", 201) == (await state(world), await provisioned(world))


async def test_a_running_portal_looks_by_itself(world: World, dns: RunningDns, resolver: DnsResolver) -> None:
    record = await add(world)
    dns.hold({record["host"]: [record["value"]]})

    async with watching(world.store, world.clock, resolver):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await state(world) == "pending":
                pass

    assert "verified" == await state(world)


async def test_a_wrong_value_says_what_was_looked_up_and_found(
    world: World, dns: RunningDns, resolver: DnsResolver
) -> None:
    record = await add(world)
    dns.hold({record["host"]: ["hubspot-scim-verification=typo"]})

    shown = await administration.check_domain_now(world.store, world.clock, resolver, "acme", "corp.test")

    assert ("failed", "This domain couldn't be verified") == (shown["state"], shown["problem"])
    assert {
        "name": "_hubspot-scim.corp.test",
        "outcome": "records",
        "found": ["hubspot-scim-verification=typo"],
        "asked": dns.address,
    } == shown["looked_up"][0]
    assert "has another value" in shown["what_to_check"][0]


async def test_a_misspelt_domain_is_told_apart_from_a_missing_record(
    world: World, resolver: DnsResolver
) -> None:
    await add(world, "crop.test")

    shown = await administration.check_domain_now(world.store, world.clock, resolver, "acme", "crop.test")

    assert ["The DNS knows no domain crop.test. Check the spelling."] == shown["what_to_check"]


async def test_a_record_under_the_domain_twice_is_found_and_named(
    world: World, dns: RunningDns, resolver: DnsResolver
) -> None:
    record = await add(world)
    dns.hold({f"{record['host']}.corp.test": [record["value"]], "corp.test": []})

    shown = await administration.check_domain_now(world.store, world.clock, resolver, "acme", "corp.test")

    assert "pending" == shown["state"]
    assert shown["what_to_check"][0].startswith("The value is at _hubspot-scim.corp.test.corp.test;")


async def test_an_answer_too_long_for_a_datagram_comes_over_tcp(
    world: World, dns: RunningDns, resolver: DnsResolver
) -> None:
    record = await add(world)
    dns.hold({record["host"]: [*("padding " * 40 + str(number) for number in range(8)), record["value"]]})

    await check_due(world.store, world.clock, resolver)

    assert "verified" == await state(world)


async def test_nobody_waits_longer_than_48_hours_unless_asked_again(
    world: World, dns: RunningDns, resolver: DnsResolver
) -> None:
    record = await add(world)
    await world.clock.advance(PATIENCE)
    await check_due(world.store, world.clock, resolver)
    failed = await state(world)
    dns.hold({record["host"]: [record["value"]]})
    await world.clock.advance(DAY)

    asked = await check_due(world.store, world.clock, resolver)
    again = await administration.check_domain_now(world.store, world.clock, resolver, "acme", "corp.test")

    assert ("failed", 0, "verified") == (failed, asked, again["state"])


async def test_a_domain_whose_record_vanishes_lapses_and_takes_nobody_new_in(
    world: World, dns: RunningDns, resolver: DnsResolver
) -> None:
    record = await add(world)
    dns.hold({record["host"]: [record["value"]]})
    await check_due(world.store, world.clock, resolver)
    created = await world.provision("ada@corp.test")
    dns.hold(EVERYTHING_ELSE)
    states = []
    for _ in range(4):
        await world.clock.advance(DAY)
        await check_due(world.store, world.clock, resolver)
        states.append(await state(world))

    left = await world.scim.patch(
        f"/Users/{created['id']}", {"op": "replace", "path": "active", "value": False}
    )

    assert ["verified", "verified", "lapsed", "lapsed"] == states
    assert 400 == await provisioned(world, "bob@corp.test")
    assert (200, False) == (left.status, left.body["active"])


async def test_silence_neither_verifies_nor_lapses(
    world: World, dns: RunningDns, resolver: DnsResolver
) -> None:
    record = await add(world)
    dns.hold({record["host"]: [record["value"]]})
    await check_due(world.store, world.clock, resolver)
    nobody = DnsResolver(("127.0.0.1", 1), patience_seconds=0.05)

    for _ in range(3):
        await world.clock.advance(10 * PATIENCE)
        await check_due(world.store, world.clock, nobody)

    assert "verified" == await state(world)


async def test_the_record_of_a_domain_is_the_same_however_often_it_is_added(world: World) -> None:
    first, second = await add(world), await add(world, "CORP.test")

    assert first["value"] == second["value"]


async def test_two_accounts_prove_a_domain_with_records_of_their_own(world: World) -> None:
    await world.open_account("other")
    first = await add(world)
    second = await administration.add_domain(world.store, world.clock, "other", "corp.test")

    assert first["host"] == second["host"]
    assert first["value"] != second["value"]


async def test_a_domain_verified_by_hand_is_verified_without_a_record(world: World) -> None:
    with pytest.raises(SetupError, match=r"acme\.example is verified already"):
        await add(world, "acme.example")

    assert "verified" == await state(world, "acme.example")


async def test_an_account_has_a_hundred_domains_at_most(world: World) -> None:
    for number in range(100):
        await add(world, f"corp{number}.test")

    with pytest.raises(SetupError, match="at most 100 domains"):
        await add(world, "one-too-many.test")


async def test_a_domain_given_up_takes_nobody_in(world: World) -> None:
    await administration.remove_domain(world.store, "acme", "acme.example")

    assert 400 == await provisioned(world, "ada@acme.example")
    with pytest.raises(SetupError, match="has no domain"):
        await administration.remove_domain(world.store, "acme", "acme.example")


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("::1", ("::1", 53)),
        ("[::1]:5353", ("::1", 5353)),
    ],
)
def test_a_dns_server_is_an_address_and_perhaps_a_port(text: str, server: tuple[str, int]) -> None:
    assert server == parse_server(text)


@pytest.mark.parametrize("text", ["dns.example", "192.0.2.53:0", "192.0.2.53:x", "192.0.2.53:70000", ""])
def test_what_is_no_dns_server_is_refused(text: str) -> None:
    with pytest.raises(SetupError, match=r"DNS server|no port"):
        parse_server(text)
