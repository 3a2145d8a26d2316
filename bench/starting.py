"""What an empty server takes: CPU time until its first answer, and memory."""

from __future__ import annotations

import statistics
import urllib.request
from pathlib import Path

from bench.machine import cpu_seconds, resident_megabytes
from bench.results import Start
from bench.servers import serving


def measure_start(folder: Path, times: int) -> Start:
    """Start the gateway on a new data folder so many times; migrations and the making of the key are included."""
    found = [_once(folder / f"start-{number}") for number in range(times)]
    return Start(
        cpu_seconds=statistics.median(each.cpu_seconds for each in found),
        megabytes=max(each.megabytes for each in found),
    )


def _once(data: Path) -> Start:
    with serving(data, None, "serve") as (process, port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            answer.read()
        return Start(cpu_seconds(process.pid), resident_megabytes(process.pid))
