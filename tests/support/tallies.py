"""Tallies that tell of the process they are made in."""

from __future__ import annotations

import os
import sys
from typing import Any

from syncline.gateway.services.ports import WorkItem


class Keys:
    """Hands out each key, and then how many there were."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, item: WorkItem) -> Any:
        self._count += 1
        return item.delivery.key

    def end(self) -> tuple[Any]:
        return (self._count,)


class Surroundings:
    """Hands out what its process was started with."""

    def add(self, item: WorkItem) -> None:
        return None

    def end(self) -> tuple[Any]:
        return ({"pid": os.getpid(), "arguments": sys.orig_argv, "environment": dict(os.environ)},)


class Talkative(Surroundings):
    """Hands out its process, and then more than anybody reads."""

    def end(self) -> tuple[Any, ...]:
        return (os.getpid(), *(b"x" * 1_000_000 for _ in range(20)))


class Broken(Surroundings):
    """Cannot decide about anybody."""

    def add(self, item: WorkItem) -> None:
        raise ValueError(item.delivery.key)
