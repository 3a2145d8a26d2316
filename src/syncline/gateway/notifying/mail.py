"""Mail over SMTP: plain text, one message to one address, TLS unless told otherwise."""

from __future__ import annotations

import asyncio
import json
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from syncline.gateway.domain.errors import Invalid, Refused
from syncline.gateway.services.ports.notices import Message, NotSent, Subscription

SECONDS = 20
"""The longest a server may take for each step."""
MAX_ADDRESS = 254
_STAGES = {"notice.reminded": "Still: ", "notice.ended": "Over: "}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in. `security` is ``starttls``, ``tls`` or ``none``."""

    host: str
    port: int
    security: str
    user: str | None
    password: str | None = field(repr=False)
    sender: str


class MailChannel:
    """Implements `services.ports.NoticeChannel`. Without a server every address is refused."""

    def __init__(self, server: MailServer | None, tls: ssl.SSLContext | None = None) -> None:
        """`tls` is what a server's certificate is judged by; left out, by the authorities of this machine."""
        self._server = server
        self._tls = tls

    def check(self, address: str) -> str:
        """Return the address; raises `Refused` while no server is set, `Invalid` for what is no address."""
        if self._server is None:
            raise Refused(
                "This server cannot send mail: set SYNCLINE_SMTP_HOST, and what else the how-to on notices says."
            )
        return check_email(address)

    async def send(self, subscription: Subscription, message: Message) -> None:
        """Hand the message in; raises `NotSent` with what the server, or the way to it, said."""
        if self._server is None:
            raise NotSent("SYNCLINE_SMTP_HOST is not set any more.")
        mail = write_mail(message, to=subscription.address, sender=self._server.sender)
        try:
            await asyncio.to_thread(self._hand_in, self._server, mail)
        except (OSError, smtplib.SMTPException) as fault:
            raise NotSent(_describe(fault, self._server)) from None

    def _hand_in(self, server: MailServer, mail: EmailMessage) -> None:
        context = self._tls or ssl.create_default_context()
        with _connect(server, context) as smtp:
            if server.security == "starttls":
                smtp.starttls(context=context)
            if server.user is not None:
                smtp.login(server.user, server.password or "")
            smtp.send_message(mail)


def _connect(server: MailServer, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=SECONDS)


def check_email(address: str) -> str:
    """Return a plain address, local@domain in printable ASCII; raises `Invalid` for anything else.

    Nothing that could end a header line, add a second recipient or name a host by number is let through.
    """
    wrong = Invalid("An e-mail address is written like it-team@example.com.")
    if len(address) > MAX_ADDRESS or not address.isascii() or not address.isprintable():
        raise wrong
    try:
        parsed = Address(addr_spec=address)
    except (MessageError, ValueError, IndexError):
        raise wrong from None
    if not parsed.username or not parsed.domain or any(each in address for each in " ,;<>\"'()[]\\"):
        raise wrong
    return address


def write_mail(message: Message, *, to: str, sender: str) -> EmailMessage:
    """Return the mail of a message. Its id is that of the message, so a second copy can be recognised."""
    document = json.loads(message.body)
    data = document["data"]
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = _one_line(
        f"[Syncline] {data['tenant']}: {_STAGES.get(document['type'], '')}{data['title']}"
    )
    mail["Date"] = datetime.fromtimestamp(message.created_at / 1000, UTC)
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_text(data))
    return mail


def _text(data: dict[str, Any]) -> str:
    if data.get("ended_at"):
        paragraphs = [f"This is over since {data['ended_at']}:", data["says"]]
    else:
        since = f"Since {data['raised_at']}." if data.get("raised_at") else ""
        paragraphs = [data["says"], since, f"What helps: {data['fix']}"]
    about = f"Tenant: {data['tenant']}\nConsole: {data['link']}"
    return "\n\n".join(each for each in (*paragraphs, about) if each) + "\n"


def _one_line(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)


def _describe(fault: Exception, server: MailServer) -> str:
    """Say what went wrong without the password, which a server may send back."""
    where = f"The mail server {server.host}:{server.port}"
    if isinstance(fault, smtplib.SMTPAuthenticationError):
        return f"{where} refuses the user or the password (SYNCLINE_SMTP_USER, SYNCLINE_SMTP_PASSWORD)."
    if isinstance(fault, smtplib.SMTPNotSupportedError):
        return f"{where} does not offer what SYNCLINE_SMTP_SECURITY and the user need."
    if isinstance(fault, smtplib.SMTPRecipientsRefused | smtplib.SMTPSenderRefused):
        return f"{where} refuses the recipient or the sender (SYNCLINE_MAIL_FROM)."
    if isinstance(fault, smtplib.SMTPResponseException):
        return f"{where} answered with {fault.smtp_code}."
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"{where} has a certificate that is not trusted."
    if isinstance(fault, ssl.SSLError):
        return f"{where} made no TLS connection: SYNCLINE_SMTP_SECURITY is starttls, tls or none."
    if isinstance(fault, TimeoutError):
        return f"{where} did not answer within {SECONDS} s."
    return f"{where} could not be reached, or broke off."
