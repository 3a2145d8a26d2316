"""Every setting of the gateway in one table: name, variable, type, default, help, secret or not.

Settings are read once, at start. A value that cannot be used stops the program there and then with a
sentence that names the setting; nothing reads the environment afterwards.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from syncline import settings_values as values
from syncline.settings_values import AllowedHost, Network

PREFIX = "SYNCLINE_"


class SettingError(Exception):
    """A setting has a value that cannot be used; the message names the setting and says what it takes."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: how a setting is called, where it is read, what it takes and means."""

    name: str
    type: str
    default: str
    help: str
    secret: bool
    parse: Callable[[str], Any]

    @property
    def variable(self) -> str:
        """The environment variable that carries it."""
        return PREFIX + self.name.upper()


def _row(
    parse: Callable[[str], Any], kind: str, default: str, meaning: str, *, secret: bool = False
) -> dict[str, Any]:
    return {"parse": parse, "type": kind, "default": default, "help": meaning, "secret": secret}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """The settings of one gateway, checked. Build it with `read_settings`."""

    data: Path = field(
        metadata=_row(
            values.folder,
            "folder",
            "data",
            "The folder that holds the database, the secret key and the local socket. "
            "Created on first use, for its owner only.",
        )
    )
    host: str = field(metadata=_row(values.host, "host", "127.0.0.1", "The address the server listens on."))
    port: int = field(
        metadata=_row(
            values.whole(0, 65_535), "number", "8080", "The port the server listens on; 0 takes any free one."
        )
    )
    public_url: str | None = field(
        metadata=_row(
            values.optional(values.address),
            "URL",
            "",
            "The address under which identity providers and people reach this server. Every address Syncline "
            "prints begins with it. Unset, it is the address the server listens on.",
        )
    )
    database_url: str | None = field(
        metadata=_row(
            values.optional(values.database),
            "URL",
            "",
            "The database: `sqlite:///PATH`, or `postgresql://USER:PASSWORD@HOST/DATABASE` with the "
            "`postgres` extra. Unset, it is `gateway.db` in the data folder.",
            secret=True,
        )
    )
    secret_key: str | None = field(
        metadata=_row(
            values.optional(values.text),
            "text",
            "",
            "The key that seals stored credentials, when it comes from a secret store instead of the file "
            "`secret.key` in the data folder.",
            secret=True,
        )
    )
    trusted_proxies: tuple[Network, ...] = field(
        metadata=_row(
            values.networks,
            "networks",
            "",
            "The reverse proxies in front of this server, as IP addresses or networks. Only they are "
            "believed about the client's address (`X-Forwarded-For`) and scheme (`X-Forwarded-Proto`).",
        )
    )
    allow_private_hubspot: tuple[AllowedHost, ...] = field(
        metadata=_row(
            values.hosts,
            "hosts",
            "",
            "Hosts on loopback or private networks that may stand in for HubSpot although the server has a "
            "public URL, for example a rehearsal portal. Without a public URL they are accepted anyway.",
        )
    )
    hubspot_client_id: str | None = field(
        metadata=_row(
            values.optional(values.text),
            "text",
            "",
            "The client id of the app at HubSpot that `connection authorize` asks for grants in the name of. A tenant "
            "may have an app of its own.",
        )
    )
    hubspot_client_secret: str | None = field(
        metadata=_row(values.optional(values.text), "text", "", "The client secret of that app.", secret=True)
    )
    hubspot_authorize_url: str = field(
        metadata=_row(
            values.address,
            "URL",
            "https://app.hubspot.com",
            "Where a super admin is sent to sign in and to grant: HubSpot, one of its regional hosts, or a rehearsal "
            "portal.",
        )
    )
    smtp_host: str | None = field(
        metadata=_row(
            values.optional(values.host),
            "host",
            "",
            "The mail server notices are handed in at. Unset, no mail is sent.",
        )
    )
    smtp_port: int = field(
        metadata=_row(
            values.whole(1, 65_535), "number", "587", "The port of the mail server; usually 465 for `tls`."
        )
    )
    smtp_security: str = field(
        metadata=_row(
            values.choice("starttls", "tls", "none"),
            "starttls, tls or none",
            "starttls",
            "How the way to the mail server is encrypted. Without encryption (`none`) notices and the password can be "
            "read on the way: only for a server on this machine.",
        )
    )
    smtp_user: str | None = field(
        metadata=_row(
            values.optional(values.text),
            "text",
            "",
            "The user to sign in to the mail server as. Unset, nobody signs in.",
        )
    )
    smtp_password: str | None = field(
        metadata=_row(values.optional(values.text), "text", "", "The password of that user.", secret=True)
    )
    mail_from: str | None = field(
        metadata=_row(
            values.optional(values.text),
            "e-mail address",
            "",
            "The address notices come from. Unset, it is `syncline@` and the host of the mail server.",
        )
    )
    allow_private_webhooks: tuple[AllowedHost, ...] = field(
        metadata=_row(
            values.hosts,
            "hosts",
            "",
            "Hosts on loopback or private networks that notices may be sent to although the server has a public URL. "
            "Without a public URL they are accepted anyway.",
        )
    )
    worker: bool = field(
        metadata=_row(
            values.switch,
            "on or off",
            "on",
            "Whether this process delivers to HubSpot. Off, it only takes in and answers.",
        )
    )
    tenant_in_flight: int = field(
        metadata=_row(
            values.whole(1, 10_000),
            "number",
            "100",
            "How many SCIM requests of one tenant are answered at the same time; the next gets 429 with "
            "`Retry-After`.",
        )
    )
    total_in_flight: int = field(
        metadata=_row(
            values.whole(1, 100_000),
            "number",
            "1000",
            "How many requests the server answers at the same time; the next gets 503 with `Retry-After`.",
        )
    )
    request_seconds: int = field(
        metadata=_row(
            values.whole(1, 600),
            "seconds",
            "45",
            "How long a request may take, its body included, before it is answered with 503 and "
            "`Retry-After`. The body alone may take 30 seconds.",
        )
    )
    reconcile_hours: int = field(
        metadata=_row(
            values.whole(1, 8_760),
            "hours",
            "6",
            "How often each HubSpot account is read whole, to find what was changed there. Permission sets and teams "
            "are read every hour besides, and whenever HubSpot no longer knows one.",
        )
    )
    event_days: int = field(
        metadata=_row(
            values.whole(1, 36_500),
            "days",
            "400",
            "How long the provisioning log keeps an event. Who changed the set-up is kept for ever.",
        )
    )
    call_days: int = field(
        metadata=_row(
            values.whole(1, 36_500),
            "days",
            "90",
            "How long a call to HubSpot stays in the log; a create that was never answered stays for ever.",
        )
    )
    read_log_days: int = field(
        metadata=_row(
            values.whole(1, 36_500),
            "days",
            "7",
            "How long the log of reads keeps a SCIM request that changed nothing.",
        )
    )
    sign_up: bool = field(
        metadata=_row(
            values.switch,
            "on or off",
            "off",
            "Whether anybody who reaches the console may make an account there, with a tenant of its own. Off, "
            "operators are invited.",
        )
    )
    log_level: str = field(
        metadata=_row(
            values.choice("debug", "info", "warning", "error"),
            "debug, info, warning or error",
            "info",
            "The least severe log line to write.",
        )
    )
    log_format: str = field(
        metadata=_row(
            values.choice("text", "json"),
            "text or json",
            "text",
            "Log lines for people (`text`) or for machines (`json`, one object a line).",
        )
    )

    @property
    def database(self) -> str:
        """The address of the database; SQLite in the data folder unless told otherwise."""
        return self.database_url or f"sqlite:///{self.data / 'gateway.db'}"

    @property
    def is_public(self) -> bool:
        """Whether a public URL is set that names another host than this machine's loopback."""
        return self.public_url is not None and not values.is_loopback(
            urlsplit(self.public_url).hostname or ""
        )

    def address(self, port: int | None = None) -> str:
        """Return the address every printed URL begins with, without a trailing slash.

        `port` is the port really bound, needed when the setting is 0 and there is no public URL.
        """
        if self.public_url is not None:
            return self.public_url
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - shown
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self.port if port is None else port}"

    def __repr__(self) -> str:
        shown = (
            f"{row.name}={'[secret]' if row.secret else repr(getattr(self, row.name))}" for row in SETTINGS
        )
        return f"Settings({', '.join(shown)})"


SETTINGS: tuple[Setting, ...] = tuple(Setting(name=row.name, **row.metadata) for row in fields(Settings))
"""The table, in the order of the reference page."""


def read_settings(environ: Mapping[str, str] | None = None, **given: object) -> Settings:
    """Read every setting once: what the command line gave, else the environment, else the default.

    `given` holds values from the command line by setting name; None means not given. Raises `SettingError`
    for a value that cannot be used, and for a variable that looks like a misspelt setting.
    """
    environ = os.environ if environ is None else environ
    _refuse_misspelt(environ)
    return Settings(**{row.name: _value(row, environ, given.get(row.name)) for row in SETTINGS})


def _value(row: Setting, environ: Mapping[str, str], given: object) -> Any:
    if given is None:
        source, text = row.variable, environ.get(row.variable, "") or row.default
    else:
        source, text = "--" + row.name.replace("_", "-"), _as_text(given)
    try:
        return row.parse(text)
    except ValueError as error:
        raise SettingError(_sentence(row, source, text, str(error))) from None


def _as_text(given: object) -> str:
    if isinstance(given, bool):
        return "on" if given else "off"
    return str(given)


def _sentence(row: Setting, source: str, text: str, wanted: str) -> str:
    if row.secret:
        return f"{source} must be {wanted}; what it holds cannot be used."
    hint = ""
    if text.startswith("tcp://"):
        hint = " (Kubernetes sets this variable for a service named syncline: set enableServiceLinks: false)"
    return f"{source} must be {wanted}; it is {text!r}{hint}."


def _refuse_misspelt(environ: Mapping[str, str]) -> None:
    known = [row.variable for row in SETTINGS]
    for variable in sorted(environ):
        if variable.startswith(PREFIX) and variable not in known:
            for near in difflib.get_close_matches(variable, known, n=1, cutoff=0.9):
                raise SettingError(
                    f"{variable} is not a setting; did you mean {near}? Rename it or unset it."
                )
