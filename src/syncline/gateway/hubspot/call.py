"""One call to HubSpot and its answer, as plain values: what the conversations speak in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from syncline.clock import Milliseconds

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Channel(StrEnum):
    """The ways into a HubSpot account, each with its own base URL and credential."""

    API = "api"
    """The public user-provisioning API. It can neither deactivate nor change an e-mail."""
    SCIM = "scim"
    """HubSpot's own SCIM endpoint, the only way to do these two."""
    OAUTH = "oauth"
    """HubSpot's token endpoints. Their calls carry the app's credential in the form, and no bearer token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request still to be sent.

    `path` is relative to the base URL of the channel and already percent-encoded; `query` is not. `purpose` names the
    call in the log; a purpose that ends in ``.list`` may be answered at greater length.
    """

    channel: Channel
    method: str
    path: str
    purpose: str
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None
    form: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """The fields of a form, sent instead of a JSON body; they hold secrets."""

    @property
    def is_list(self) -> bool:
        """Whether the answer is a list, which may be longer than the answer about one person."""
        return self.purpose.endswith(".list")

    @property
    def repeatable(self) -> bool:
        """Whether sending it a second time can have no second effect (RFC 9110 §9.2.2; our PATCHes only replace)."""
        return self.method != "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, or why nothing did.

    `status` is None when no reply arrived; then `error` says what happened, and `sent` whether the request may have
    left. With a status and an `error` the reply arrived but could not be read to its end. Header names are in lower
    case. `at` is the moment the answer was complete or given up.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)
    body: Any | None = None
    error: str | None = None
    sent: bool = True
    at: Milliseconds = 0

    @property
    def succeeded(self) -> bool:
        """Whether HubSpot answered 2xx and the reply was read whole."""
        return self.status is not None and 200 <= self.status < 300 and self.error is None
