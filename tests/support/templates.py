"""The `{{name}}` templates of recorded conversations."""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

_TEMPLATE = re.compile(r"\{\{([^{}]+)\}\}")


class NotCaptured(Exception):
    """A step needs a value that no earlier step delivered."""


class Values:
    """The values a conversation has so far: its own variables, captured ones, and named UUIDs."""

    def __init__(self, run: str) -> None:
        self._known: dict[str, Any] = {"run": run}

    def __setitem__(self, name: str, value: Any) -> None:
        self._known[name] = value

    def __getitem__(self, name: str) -> Any:
        name = name.strip()
        if name.startswith("uuid:"):
            self._known.setdefault(name, str(uuid.uuid4()))
        if name not in self._known:
            raise NotCaptured(f"{name} was never captured")
        return self._known[name]

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def path(self, text: str) -> str:
        """Fill a request path; each value is percent-encoded whole."""
        return _TEMPLATE.sub(lambda found: quote(str(self[found[1]]), safe=""), text)

    def fill(self, thing: Any) -> Any:
        """Fill a JSON value anywhere in it; a string that is one template keeps its value's type."""
        if isinstance(thing, str):
            whole = _TEMPLATE.fullmatch(thing)
            if whole:
                return copy.deepcopy(self[whole[1]])
            return _TEMPLATE.sub(lambda found: str(self[found[1]]), thing)
        if isinstance(thing, list):
            return [self.fill(each) for each in thing]
        if isinstance(thing, dict):
            return self._edited(thing) if "$from" in thing else self._members(thing)
        return thing

    def _members(self, thing: Mapping[str, Any]) -> dict[str, Any]:
        return {self.fill(name): self.fill(value) for name, value in thing.items()}

    def _edited(self, recipe: Mapping[str, Any]) -> Any:
        """Return an object read earlier with some of it set and some dropped: GET, edit, PUT."""
        document = copy.deepcopy(self[recipe["$from"]])
        for pointer, value in recipe.get("set", {}).items():
            holder, last = _holder(document, pointer)
            holder[last] = self.fill(value)
        for pointer in recipe.get("drop", []):
            holder, last = _holder(document, pointer)
            if isinstance(holder, dict):
                holder.pop(last, None)
            else:
                del holder[last]
        return document


def pointer_segments(pointer: str) -> list[str]:
    """Split a JSON pointer (RFC 6901)."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _holder(document: Any, pointer: str) -> tuple[Any, Any]:
    *parents, last = pointer_segments(pointer)
    for segment in parents:
        document = document[int(segment)] if isinstance(document, list) else document.setdefault(segment, {})
    return document, int(last) if isinstance(document, list) else last
