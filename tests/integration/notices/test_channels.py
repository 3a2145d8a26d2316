"""Mail reaches a real mail server, and webhooks a real receiver that checks them with the library."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import standardwebhooks

from syncline.clock import SystemClock
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.notifying.addresses import Doors
from syncline.gateway.notifying.mail import MailChannel, MailServer
from syncline.gateway.notifying.webhooks import WebhookChannel, open_webhook_session
from syncline.gateway.services.ports.notices import ChannelKind, Message, NotSent, Subscription
from tests.integration.notices.receivers import PASSWORD, USER, mail_server, make_certificate, webhook

NOW = SystemClock().now()
SECRET = "whsec_" + "c2VjcmV0" * 4
BODY = json.dumps(
    {
        "type": "notice.raised",
        "timestamp": "2026-11-21T10:00:00.000Z",
        "data": {
            "tenant": "Größe & Söhne",
            "title": "HubSpot has ended the grant",
            "says": "Nobody can reach HubSpot.",
            "fix": "`connection authorize acme`.",
            "raised_at": "2026-11-21T10:00:00.000Z",
            "ended_at": None,
            "link": "https://sync.example.com/",
        },
    },
    ensure_ascii=False,
)
MESSAGE = Message(
    tenant_id=TenantId("t1"), id="msg_1", subscription_id="s1", body=BODY, created_at=NOW, due_at=NOW
)


def subscription(address: str, secret: str | None = SECRET) -> Subscription:
    return Subscription(
        tenant_id=TenantId("t1"),
        id="s1",
        channel=ChannelKind.WEBHOOK,
        address=address,
        secret=secret,
        created_at=NOW,
        created_by="anna",
    )


def mail(port: int, **changes: Any) -> MailServer:
    given = {"security": "none", "user": None, "password": None, **changes}
    return MailServer(host="localhost", port=port, sender="syncline@example.com", **given)


# --- mail -----------------------------------------------------------------------------------------------------------
async def test_a_mail_arrives_with_its_words() -> None:
    async with mail_server() as server:
        await MailChannel(mail(server.port)).send(subscription("it@example.com"), MESSAGE)

    (arrived,) = server.mails
    assert "[Syncline] Größe & Söhne: HubSpot has ended the grant" == arrived["Subject"]
    assert "connection authorize acme" in arrived.get_content()
    assert [["it@example.com"]] == server.recipients
    assert "<msg_1@example.com>" == arrived["Message-ID"]


async def test_a_mail_goes_over_starttls_and_signs_in(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with mail_server(certificate, signs_in=True) as server:
        given = mail(server.port, security="starttls", user=USER, password=PASSWORD)
        await MailChannel(given, trusting).send(subscription("it@example.com"), MESSAGE)

    assert [True] == server.tls


async def test_a_mail_server_nobody_vouches_for_is_not_spoken_to(tmp_path: Path) -> None:
    async with mail_server(make_certificate(tmp_path)) as server:
        channel = MailChannel(mail(server.port, security="starttls"))
        with pytest.raises(NotSent, match="not trusted"):
            await channel.send(subscription("it@example.com"), MESSAGE)

    assert [] == server.mails


async def test_without_encryption_on_offer_nothing_is_sent_in_the_clear() -> None:
    async with mail_server() as server:
        channel = MailChannel(mail(server.port, security="starttls"))
        with pytest.raises(NotSent, match="SYNCLINE_SMTP_SECURITY"):
            await channel.send(subscription("it@example.com"), MESSAGE)

    assert [] == server.mails


async def test_a_wrong_password_is_told_and_not_repeated(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with mail_server(certificate, signs_in=True) as server:
        given = mail(server.port, security="starttls", user=USER, password="hunter2")
        with pytest.raises(NotSent, match="refuses the user or the password") as refused:
            await MailChannel(given, trusting).send(subscription("it@example.com"), MESSAGE)

    assert "hunter2" not in str(refused.value) + repr(given)


async def test_a_refusal_and_an_absence_are_told() -> None:
    async with mail_server() as server:
        server.refuses = "451 come back later"
        with pytest.raises(NotSent, match="answered with 451"):
            await MailChannel(mail(server.port)).send(subscription("it@example.com"), MESSAGE)
        port = server.port

    with pytest.raises(NotSent, match="could not be reached"):
        await MailChannel(mail(port)).send(subscription("it@example.com"), MESSAGE)


# --- webhooks -------------------------------------------------------------------------------------------------------
@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_webhook_session(Doors(allow_private=True)) as opened:
        yield opened


@pytest.fixture
def channel(session: aiohttp.ClientSession) -> WebhookChannel:
    return WebhookChannel(session, Doors(allow_private=True), SystemClock())


async def test_the_library_accepts_the_signature_of_a_webhook(channel: WebhookChannel) -> None:
    async with webhook() as receiver:
        await channel.send(subscription(receiver.url), MESSAGE)

    ((headers, body),) = receiver.requests
    assert json.loads(BODY) == standardwebhooks.Webhook(SECRET).verify(body, headers)
    assert ("msg_1", "application/json") == (headers["webhook-id"], headers["content-type"])


async def test_a_changed_body_or_another_secret_is_noticed(channel: WebhookChannel) -> None:
    async with webhook() as receiver:
        await channel.send(subscription(receiver.url), MESSAGE)

    ((headers, body),) = receiver.requests
    for secret, said in ((SECRET, body + b" "), ("whsec_" + "b3RoZXIw" * 4, body)):
        with pytest.raises(standardwebhooks.webhooks.WebhookVerificationError):
            standardwebhooks.Webhook(secret).verify(said, headers)


async def test_a_redirect_is_not_followed(channel: WebhookChannel) -> None:
    async with webhook() as receiver, webhook() as elsewhere:
        receiver.status, receiver.location = 307, elsewhere.url
        with pytest.raises(NotSent, match="answered with 307"):
            await channel.send(subscription(receiver.url), MESSAGE)

    assert [] == elsewhere.requests


async def test_a_webhook_that_refuses_or_is_away_is_told(channel: WebhookChannel) -> None:
    async with webhook() as receiver:
        receiver.status = 500
        with pytest.raises(NotSent, match="answered with 500"):
            await channel.send(subscription(receiver.url), MESSAGE)

    with pytest.raises(NotSent, match="could not be reached"):
        await channel.send(subscription(receiver.url), MESSAGE)


async def test_a_webhook_inside_is_not_spoken_to_from_a_public_server() -> None:
    doors = Doors(allow_private=False)
    async with webhook() as receiver, open_webhook_session(doors) as strict:
        channel = WebhookChannel(strict, doors, SystemClock())
        with pytest.raises(NotSent):
            await channel.send(subscription(receiver.url), MESSAGE)

    assert [] == receiver.requests


async def test_a_name_that_leads_inside_is_not_connected_to() -> None:
    checks_nothing = Doors(allow_private=True)
    async with webhook() as receiver, open_webhook_session(Doors(allow_private=False)) as strict:
        channel = WebhookChannel(strict, checks_nothing, SystemClock())
        with pytest.raises(NotSent, match=r"public address|could not be reached"):
            await channel.send(subscription(receiver.url.replace("127.0.0.1", "localhost")), MESSAGE)

    assert [] == receiver.requests


async def test_a_webhook_whose_secret_is_lost_says_so(channel: WebhookChannel) -> None:
    with pytest.raises(NotSent, match="subscribe it anew"):
        await channel.send(subscription("http://127.0.0.1/x", secret=None), MESSAGE)
