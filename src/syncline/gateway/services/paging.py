"""How many entries one answer may hold."""

from __future__ import annotations

from syncline.gateway.domain.errors import Invalid


def refuse_page(limit: int, most: int) -> None:
    """Raise `Invalid` for a page of no size, or of more than `most` entries."""
    if not 1 <= limit <= most:
        raise Invalid(f"A page holds 1 to {most} entries.")
