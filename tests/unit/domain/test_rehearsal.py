"""Where a rehearsal may be played, and what may be asked of one."""

from __future__ import annotations

import pytest

from syncline.gateway.domain.errors import Invalid
from syncline.gateway.domain.rehearsal import MOST_PEOPLE, Provider, Script, why_not


@pytest.mark.parametrize(
    "addresses",
    [
        ("https://api.hubapi.com",),
        ("https://API.HubAPI.com.",),
        ("https://api-eu1.hubapi.com:443/v3",),
        ("https://app.hubspot.com",),
        ("http://127.0.0.1:8090", "https://api.hubspot.com/scim/v2"),
    ],
    ids=str,
)
def test_nothing_is_rehearsed_where_one_address_is_hubspots_own(addresses: tuple[str, ...]) -> None:
    assert "real HubSpot account" in str(why_not("Acme", addresses))


def test_nothing_is_rehearsed_without_a_connection() -> None:
    assert "Acme is not connected to anything. Connect it to a portal first." == why_not("Acme", ())


@pytest.mark.parametrize(
    "addresses",
    [("http://127.0.0.1:8090",), ("https://portal.acme.example", "https://portal.acme.example/scim/v2")],
    ids=str,
)
def test_a_portal_is_rehearsed_with(addresses: tuple[str, ...]) -> None:
    assert why_not("Acme", addresses) is None


@pytest.mark.parametrize("address", ["https://nothubapi.com", "https://api.hubapi.com.acme.example"])
def test_a_name_that_only_looks_like_hubspots_is_another(address: str) -> None:
    assert why_not("Acme", (address,)) is None


@pytest.mark.parametrize("people", ["1", "20", str(MOST_PEOPLE)])
def test_a_script_has_a_provider_and_a_number_of_people(people: str) -> None:
    assert Script(Provider.OKTA, int(people)) == Script.read("okta", people)


@pytest.mark.parametrize(
    ("provider", "people"),
    [("entra", each) for each in ("", "0", "-1", "201", "1e2", "٣", "2000000", "00009999", "twenty")]
    + [("", "20"), ("Entra", "20"), ("--help", "20")],
)
def test_what_is_no_script_is_refused(provider: str, people: str) -> None:
    with pytest.raises(Invalid):
        Script.read(provider, people)
