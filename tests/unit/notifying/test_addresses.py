from __future__ import annotations

import ipaddress
import socket

import pytest

from syncline.gateway.domain.errors import Invalid
from syncline.gateway.notifying.addresses import Doors, GuardedResolver, is_public
from syncline.settings_values import AllowedHost

PUBLIC = Doors(allow_private=False)
PRIVATE = Doors(allow_private=True)
NAMED = Doors(allow_private=False, allowed_hosts=[AllowedHost("hooks.internal", 8080)])


@pytest.mark.parametrize(
    "url", ["https://hooks.example.com/a", "https://hooks.example.com:8443/a", "https://8.8.8.8/"]
)
def test_a_public_address_over_tls_is_taken(url: str) -> None:
    assert url == PUBLIC.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://10.0.0.8/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://user:secret@hooks.example.com/",
        "https://hooks.example.com/?sig=secret",
        "https://hooks.example.com/#x",
        "https://hooks.example.com:0/",
        "ftp://hooks.example.com/",
        "https://hooks.example.com/\r\nHost: x",
        "https://hooks.éxample.com/",
        "https:///",
        "hooks.example.com",
        "https://" + "a" * 2_000,
    ],
)
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        PUBLIC.check(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/hook", "http://localhost/", "https://10.0.0.8/"])
def test_private_addresses_are_taken_where_they_are_allowed(url: str) -> None:
    assert url == PRIVATE.check(url)


def test_link_local_addresses_must_be_named_even_there() -> None:
    with pytest.raises(Invalid):
        PRIVATE.check("http://169.254.169.254/")


def test_a_named_host_is_taken_at_its_port_only() -> None:
    assert NAMED.check("http://hooks.internal:8080/a")
    with pytest.raises(Invalid):
        NAMED.check("http://hooks.internal:9090/a")


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "224.0.0.1"]
)
def test_a_public_name_that_resolves_inside_is_not_connected_to(address: str) -> None:
    assert not PUBLIC.admits("hooks.example.com", 443, address)
    assert not PRIVATE.admits("hooks.example.com", 443, address)


def test_a_named_host_may_resolve_inside() -> None:
    assert NAMED.admits("hooks.internal", 8080, "10.0.0.1")


async def test_a_name_that_leads_inside_only_cannot_be_resolved() -> None:
    resolver = GuardedResolver(PUBLIC)
    with pytest.raises(OSError, match="no public address"):
        await resolver.resolve("localhost", 443, socket.AF_INET)
    await resolver.close()


@pytest.mark.parametrize(
    ("text", "expected"), [("8.8.8.8", True), ("2001:4860:4860::8888", True), ("192.0.2.1", False)]
)
def test_documentation_ranges_are_not_public(text: str, *, expected: bool) -> None:
    assert expected == is_public(ipaddress.ip_address(text))
