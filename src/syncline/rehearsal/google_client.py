"""The wire as Google's automated provisioning speaks it. No recording of it is public: headers are a guess."""

from __future__ import annotations

from urllib.parse import quote

from syncline.rehearsal.client import ScimClient
from syncline.rehearsal.failures import failure_of, several_matches
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.paths import Resource
from syncline.rehearsal.wire import (
    CONCURRENCY,
    ENDPOINTS,
    TIMEOUT_SECONDS,
    equality,
    listed,
    whole_number,
)

HEADERS = {
    "User-Agent": "Google-Auto-Provisioning",
    "Accept": "application/scim+json",
    "Content-Type": "application/scim+json",
}
_USERS = ENDPOINTS[ObjectKind.USER]


class GoogleClient(ScimClient):
    """Google's requests to one application; raises as `ScimClient` does."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        concurrency: int = CONCURRENCY,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        super().__init__(base_url, token, HEADERS, concurrency=concurrency, timeout_seconds=timeout_seconds)

    async def probe(self) -> None:
        """Ask for one user: any list with a count will do."""
        await self._list("count=1")

    async def find(self, user_name: str) -> Resource | None:
        """Return the one user of that name, or None."""
        found, total = await self._list(f"filter={quote(equality('userName', user_name), safe='')}")
        if total > 1:
            raise several_matches(f"GET {_USERS}", total)
        return found[0] if found else None

    async def _list(self, query: str) -> tuple[list[Resource], int]:
        request = f"GET {_USERS}?{query}"
        reply = await self.send("GET", f"{_USERS}?{query}")
        if reply.status != 200:
            raise failure_of(reply, request)
        return listed(reply.body, request), whole_number(reply.body, "totalResults", request)
