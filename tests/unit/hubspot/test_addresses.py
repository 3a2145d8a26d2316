"""Where a credential may go: HubSpot, and beyond it only where an operator allows."""

from __future__ import annotations

import pytest

from syncline.gateway.domain.errors import Invalid
from syncline.gateway.hubspot.addresses import check_authorize_url, check_base_url
from syncline.settings_values import AllowedHost


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://api.hubapi.com", "https://api.hubapi.com"),
        ("https://api.hubapi.com/", "https://api.hubapi.com"),
        ("https://API.HubSpot.com:443/scim/v2/", "https://API.HubSpot.com:443/scim/v2"),
    ],
)
def test_hubspot_itself_is_always_allowed(given: str, kept: str) -> None:
    assert check_base_url(given, allow_private=False) == kept


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8090",
        "http://localhost:8090/scim/v2",
        "https://10.1.2.3",
        "http://192.168.1.9:8090",
        "http://[::1]:8090",
        "http://[fd00::1]",
        "http://[::ffff:127.0.0.1]:8090",
    ],
)
def test_a_private_address_is_allowed_only_while_private_ones_are(url: str) -> None:
    assert check_base_url(url, allow_private=True) == url
    with pytest.raises(Invalid, match="not a HubSpot host"):
        check_base_url(url, allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "https://api.hubapi.com.evil.example",
        "https://api.hubapi.com@evil.example",
        "https://user:secret@api.hubapi.com",
        "https://evil.example/api.hubapi.com",
        "https://evil.example#api.hubapi.com",
        "https://api.hubapi.com?x=1",
        "https://api.hubapi.com#",
        "http://api.hubapi.com",
        "https://api.hubapi.com:8443",
        "https://api.hubapi.com:0",
        "https://api.hubapi.com:99999",
        "https://api.hubapi.com\\@evil.example",
        "https://api.hubapi.com\n.evil.example",
        "https://api.hubapi.com /",
        "https://api.hubаpi.com",
        "ftp://api.hubapi.com",
        "//api.hubapi.com",
        "https://",
        "api.hubapi.com",
        "",
        "http://169.254.169.254",
        "http://[fe80::1]",
        "http://[::ffff:169.254.169.254]",
        "http://0.0.0.0:8090",
        "http://127.0.0.1.nip.example",
        "http://2130706433",
        "http://8.8.8.8",
        "https://[::1",
        "https://api.hubapi.com/" + "x" * 2_000,
    ],
)
def test_no_other_address_is_allowed_even_while_private_ones_are(url: str) -> None:
    with pytest.raises(Invalid):
        check_base_url(url, allow_private=True)


def test_an_operator_may_name_further_hosts_with_or_without_a_port() -> None:
    named = [AllowedHost("portal.internal", 8090), AllowedHost("10.9.9.9", None)]

    for url in ("http://portal.internal:8090", "https://10.9.9.9/scim/v2"):
        assert check_base_url(url, allow_private=False, allowed_hosts=named) == url
    with pytest.raises(Invalid):
        check_base_url("http://portal.internal:8091", allow_private=False, allowed_hosts=named)


def test_a_refusal_does_not_repeat_a_credential() -> None:
    with pytest.raises(Invalid) as refused:
        check_base_url("https://user:hunter2@evil.example", allow_private=True)

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["https://app.hubspot.com", "https://app-eu1.hubspot.com/", "https://app-na2.hubspot.com:443"]
)
def test_people_are_sent_to_hubspots_own_sign_in(url: str) -> None:
    assert url.rstrip("/") == check_authorize_url(url, allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://app.hubspot.com",
        "https://app.hubspot.com:8443",
        "https://api.hubapi.com",
        "https://app.hubspot.com.evil.example",
        "https://app-evil.hubspot.com",
        "https://appxhubspot.com",
        "https://app.hubspot.com@evil.example",
        "https://app.hubspot.com/?next=x",
        "javascript:alert(1)",
        "https://evil.example",
        "http://169.254.169.254",
    ],
)
def test_people_are_sent_nowhere_else(url: str) -> None:
    with pytest.raises(Invalid):
        check_authorize_url(url, allow_private=True)


def test_people_are_sent_to_a_private_sign_in_only_while_that_is_allowed() -> None:
    assert "http://127.0.0.1:8090" == check_authorize_url("http://127.0.0.1:8090", allow_private=True)
    with pytest.raises(Invalid):
        check_authorize_url("http://127.0.0.1:8090", allow_private=False)
    named = [AllowedHost("portal.internal", None)]
    assert check_authorize_url("https://portal.internal", allow_private=False, allowed_hosts=named)
