"""What an endpoint answers, and how it goes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.types import Send

JSON = b"application/json;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a JSON body or none, and headers. A body of bytes goes out as it is, its type among the headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


async def send_answer(send: Send, answer: Answer, headers: Mapping[str, str], *, without_body: bool) -> None:
    """Send an answer, with further headers; HEAD gets the headers alone."""
    as_it_is = isinstance(answer.body, bytes)
    content = b"" if answer.body is None else answer.body if as_it_is else orjson.dumps(answer.body)
    raw = [(b"content-length", str(len(content)).encode())]
    if content and not as_it_is:
        raw.append((b"content-type", JSON))
    for name, value in (*headers.items(), *answer.headers.items()):
        raw.append((name.lower().encode(), value.encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if without_body else content})
