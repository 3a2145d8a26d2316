"""Gateways that die: at a step of theirs, a write or a call to HubSpot, after which nothing in them runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from syncline.gateway.hubspot.client import HubSpotClient
from syncline.sql.writer import Writer
from tests.support.world import HubSpotAccount, World


class Died(BaseException):
    """The process is no more."""


class Mortal:
    """Lets the gateways of this process make so many steps and no more; the portal goes on."""

    def __init__(self, hubspot: HubSpotAccount) -> None:
        self._spared = hubspot.store.writer
        self._left: int | None = None

    async def drain(self, acme: World, steps: int) -> bool:
        """Drain until all is done or the gateway dies; returns whether it died. Close it then: it is dead."""
        self._left = steps
        try:
            await acme.drain()
        except Died:
            return True
        finally:
            self._left = None
        return False

    def step(self, writer: Writer | None = None) -> None:
        """Count a step; raises `Died` when it is one too many."""
        if self._left is None or writer is self._spared:
            return
        if self._left == 0:
            raise Died
        self._left -= 1


@contextmanager
def mortal(hubspot: HubSpotAccount) -> Iterator[Mortal]:
    """Make the gateways mortal for the length of the block."""
    made = Mortal(hubspot)
    submit, send = Writer.submit, HubSpotClient.send

    async def mortal_submit(writer: Writer, command: Any, *, patient: bool = False) -> Any:
        made.step(writer)
        return await submit(writer, command, patient=patient)

    async def mortal_send(client: HubSpotClient, call: Any) -> Any:
        made.step()
        return await send(client, call)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Writer, "submit", mortal_submit)
        patched.setattr(HubSpotClient, "send", mortal_send)
        yield made
