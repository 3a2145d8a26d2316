"""Rehearsals played by `syncline rehearse` in a process beside the server, against the server's own SCIM endpoint.

The process knows a token of one tenant and nothing else of the server: neither its settings nor its data folder. It
ends with the rehearsal, with whoever waits for it, or, when the server is gone, with nobody to answer its requests.
"""

from __future__ import annotations

import asyncio
import json
import logging
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from syncline.bootstrap import processes
from syncline.gateway.domain.errors import Unavailable
from syncline.gateway.domain.rehearsal import Script
from syncline.gateway.services.ports.rehearsing import Failure, Rehearsed

_log = logging.getLogger(__name__)

AT_ONCE: Final = 2
LONGEST_SECONDS: Final = 600
FAILURES: Final = 20
_KINDS: Final = ("users", "groups", "references")
_SAID: Final = "Error: "
"""What a command's last words begin with when it knows what is the matter."""


class RehearsalProcess:
    """Implements `ports.Rehearsing`."""

    def __init__(self, scim_base_url: Callable[[], str]) -> None:
        """`scim_base_url` gives the address at which this very server is reached from this machine."""
        self._scim_base_url = scim_base_url
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def play(self, script: Script, token: str) -> Rehearsed:
        """Play it; raises `Unavailable` for one that could not begin, was broken off, or took over ten minutes."""
        async with self._slots:
            process = await self._start(script, token)
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    out, said = await process.communicate()
            except TimeoutError:
                raise Unavailable("The rehearsal took over ten minutes and was broken off.") from None
            finally:
                await _end(process)
        try:
            document = json.loads(out)
        except ValueError:
            raise Unavailable(_last_words(said.decode("utf-8", "replace"))) from None
        return _rehearsed(document)

    async def _start(self, script: Script, token: str) -> Process:
        return await processes.start(
            *("-m", "syncline", "rehearse", script.provider.value, "--json"),
            *("--base-url", self._scim_base_url(), "--users", str(script.people)),
            extra={"SYNCLINE_REHEARSAL_TOKEN": token},
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )


async def _end(process: Process) -> None:
    """Kill the process unless it has ended, and wait until it has."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    await process.wait()


def _last_words(said: str) -> str:
    """Return what the command says is the matter; the log gets what nobody can make sense of."""
    last = said.strip().rpartition("\n")[2]
    if last.startswith(_SAID):
        return last.removeprefix(_SAID)
    _log.error("a rehearsal ended without a result: %s", said)
    return "The rehearsal was broken off; the log of the server says why."


def _rehearsed(document: dict[str, Any]) -> Rehearsed:
    test = document.get("test_connection")
    if test is not None:
        raise Unavailable(f"The connection test failed: {test['sentence']} {test['fix']}".strip())
    failed = [each for each in document["log"] if each["provisioningStatusInfo"]["status"] == "failure"]
    return Rehearsed(
        requests=document["requests"],
        took=document["duration_ms"],
        outcomes={kind: document[kind] for kind in _KINDS},
        failures=tuple(_failure(each) for each in failed[:FAILURES]),
        broken_off=document["quarantine"] or "",
    )


def _failure(entry: dict[str, Any]) -> Failure:
    source, why = entry["sourceIdentity"], entry["provisioningStatusInfo"]["errorInformation"]
    return Failure(
        who=source["details"]["UserPrincipalName"] or source["displayName"],
        action=entry["provisioningAction"],
        code=why["errorCode"],
        reason=why["reason"],
        advice=why["recommendedAction"] or "",
    )
