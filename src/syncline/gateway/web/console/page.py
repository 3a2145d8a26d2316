"""What a page is: a row of the route table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from starlette.responses import Response

from syncline.gateway.domain.operators import Permission

if TYPE_CHECKING:
    from syncline.gateway.web.console.visit import Visit


class Door(StrEnum):
    """Who may see a page that asks for no permission."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"


Answer = Callable[["Visit"], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Page:
    """One row: method, path, who may, what answers.

    A path with ``{tenant}`` asks for the permission there, any other for all tenants. `fresh` asks for a password given
    within the last ten minutes.
    """

    method: str
    path: str
    needs: Permission | Door
    answer: Answer
    fresh: bool = False

    @property
    def is_unsafe(self) -> bool:
        """Whether it changes something, so that its form carries a CSRF token."""
        return self.method != "GET"
