"""How much one request may ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request; what lies beyond is refused, never truncated.

    `body_bytes` and `group_body_bytes` count the bytes read, whatever Content-Length says (413).
    `query_bytes` bounds the query string (400). `body_seconds` is the time a client has to send its
    whole body (408). `page_size` is the count of a search that names none; `max_results` caps one that
    does, silently, as RFC 7644 §3.4.2.4 allows.
    """

    body_bytes: int = 1_000_000
    group_body_bytes: int = 8_000_000
    query_bytes: int = 16_384
    body_seconds: float = 30.0
    json_depth: int = 20
    page_size: int = 100
    max_results: int = 200
