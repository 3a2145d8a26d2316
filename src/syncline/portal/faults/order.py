"""What can be ordered: a kind of fault, the calls it meets, and when."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase

import msgspec

from syncline.clock import Milliseconds


class FaultKind(StrEnum):
    """What goes wrong."""

    LATENCY = "latency"
    """The call is carried out `milliseconds` later."""
    DOWN = "down"
    """The connection is closed before the call is read."""
    RESET = "reset"
    """The connection is reset (TCP RST) before the call is carried out."""
    TIMEOUT = "timeout"
    """Nothing is carried out or answered; the client gives up, or the connection is reset after `milliseconds`."""
    LOST_REPLY = "lost-reply"
    """The call is carried out, and the connection is reset instead of an answer."""
    BANDWIDTH = "bandwidth"
    """The answer comes at `bytes` a second."""
    SLICED = "sliced"
    """The answer comes in pieces of `bytes`, `milliseconds` apart."""
    SLOW_CLOSE = "slow-close"
    """The answer's end comes `milliseconds` after its last byte."""
    TRUNCATED = "truncated"
    """The answer breaks off after `bytes` of its body, half of it by default."""
    ERROR = "error"
    """`status` instead of the call, with `retry_after` seconds if given."""
    RATE_LIMIT = "rate-limit"
    """429 of `policy` instead of the call, with `retry_after` seconds if given."""
    RENAME_PERMISSION_SET = "rename-permission-set"
    """Just before the call, the permission set `name` is called `to`."""
    DELETE_PERMISSION_SET = "delete-permission-set"
    """Just before the call, the permission set `name` is deleted."""
    REVOKE_GRANT = "revoke-grant"
    """Just before the call, every app is uninstalled and every static API token revoked."""
    SEATS_OUT = "seats-out"
    """Just before the call, no seat of the kind `name` is left (of any kind without a name)."""


ACTS = (
    FaultKind.RENAME_PERMISSION_SET,
    FaultKind.DELETE_PERMISSION_SET,
    FaultKind.REVOKE_GRANT,
    FaultKind.SEATS_OUT,
)
"""Kinds that change the account and let the call go on."""

POLICIES = ("TEN_SECONDLY_ROLLING", "SECONDLY", "DAILY")
_NEEDS = {
    FaultKind.LATENCY: ("milliseconds",),
    FaultKind.BANDWIDTH: ("bytes",),
    FaultKind.SLICED: ("bytes", "milliseconds"),
    FaultKind.SLOW_CLOSE: ("milliseconds",),
    FaultKind.RENAME_PERMISSION_SET: ("name", "to"),
    FaultKind.DELETE_PERMISSION_SET: ("name",),
}


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One order.

    `call` is a method or `*`, a blank, and a path with `*` for anything (`PUT /settings/users/*`), or `*` alone.
    Of the calls it matches, inside the window if there is one, the `nth` is the first to be met and `times`
    of them are, 0 for all. Inside a window every call is met unless `nth` or `times` says otherwise.
    """

    kind: FaultKind
    call: str = "*"
    nth: int = 1
    times: int = 1
    begins: Milliseconds | None = None
    ends: Milliseconds | None = None
    milliseconds: int | None = None
    bytes: int | None = None
    status: int = 503
    retry_after: int | None = None
    policy: str = "TEN_SECONDLY_ROLLING"
    name: str | None = None
    to: str | None = None

    def meets(self, method: str, path: str, now: Milliseconds) -> bool:
        """Tell whether the order is about this call at this moment, whichever in the row it is."""
        if (self.begins is not None and now < self.begins) or (self.ends is not None and now >= self.ends):
            return False
        wanted_method, blank, pattern = self.call.partition(" ")
        if not blank:
            return self.call == "*" or fnmatchcase(path, self.call)
        return wanted_method in ("*", method) and fnmatchcase(path, pattern.strip())

    def strikes(self, count: int) -> bool:
        """Tell whether the call that is the `count`th of those it meets, from 1, is struck."""
        return count >= self.nth and (self.times == 0 or count < self.nth + self.times)


def check(fault: Fault) -> Fault:
    """Return an order that can be carried out; `ValueError` says what is missing or makes no sense."""
    missing = [name for name in _NEEDS.get(fault.kind, ()) if getattr(fault, name) is None]
    if missing:
        raise ValueError(f"{fault.kind.value} needs {' and '.join(missing)}")
    if fault.nth < 1 or fault.times < 0:
        raise ValueError("nth counts from 1, and times is 0 (always) or more")
    if not 500 <= fault.status <= 599:
        raise ValueError(f"an error is a status from 500 to 599, not {fault.status}")
    if fault.policy not in POLICIES:
        raise ValueError(f"a policy is {', '.join(POLICIES)}, not {fault.policy!r}")
    if any(value is not None and value < 0 for value in (fault.milliseconds, fault.retry_after)):
        raise ValueError("a span is no negative number")
    if fault.bytes is not None and fault.bytes < (0 if fault.kind is FaultKind.TRUNCATED else 1):
        raise ValueError("bytes must be at least 1")
    if fault.begins is not None and fault.ends is not None and fault.ends <= fault.begins:
        raise ValueError("a window ends after it begins")
    return fault
