"""TLS with a certificate authority of the portal's own, the prefix `/hub.com`, and the CONNECT proxy."""

from __future__ import annotations

import asyncio
import io
import json
import ssl
import stat
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509

from syncline import httpserver
from syncline.portal.connect import connect_proxy, refused
from syncline.portal.tls import LIFE, RENEW, TlsFiles, prepare_tls
from syncline.portal.web.tls_entrance import TlsEntrance
from tests.support.serving import serve

NOW = 1_800_000_000_000
DAY = 86_400_000
TEMPLATES = "https://raw.githubusercontent.com/HubSpot/hubspot-project-components/main"


async def echo(scope, receive, send):  # type: ignore[no-untyped-def]
    """Answer with the path that was asked for."""
    body = json.dumps([scope["path"], scope["raw_path"].decode()]).encode()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
    )
    await send({"type": "http.response.body", "body": body})


@dataclass
class Entrance:
    """The TLS port and the proxy, and a client that trusts the portal's authority only."""

    address: str
    proxy: str
    client: aiohttp.ClientSession

    async def read(self, address: str, *, proxied: bool = False) -> tuple[int, bytes]:
        async with self.client.get(address, proxy=self.proxy if proxied else None) as response:
            return response.status, await response.read()


@pytest.fixture
async def entrance(tmp_path: Path) -> AsyncIterator[Entrance]:
    now = int(datetime.now(UTC).timestamp() * 1000)
    files = prepare_tls(tmp_path, now)
    trust = ssl.create_default_context(cafile=str(files.authority))
    with httpserver.bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        async with (
            httpserver.tls_beside(TlsEntrance(echo), listener, certificate=files.certificate, key=files.key),
            connect_proxy("127.0.0.1", 0, port) as proxy_port,
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as client,
        ):
            yield Entrance(f"https://127.0.0.1:{port}", f"http://127.0.0.1:{proxy_port}", client)


async def test_the_api_lies_below_hub_com_and_at_the_root(entrance: Entrance) -> None:
    for path in ("/hub.com/dfs/v1/a%20b", "/dfs/v1/a%20b"):
        status, body = await entrance.read(entrance.address + path)
        assert (200, ["/dfs/v1/a b", "/dfs/v1/a%20b"]) == (status, json.loads(body))
    assert ["/hub.community", "/hub.community"] == json.loads(
        (await entrance.read(f"{entrance.address}/hub.community"))[1]
    )


async def test_the_certificate_names_this_machine_by_both_names(entrance: Entrance) -> None:
    by_name = entrance.address.replace("127.0.0.1", "localhost")

    assert 200 == (await entrance.read(f"{by_name}/x"))[0]


async def test_who_does_not_know_the_authority_trusts_nothing(entrance: Entrance) -> None:
    async with aiohttp.ClientSession() as stranger:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await stranger.get(entrance.address)


async def test_the_proxy_leads_hubspots_hosts_to_the_portal(entrance: Entrance) -> None:
    status, body = await entrance.read("https://api.hubapi.com/developer/projects/v1", proxied=True)

    assert (200, "/developer/projects/v1") == (status, json.loads(body)[0])


async def test_templates_come_from_the_portal_and_nothing_else_of_their_hosts(entrance: Entrance) -> None:
    config = json.loads((await entrance.read(f"{TEMPLATES}/2025.2/config.json", proxied=True))[1])
    _, zipped = await entrance.read(
        "https://api.github.com/repos/HubSpot/hubspot-project-components/zipball/main", proxied=True
    )
    names = zipfile.ZipFile(io.BytesIO(zipped)).namelist()

    paths = [config["defaultFiles"], config["parentComponents"][0]["path"], config["components"][0]["path"]]
    for path in paths:
        assert any(f"/2025.2/{path}/" in name for name in names)
    assert 404 == (await entrance.read(f"{TEMPLATES}/1.0/config.json", proxied=True))[0]
    assert 404 == (await entrance.read("https://api.github.com/user", proxied=True))[0]


async def test_the_proxy_refuses_every_other_host(entrance: Entrance) -> None:
    with pytest.raises(aiohttp.ClientHttpProxyError) as caught:
        await entrance.read("https://example.com/", proxied=True)

    assert 403 == caught.value.status


async def test_the_proxy_passes_nothing_on_but_connect(entrance: Entrance) -> None:
    async with serve(echo) as elsewhere:
        status, body = await entrance.read(f"{elsewhere}/secret", proxied=True)

    assert (405, True) == (status, b"CONNECT only" in body)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"CONNECT api.hubapi.com:443 HTTP/1.1\r\n\r\n", None),
        (b"CONNECT API.hubapi.com:443 HTTP/1.1\r\n\r\n", None),
        (b"CONNECT api.hubapi.com:22 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT api.hubapi.com.example:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT 127.0.0.1:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT api.hubapi.com HTTP/1.1\r\n\r\n", 403),
        (b"GET http://api.hubapi.com/ HTTP/1.1\r\n\r\n", 405),
        (b"\xff\xfe\r\n\r\n", 405),
    ],
)
def test_what_the_proxy_leads_on_is_told_by_the_first_line(head: bytes, status: int | None) -> None:
    refusal = refused(head, {"api.hubapi.com"})

    assert status == (None if refusal is None else refusal[0])


async def test_a_head_that_never_ends_is_dropped(entrance: Entrance) -> None:
    port = int(entrance.proxy.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"CONNECT " + b"a" * 20_000)

    assert b"" == await reader.read()
    writer.close()


def test_the_files_are_kept_until_they_end_soon(tmp_path: Path) -> None:
    def content(files: TlsFiles) -> list[bytes]:
        return [path.read_bytes() for path in (files.authority, files.certificate, files.key)]

    kept = content(prepare_tls(tmp_path, NOW))

    assert kept == content(prepare_tls(tmp_path, NOW + (LIFE - RENEW).days * DAY - DAY))
    assert kept != content(prepare_tls(tmp_path, NOW + (LIFE - RENEW).days * DAY))


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"broken")])
@pytest.mark.parametrize("name", ["authority", "certificate", "key"])
def test_files_that_do_not_belong_together_are_made_anew(
    tmp_path: Path, name: str, spoil: Callable[[Path], object]
) -> None:
    files = prepare_tls(tmp_path, NOW)
    spoil(getattr(files, name))

    authority, certificate = (
        x509.load_pem_x509_certificate(path.read_bytes())
        for path in (prepare_tls(tmp_path, NOW).authority, files.certificate)
    )

    certificate.verify_directly_issued_by(authority)
    files.context()


def test_nobody_else_reads_the_key_and_the_authority_has_none(tmp_path: Path) -> None:
    files = prepare_tls(tmp_path, NOW)

    assert 0o600 == stat.S_IMODE(files.key.stat().st_mode)
    assert {"portal-ca.pem", "portal-tls.pem", "portal-tls.key"} == {path.name for path in tmp_path.iterdir()}
    assert b"PRIVATE" not in files.authority.read_bytes() + files.certificate.read_bytes()


def test_the_authority_may_vouch_for_this_machine_and_the_led_hosts_only(tmp_path: Path) -> None:
    authority = x509.load_pem_x509_certificate(prepare_tls(tmp_path, NOW).authority.read_bytes())
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)

    names = {str(name.value) for name in constraints.value.permitted_subtrees or ()}
    assert constraints.critical
    assert {
        "localhost", "api.hubapi.com", "api.hubspot.com", "raw.githubusercontent.com", "api.github.com",
        "127.0.0.0/8", "::1/128",
    } == names  # fmt: skip
