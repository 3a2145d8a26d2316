"""docs/performance.md and its pictures, written from the figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.curves import Line, chart
from bench.operations import GATEWAY, SCIM2
from bench.results import Results
from bench.table import HEADINGS, UNITS, rows

IMAGES = "images"
_CURVES = ("get", "filter", "create", "patch_eight")

_INTRODUCTION = """\
# Performance

Written by `make bench ARGS="--write{option}"`; the figures of any other run are printed only.

What is compared is the CPU time of the server's process per request, because the machine may be shared. The same
load generator sends the same traffic, 32 connections without pipelining, to three servers in turn, in every round:

* **floor**: a raw ASGI application with SQLite (`bench/floor.py`), every commit on the disk before the answer,
  commits shared by those who wait. It checks a token, decodes, stores a user with two look-ups and a row that says
  he must be delivered, and answers: nothing else.
* **gateway**: Syncline as it ships, `synchronous=FULL`, with validation, provisioning log and delivery marks.
* **scim2-server**: the SCIM server of the python-scim project, in memory, under the same web server.

The figures are the medians of the rounds. Expect a fifth more or less from run to run, and the shares of the floor to
fall while others use the same caches: the gateway is the larger program.
"""

_STAGES = """\
## Where it goes

Counted stage by stage in the process itself, on 2026-11-22, in thousands of instructions of user code: they repeat to a
hundredth where microseconds do not, and ten thousand of them are about a microsecond on the machine below.

| one create | thousands | one `userName eq` filter | thousands |
| --- | --- | --- | --- |
| uvicorn, httptools, the socket; to the writer and back | 149 | uvicorn, httptools, the socket | 119 |
| limits, deadlines, route, correlation id | 53 | limits, deadline, route, correlation id | 61 |
| the token: its form, its keyed hash, its share | 16 | the token: its form, its keyed hash, its share | 15 |
| the body: read, decoded, no name given twice | 87 | the query string and the filter | 19 |
| the user, into its canonical form | 68 | the query, on three indexes | 56 |
| the command, the answer | 70 | the answer and its page | 32 |
| writer: seven look-ups | 61 | the count and the log of reads, written later | 14 |
| writer: what to write, claims, events and roles included | 211 | | |
| writer: six rows, thirteen places in trees | 146 | | |
| writer: a share of the commit | 31 | | |
| *the floor, for all of its own* | *269* | *the floor, for all of its own* | *179* |

With the kernel's share a filter takes 1.6 times the instructions of the floor's, where its bound allows 2.0, and a
create 2.9 times, as many as are allowed. In time a filter takes more than that: a larger program finds less of itself
in the caches. A create takes less: the gateway waits for those it has just answered, so that 32 clients are written in
one batch, where the floor takes whoever is there.

No stage is left that is large and idle. What could go next: the copies a row passes through between a decision and the
driver, the look-ups whose answer is nearly always that there is no such row, the names that SQLite's driver makes for
every column of an answer anew, and what uvicorn does for each header.
"""


def write(results: Results, titles: dict[str, str], docs: Path) -> list[Path]:
    """Write the page and the pictures; returns what was written."""
    pictures = _pictures(results, titles)
    (docs / IMAGES).mkdir(parents=True, exist_ok=True)
    written = [docs / "performance.md"]
    written[0].write_text(_page(results, titles, list(pictures)), encoding="utf-8")
    for name, picture in pictures.items():
        written.append(docs / IMAGES / name)
        written[-1].write_text(picture, encoding="utf-8")
    return written


def _page(results: Results, titles: dict[str, str], pictures: list[str]) -> str:
    machine = "\n".join(f"| {name} | {value} |" for name, value in results.machine.items())
    holds = [
        (claim.promise, claim.found, "holds" if claim.holds else "**does not hold**")
        for claim in results.claims
    ]
    option = "" if results.scale == "quick" else f" --{results.scale}"
    parts = [
        _INTRODUCTION.format(option=option),
        "## What is promised\n",
        _table(("promise", "found", ""), holds),
        "## What it costs\n",
        f"{UNITS}. *Of* the others: what the gateway does with a second of CPU, in times of theirs.\n",
        _table(HEADINGS, rows(results, titles)),
        *(f"![{_TITLES[name]}]({IMAGES}/{name})\n" for name in pictures),
        _STAGES,
        "## Where it was measured\n",
        f"| | |\n|---|---|\n{machine}\n",
    ]
    return "\n".join(parts)


def _table(headings: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> str:
    shown = [headings, tuple("---" for _ in headings), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in shown) + "\n"


_TITLES = {
    "cost-by-users.svg": "CPU time of a request by the number of stored users",
    "cost-by-members.svg": "CPU time of one member in or out, by the size of the group",
}


def _pictures(results: Results, titles: dict[str, str]) -> dict[str, str]:
    found = {}
    by_users = [Line(titles[name], points) for name in _CURVES if len(points := _by_users(results, name)) > 1]
    if by_users:
        title = _TITLES["cost-by-users.svg"]
        found["cost-by-users.svg"] = chart(title, "stored users", "CPU microseconds", by_users)
    by_members = [
        Line(server, points) for server in (GATEWAY, SCIM2) if len(points := _by_members(results, server)) > 1
    ]
    if by_members:
        title = _TITLES["cost-by-members.svg"]
        found["cost-by-members.svg"] = chart(title, "members", "CPU microseconds", by_members)
    return found


def _by_users(results: Results, operation: str) -> list[tuple[float, float]]:
    return sorted(
        (float(cost.users), cost.microseconds)
        for cost in results.costs
        if cost.server == GATEWAY and cost.operation == operation
    )


def _by_members(results: Results, server: str) -> list[tuple[float, float]]:
    return sorted(
        (float(cost.members), cost.microseconds)
        for cost in results.costs
        if cost.server == server and cost.members is not None
    )
