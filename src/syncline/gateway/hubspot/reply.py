"""An error reply of HubSpot, in either of its two shapes, as the few things the failure table asks of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from syncline.gateway.hubspot.call import Answer, Call

_LONGEST_MESSAGE = 300
_MAX_ERRORS = 50
_SECRET = re.compile(r"(?i)\bbearer\s+\S+|\bpat-[a-z0-9]+-[0-9a-f-]{20,}|[A-Za-z0-9_\-+=~]{40,}")
_EXISTS = re.compile(r"(?i)\balready\s+(exists|in use|been added|a user|taken|belongs)\b|ALREADY_EXISTS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is known of a call that did not succeed."""

    status: int | None
    sent: bool
    repeatable: bool
    purpose: str
    from_hubspot: bool
    """Whether the body is one of HubSpot's shapes of an error."""
    empty: bool
    message: str
    """HubSpot's own words, cut, on one line, with whatever looks like a credential taken out."""
    text: str
    """Every word of the body that may tell one refusal from another."""
    fields: frozenset[str]
    """The fields of the request that HubSpot names as wrong."""
    scopes: tuple[str, ...]
    correlation_id: str | None

    def mentions(self, *markers: str) -> bool:
        """Tell whether the body has one of these upper-case markers, in any case."""
        text = self.text.upper()
        return any(marker in text for marker in markers)

    @property
    def says_exists(self) -> bool:
        """Whether HubSpot refuses because the user is there already.

        The status of a duplicate create is undocumented: 409, or a 400 that says so.
        """
        if self.status == 409:
            return self.purpose.endswith(".create") or self.mentions("UNIQUENESS")
        return self.status == 400 and _EXISTS.search(self.text) is not None


def read_reply(call: Call, answer: Answer) -> Reply:
    """Read what an answer says; a body of any other shape says nothing."""
    body = answer.body if isinstance(answer.body, dict) else {}
    errors = [error for error in _list(body.get("errors"))[:_MAX_ERRORS] if isinstance(error, dict)]
    return Reply(
        status=answer.status,
        sent=answer.sent,
        repeatable=call.repeatable,
        purpose=call.purpose,
        from_hubspot=bool(body.keys() & {"message", "category", "correlationId", "detail", "schemas"}),
        empty=answer.body is None and answer.error is None,
        message=_readable(_said(body, errors)),
        text="\n".join(_words([body, *errors])),
        fields=frozenset(error["in"] for error in errors if isinstance(error.get("in"), str)),
        scopes=tuple(dict.fromkeys(_scopes([body, *errors]))),
        correlation_id=_correlation_id(body, answer),
    )


def _said(body: dict[str, Any], errors: list[dict[str, Any]]) -> str:
    said = [body.get("message") or body.get("detail")]
    said += [error.get("message") for error in errors[:3]]
    texts = [text for text in said if isinstance(text, str) and text]
    return " ".join(text for i, text in enumerate(texts) if not any(text in earlier for earlier in texts[:i]))


def _readable(text: str) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST_MESSAGE]).split())
    clean = _SECRET.sub("[redacted]", plain)
    return clean if len(clean) <= _LONGEST_MESSAGE else clean[: _LONGEST_MESSAGE - 1] + "…"


def _words(parts: list[dict[str, Any]]) -> Iterator[str]:
    for part in parts:
        for name in ("category", "subCategory", "code", "scimType", "message", "detail"):
            if isinstance(part.get(name), str):
                yield part[name]
        for values in _contexts(part).values():
            yield from (value for value in _list(values) if isinstance(value, str))


def _scopes(parts: list[dict[str, Any]]) -> Iterator[str]:
    for part in parts:
        for name, values in _contexts(part).items():
            if name in {"requiredScopes", "requiredGranularScopes"}:
                yield from (_readable(value) for value in _list(values) if isinstance(value, str))


def _contexts(part: dict[str, Any]) -> dict[str, Any]:
    context = part.get("context")
    return context if isinstance(context, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _correlation_id(body: dict[str, Any], answer: Answer) -> str | None:
    found = body.get("correlationId") or answer.headers.get("x-hubspot-correlation-id")
    return found[:100] if isinstance(found, str) and found.isascii() and found.isprintable() else None
