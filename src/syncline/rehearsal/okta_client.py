"""The wire as Okta speaks it: its headers, its paged look-ups, and its patience with an application that is busy.

Documented: an update waits for a whole-second `Retry-After`; without one five minutes, doubled at every further
try, ten tries in all. The headers are those a server logged.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from urllib.parse import quote

from syncline.clock import Clock, Milliseconds
from syncline.rehearsal.client import ScimClient
from syncline.rehearsal.failures import Reply, failure_of, incompatible, several_matches
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
    "User-Agent": "Okta SCIM Client 1.0.0",
    "Accept": "application/scim+json",
    "Accept-Charset": "utf-8",
    "Accept-Encoding": "gzip,deflate",
    "Content-Type": "application/scim+json; charset=utf-8",
}

PAGE = 100
TRIES = 10
FIRST_WAIT: Milliseconds = 5 * 60_000

TellWait = Callable[[Milliseconds], None]


class OktaClient(ScimClient):
    """Okta's requests to one application. `tell_wait` hears of every wait an overloaded application causes."""

    def __init__(
        self,
        base_url: str,
        token: str,
        clock: Clock,
        *,
        tell_wait: TellWait | None = None,
        concurrency: int = CONCURRENCY,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        super().__init__(base_url, token, HEADERS, concurrency=concurrency, timeout_seconds=timeout_seconds)
        self._clock = clock
        self._tell_wait = tell_wait

    async def send(self, method: str, path: str, body: Resource | None = None) -> Reply:
        """Send one request, again after each 429, ten times in all; the tenth 429 is the answer."""
        wait = FIRST_WAIT
        for _ in range(TRIES - 1):
            reply = await super().send(method, path, body)
            if reply.status != 429:
                return reply
            asked = whole_seconds(reply.retry_after)
            pause = wait if asked is None else asked
            if asked is None:
                wait *= 2
            if self._tell_wait is not None:
                self._tell_wait(pause)
            await self._clock.sleep(pause)
        return await super().send(method, path, body)

    async def page(self, kind: ObjectKind, start_index: int, count: int) -> tuple[list[Resource], int]:
        """Return one page of everything and how much there is; raises Incompatible for a list without counts."""
        return await self._list(kind, f"startIndex={start_index}&count={count}")

    async def find(self, kind: ObjectKind, attribute: str, value: str) -> Resource | None:
        """Return the one resource whose attribute equals the value, or None; a 404 is an empty list to Okta."""
        filtered = quote(equality(attribute, value), safe="")
        found, total = await self._list(kind, f"filter={filtered}&startIndex=1&count={PAGE}", absent=True)
        if total > 1:
            raise several_matches(f"GET {ENDPOINTS[kind]}", total)
        return found[0] if found else None

    async def everything(self, kind: ObjectKind) -> AsyncIterator[Resource]:
        """Yield every resource, 100 a page; raises Incompatible when pages overlap or end too early."""
        start_index, total = 1, 1
        seen: set[str] = set()
        while start_index <= total:
            found, total = await self.page(kind, start_index, PAGE)
            request = f"GET {ENDPOINTS[kind]}?startIndex={start_index}"
            if not found and start_index <= total:
                raise incompatible(request, f"the page is empty, but totalResults says {total}.")
            for resource in found:
                if resource["id"] in seen:
                    raise incompatible(request, f"{resource['id']} was on an earlier page.")
                seen.add(resource["id"])
                yield resource
            start_index += len(found)

    async def _list(
        self, kind: ObjectKind, query: str, *, absent: bool = False
    ) -> tuple[list[Resource], int]:
        request = f"GET {ENDPOINTS[kind]}?{query}"
        reply = await self.send("GET", f"{ENDPOINTS[kind]}?{query}")
        if absent and reply.status == 404:
            return [], 0
        if reply.status != 200:
            raise failure_of(reply, request)
        total = whole_number(reply.body, "totalResults", request)
        found = listed(reply.body, request)
        if found:
            whole_number(reply.body, "startIndex", request)
            whole_number(reply.body, "itemsPerPage", request)
        if total and not found and "filter=" in query:
            raise incompatible(request, f"totalResults says {total}, but Resources is empty.")
        return found, total


def whole_seconds(retry_after: str) -> Milliseconds | None:
    """Return the wait a Retry-After asks for; None for a date, a fraction or nothing: Okta reads seconds only."""
    text = retry_after.strip()
    return int(text) * 1000 if text.isascii() and text.isdigit() else None
