"""Forms: read within limits, and shown again as they were sent, with what is wrong beside each field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request

MOST_BYTES = 64_000
MOST_FIELDS = 500
MEDIA_TYPE = "application/x-www-form-urlencoded"


class FormRefused(Exception):
    """A body that is no form of ours; `status` is the HTTP status, the message says what was wrong."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Form:
    """What a form holds, and what is wrong with it.

    `values` has every value of a field in the order they came. `errors` has a sentence by field name; the empty name
    stands for the form as a whole.
    """

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, **values: str | None) -> Form:
        """Return a form filled in with one value for each field."""
        return cls({name: (value,) for name, value in values.items() if value is not None})

    def one(self, name: str) -> str:
        """Return the field's value without the space around it; empty when it was not sent."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """Return the field's value exactly as it was sent, as passwords need it."""
        values = self.values.get(name, ())
        return values[0] if values else ""

    def many(self, name: str) -> Sequence[str]:
        """Return all values of a field, such as a group of checkboxes sends."""
        return self.values.get(name, ())

    def has(self, name: str) -> bool:
        """Tell whether the field was sent: so a ticked checkbox is known."""
        return name in self.values

    def error(self, name: str = "") -> str | None:
        """Return what is wrong with a field, or with the whole; None when nothing is."""
        return self.errors.get(name)

    def wrong(self, **errors: str) -> Form:
        """Return the same form with these errors by field; `whole` names the form as a whole."""
        found = {"" if name == "whole" else name: sentence for name, sentence in errors.items()}
        return Form(self.values, {**self.errors, **found})


async def read_form(request: Request) -> Form:
    """Read a form of at most `MOST_BYTES` and `MOST_FIELDS`; raises `FormRefused`. Files are not taken."""
    given = request.headers.get("content-type", MEDIA_TYPE).partition(";")[0].strip().lower()
    if given != MEDIA_TYPE:
        raise FormRefused(415, f"A form is sent as {MEDIA_TYPE}.")
    content = await _body(request)
    try:
        pairs = parse_qsl(
            content.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise FormRefused(400, "The form cannot be read.") from None
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return Form(values)


async def _body(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise FormRefused(413, f"A form holds at most {MOST_BYTES} bytes.")
        parts.append(part)
    return b"".join(parts)
