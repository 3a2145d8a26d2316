"""The live check, held against the portal: the one account whose answers are known."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.domain.errors import Invalid
from syncline.gateway.hubspot.addresses import check_base_url
from syncline.gateway.hubspot.client import open_session
from syncline.gateway.hubspot.live_check import API_TRIALS, SCIM_TRIALS, check_account
from tests.docs.repository import ROOT
from tests.support.clock import LeapingClock
from tests.support.world import HubSpotAccount, portal

ANYWHERE = partial(check_base_url, allow_private=True)


async def check(hubspot: HubSpotAccount, *, scim: bool = True, **given: Any) -> dict[str, Any]:
    credentials = hubspot.credentials
    async with open_session() as session:
        return await check_account(
            session,
            hubspot.clock,
            ANYWHERE,
            lambda _calls: None,
            **{
                "base_url": hubspot.url,
                "access_token": credentials["access_token"],
                "scim_base_url": f"{hubspot.url}/scim/v2" if scim else None,
                "scim_token": credentials["scim_token"] if scim else None,
                "domain": "acme.example",
                **given,
            },
        )


def verdicts(result: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {each["assumption"]: (each["verdict"], each["seen"]) for each in result["trials"]}


async def test_the_portal_confirms_what_it_was_built_on(tmp_path: Path) -> None:
    async with portal(tmp_path, LeapingClock(), invites="never") as hubspot:
        result = await check(hubspot)
        left = await hubspot.users()

    others = {name: each for name, each in verdicts(result).items() if each[0] != "confirmed"}
    assert {"Pages hold 100 users unless `limit` says less": "not testable"} == {
        name: each[0] for name, each in others.items()
    }, others
    assert len(API_TRIALS) + len(SCIM_TRIALS) == len(result["trials"])
    assert result["email"] not in left
    assert ["admin@acme.example"] == list(left)


async def test_an_account_that_behaves_otherwise_is_found_out(tmp_path: Path) -> None:
    async with portal(
        tmp_path, LeapingClock(), invites="never", flags={"duplicate_create": "400"}
    ) as hubspot:
        result = await check(hubspot, scim=False)

    verdict, seen = verdicts(result)["Creating somebody who is there answers 409"]
    assert ("refuted", "400") == (verdict, seen[:3])
    assert 1 == result["refuted"]
    assert len(API_TRIALS) == len(result["trials"])


async def test_a_credential_that_may_not_create_settles_nothing(tmp_path: Path) -> None:
    async with portal(tmp_path, LeapingClock()) as hubspot:
        result = await check(hubspot, access_token="pat-na1-wrong")

    assert [("A user can be created.", "not testable")] == [
        (each["assumption"], each["verdict"]) for each in result["trials"]
    ]


@pytest.mark.parametrize("domain", ["acme", "a b.example", "acme.example/x", ""])
async def test_a_domain_that_is_none_is_refused_before_anything_is_sent(tmp_path: Path, domain: str) -> None:
    async with portal(tmp_path, LeapingClock()) as hubspot:
        with pytest.raises(Invalid, match="no domain"):
            await check(hubspot, domain=domain)


async def test_tokens_go_to_hubspot_only() -> None:
    async with open_session() as session:
        with pytest.raises(Invalid, match="not a HubSpot host"):
            await check_account(
                session,
                LeapingClock(),
                partial(check_base_url, allow_private=False),
                lambda _calls: None,
                base_url="https://evil.example",
                access_token="x",
                scim_base_url=None,
                scim_token=None,
                domain="acme.example",
            )


@pytest.mark.parametrize("assumption", [name for name, _ in (*API_TRIALS, *SCIM_TRIALS)])
def test_every_trial_is_of_a_row_of_the_page(assumption: str) -> None:
    page = (ROOT / "docs" / "reference" / "assumptions.md").read_text(encoding="utf-8")

    assert 1 == page.count(f"\n| {assumption}")
