"""What changes between two configurations of a tenant, in the words of its document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from syncline.gateway.domain.account import Account
from syncline.gateway.domain.configuration import Configuration
from syncline.gateway.services.configuration_document import document_of


def changes_between(
    before: Configuration, after: Configuration, account: Account | None
) -> list[dict[str, Any]]:
    """Return each change: `what` is the place in the document, `before` and `after` None for nothing there."""
    was, will = document_of(before, account), document_of(after, account)
    return [
        *_fields("policy", was["policy"], will["policy"]),
        *_fields("", {"default_role": was["default_role"]}, {"default_role": will["default_role"]}),
        *_rules(was["rules"], will["rules"]),
        *_members("privileged_sets", was["privileged_sets"], will["privileged_sets"]),
        *_members("protected", _said(was["protected"]), _said(will["protected"])),
        *_members("notices", _said(was["notices"]), _said(will["notices"])),
    ]


def _fields(section: str, was: Mapping[str, Any], will: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, value in will.items():
        if was[name] != value:
            yield _change(f"{section}.{name}" if section else name, was[name], value)


def _rules(was: list[Any], will: list[Any]) -> Iterator[dict[str, Any]]:
    """Return rules that go and come where the order differs: a rule that moves does both."""
    before, after = _said(was), _said(will)
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from (_change(f"rules[{at + 1}]", before[at], None) for at in range(a, b))
            yield from (_change(f"rules[{at + 1}]", None, after[at]) for at in range(c, d))


def _members(section: str, was: list[str], will: list[str]) -> Iterator[dict[str, Any]]:
    held, wanted = set(was), set(will)
    yield from (_change(section, each, None) for each in was if each not in wanted)
    yield from (_change(section, None, each) for each in will if each not in held)


def _said(entries: list[Mapping[str, Any]]) -> list[str]:
    return [
        ", ".join(f"{name}: {_text(value)}" for name, value in entry.items() if value != "")
        for entry in entries
    ]


def _text(value: Any) -> str:
    return " + ".join(map(str, value)) if isinstance(value, list) else str(value)


def _change(what: str, before: Any, after: Any) -> dict[str, Any]:
    return {"what": what, "before": before, "after": after}
