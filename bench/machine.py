"""What the machine says: CPU time and memory of a process, cores, versions."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

_PACKAGES = (
    "uvicorn",
    "uvloop",
    "httptools",
    "orjson",
    "SQLAlchemy",
    "aiohttp",
    "scim2-server",
    "scim2-models",
)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time, user and system, that all threads of a process have used.

    On Linux it is read from the process's own clock, exact to a microsecond; elsewhere from `ps`, to 10 ms.
    """
    if sys.platform == "linux":
        # clock_getcpuclockid(3): the clock of another process is its number, inverted, with the kind in three bits.
        return time.clock_gettime((~pid << 3) | 2)
    minutes, _, seconds = _ps(pid, "cputime").rpartition(":")
    return sum(
        60.0 ** (place + 1) * float(part) for place, part in enumerate(minutes.split(":")[::-1])
    ) + float(seconds)


def resident_megabytes(pid: int) -> float:
    """Return the memory of a process that is in RAM, shared pages included, in MB of 10⁶ bytes."""
    if sys.platform == "linux":
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
    return int(_ps(pid, "rss")) * 1024 / 1e6


def _ps(pid: int, field: str) -> str:
    asked = subprocess.run(
        ["ps", "-o", f"{field}=", "-p", str(pid)], capture_output=True, text=True, check=True
    )
    return asked.stdout.strip()


def cores() -> list[int]:
    """Return the cores this process may use, in order; empty where the system does not tell."""
    return sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []


def pin(pid: int, core: int) -> None:
    """Keep a process on one core, where the system allows it."""
    if sys.platform == "linux":
        os.sched_setaffinity(pid, {core})


def description() -> dict[str, str]:
    """Return what a reader needs to judge the figures: date, machine and versions."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cores": f"{len(cores()) or os.cpu_count()} × {_processor()}",
        "system": f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name.lower(): version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
