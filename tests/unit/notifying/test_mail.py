from __future__ import annotations

import json
from typing import Any

import pytest

from syncline.gateway.domain.errors import Invalid, Refused
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.notifying.mail import MailChannel, check_email, write_mail
from syncline.gateway.services.ports.notices import Message


def message(kind: str = "notice.raised", **data: Any) -> Message:
    told = {
        "tenant": "acme",
        "title": "the connection to HubSpot is quarantined",
        "says": "It has failed for a day.",
        "fix": "`connection resume acme`.",
        "raised_at": "2026-11-21T10:00:00.000Z",
        "ended_at": None,
        "link": "https://sync.example.com/",
        **data,
    }
    body = json.dumps({"type": kind, "timestamp": "2026-11-21T10:00:00.000Z", "data": told})
    return Message(
        tenant_id=TenantId("t1"),
        id="msg_1",
        subscription_id="s1",
        body=body,
        created_at=1_800_000_000_000,
        due_at=0,
    )


def mail(message: Message) -> Any:
    return write_mail(message, to="it@example.com", sender="syncline@example.com")


def test_a_mail_says_what_is_so_what_helps_and_where_to_look() -> None:
    written = mail(message())

    assert "[Syncline] acme: the connection to HubSpot is quarantined" == written["Subject"]
    text = written.get_content()
    told = ("It has failed for a day.", "connection resume acme", "https://sync.example.com/")
    assert [] == [part for part in told if part not in text]
    assert "text/plain" == written.get_content_type()
    assert "auto-generated" == written["Auto-Submitted"]


def test_a_message_has_the_same_id_however_often_it_is_written() -> None:
    assert "<msg_1@example.com>" == mail(message())["Message-ID"] == mail(message())["Message-ID"]


def test_the_subject_tells_a_reminder_and_an_end() -> None:
    ended = mail(message("notice.ended", ended_at="2026-11-21T11:00:00.000Z"))

    assert "acme: Still: the connection" in mail(message("notice.reminded"))["Subject"]
    assert "acme: Over: the connection" in ended["Subject"]
    assert "over since 2026-11-21T11:00" in ended.get_content()


@pytest.mark.parametrize(
    "name", ["acme\r\nBcc: eve@example.com", "acme\nX: y", "ac\x00me", "acme\u2028Bcc: e"]
)
def test_no_name_can_add_a_header(name: str) -> None:
    written = mail(message(tenant=name))
    head = written.as_bytes().partition(b"\r\n\r\n")[0]

    assert {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"} == {
        each for each in written if not each.startswith(("Content-", "MIME-"))
    }
    assert b"\r\nBcc:" not in head
    assert b"\r\nX:" not in head


@pytest.mark.parametrize(
    "address",
    [
        "",
        "it",
        "it@",
        "@example.com",
        "it@example.com, eve@example.com",
        "it@example.com\r\nBcc: eve@example.com",
        "IT <it@example.com>",
        "it team@example.com",
        '"it"@example.com',
        "it@[127.0.0.1]",
        "ität@example.com",
        "a" * 250 + "@example.com",
    ],
)
def test_what_is_no_plain_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid):
        check_email(address)


def test_a_plain_address_is_taken() -> None:
    assert "it-team+syncline@example.com" == check_email("it-team+syncline@example.com")


def test_without_a_server_no_address_is_taken() -> None:
    with pytest.raises(Refused, match="SYNCLINE_SMTP_HOST"):
        MailChannel(None).check("it@example.com")
