"""State tables: every way from one state to another, looked up by the code and drawn for people from the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Transition(Generic[S, E]):
    """One arrow: in that state, that event leads there."""

    state: S
    event: E
    next_state: S
    meaning: str


def follow(table: Sequence[Transition[S, E]], state: S, event: E) -> S | None:
    """Return where the event leads, None when the table lets it do nothing in that state."""
    for arrow in table:
        if arrow.state is state and arrow.event is event:
            return arrow.next_state
    return None


def state_diagram(table: Sequence[Transition[S, E]], first: S) -> str:
    """Return the table as a Mermaid diagram; it begins in the state `first`."""
    states = type(first)
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{state.value}" as {state.name}' for state in states]
    lines.append(f"    [*] --> {first.name}")
    lines += [
        f"    {arrow.state.name} --> {arrow.next_state.name}: {arrow.event.value} ({arrow.meaning})"
        for arrow in table
    ]
    return "\n".join(lines) + "\n"


def state_rows(table: Sequence[Transition[S, E]]) -> str:
    """Return the table in Markdown."""
    lines = ["| in state | when | goes to | meaning |", "|---|---|---|---|"]
    lines += [
        f"| {arrow.state.value} | {arrow.event.value} | {arrow.next_state.value} | {arrow.meaning} |"
        for arrow in table
    ]
    return "\n".join(lines)
