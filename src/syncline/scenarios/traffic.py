"""Who is at work: counts the requests a server has taken and not yet answered."""

from __future__ import annotations

from typing import Any


class Traffic:
    """Stands before any number of ASGI applications; `under_way` says how many requests are being answered."""

    def __init__(self) -> None:
        self.under_way = 0

    def through(self, application: Any) -> Any:
        """Return the application with its requests counted."""

        async def counted(scope: Any, receive: Any, send: Any) -> None:
            self.under_way += 1
            try:
                await application(scope, receive, send)
            finally:
                self.under_way -= 1

        return counted
