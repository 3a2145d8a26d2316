"""Ordering faults for an account, from the command line and from tests."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from syncline.clock import Clock
from syncline.portal.administration.naming import moment, named_account
from syncline.portal.domain.errors import SetupError
from syncline.portal.faults.order import Fault, FaultKind, check
from syncline.portal.store import fault_reads
from syncline.portal.store.commands.faults import ClearFaults, OrderFault
from syncline.portal.store.store import Store


async def add_fault(
    store: Store,
    clock: Clock,
    account_name: str,
    kind: str,
    *,
    after_seconds: int | None = None,
    for_seconds: int | None = None,
    nth: int | None = None,
    times: int | None = None,
    **details: Any,
) -> dict[str, Any]:
    """Order a fault and return it with its number.

    `after_seconds` and `for_seconds` make a window by the clock, from now on: inside it every call is met.
    Otherwise the `nth` call is, and `times` of them from there, once by default. `details` are the other
    fields of `faults.order.Fault`.
    """
    account = await named_account(store, account_name)
    windowed = after_seconds is not None or for_seconds is not None
    if kind not in {one.value for one in FaultKind}:
        raise SetupError(f"There is no fault {kind}; there are {', '.join(one.value for one in FaultKind)}.")
    begins = clock.now() + (after_seconds or 0) * 1000 if windowed else None
    try:
        fault = check(
            Fault(
                kind=FaultKind(kind),
                nth=1 if nth is None else nth,
                times=(0 if windowed else 1) if times is None else times,
                begins=begins,
                ends=None if begins is None or for_seconds is None else begins + for_seconds * 1000,
                **{name: value for name, value in details.items() if value is not None},
            )
        )
    except ValueError as error:
        raise SetupError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    number = await store.writer.submit(OrderFault(portal_id=account.portal_id, fault=fault))
    return _shown(number, fault)


async def list_faults(store: Store, account_name: str) -> dict[str, Any]:
    """Return what is ordered for an account, oldest first, over or not."""
    account = await named_account(store, account_name)
    found = await store.reader.scan(fault_reads.all_ordered)
    return {"faults": [_shown(one.id, one.fault) for one in found if one.portal_id == account.portal_id]}


async def clear_faults(
    store: Store, account_name: str, numbers: Collection[int] | None = None
) -> dict[str, Any]:
    """Cancel orders by number, or all of an account."""
    account = await named_account(store, account_name)
    command = ClearFaults(portal_id=account.portal_id, numbers=numbers or None)
    return {"cleared": await store.writer.submit(command)}


def _shown(number: int, fault: Fault) -> dict[str, Any]:
    fields = {"nth": fault.nth, "times": fault.times, **msgspec.to_builtins(fault)}
    for name in ("begins", "ends"):
        if name in fields:
            fields[name] = moment(fields[name])
    return {"number": number, "call": fault.call, **fields}
