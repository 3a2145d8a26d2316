"""Going through everybody of a tenant: here, or in a process of its own where there are many."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports.deliveries import WorkItem

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Progress = Callable[[Mapping[str, Any]], None]


class Tally(Protocol[T_co]):
    """What comes together over everybody, one person at a time."""

    def add(self, item: WorkItem) -> T_co | None:
        """Take a person in; return a piece of what has come together when it is time to hand it over."""
        ...

    def end(self) -> Iterable[T_co]:
        """Return the last pieces, when there is nobody left."""
        ...


class Walks(Protocol):
    """Makes tallies. What makes one and what one hands out may travel between processes: they can be pickled."""

    async def are_many(self, tenant_id: TenantId) -> bool:
        """Tell whether the tenant's people are gone through in another process."""
        ...

    def through(
        self,
        tenant_id: TenantId,
        make: Callable[[], Tally[T]],
        progress: Progress | None = None,
        after: str = "",
    ) -> AsyncGenerator[T]:
        """Yield the pieces of a tally over everybody after a key, in order; tells how many it has looked at.

        Close it (`aclosing`) to have the work given up. Raises `StoreUnavailable` when the process cannot do its work.
        """
        ...
