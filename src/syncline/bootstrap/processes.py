"""Processes of ours beside the server's, which stand back for it."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

NICE: Final = 19
"""How far they stand back: the server goes first wherever both want the same core."""


async def start(*arguments: str, extra: Mapping[str, str] | None = None, **pipes: Any) -> Process:
    """Start the interpreter with these arguments, without our settings: it is told what it needs, and no secret.

    `extra` is what it finds in its environment besides. Ctrl-C reaches the server alone, which ends the process.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", *arguments),
        env={**_environment(), **(extra or {})},
        # A group of its own, not a session: Linux weighs sessions against each other, whatever stands back in them.
        process_group=0,
        **pipes,
    )
    with suppress(ProcessLookupError):  # from its first moment on, while it still imports itself
        os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
    return process


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SYNCLINE_")}
