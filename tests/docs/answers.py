"""The schemas of what operations answer, made from what they have answered in a run of the tests.

`SYNCLINE_RECORD_ANSWERS=FOLDER pytest …` keeps every answer in that folder; `python -m tests.docs.answers FOLDER`
widens the schemas in `web/api/answers.json` until they take all of them. Every run of the tests holds every answer
against them. An operation whose answer has lost a member is taken out of the file first, and recorded anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson

import syncline.gateway.web.api as room

FILE: Final = Path(room.__file__).parent / "answers.json"
FREE: Final = frozenset({"detail", "scim"})
"""Members that are objects of anything: what an event was about, and what the identity provider has sent."""
_TYPES: Final = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def schema_of(value: Any, name: str = "") -> dict[str, Any]:
    """Return the narrowest schema of a value; of what is in an empty list, nothing is known."""
    schema: dict[str, Any] = {"type": [_TYPES[type(value)]]}
    if isinstance(value, list):
        schema["items"] = widest(schema_of(each, name) for each in value)
    if isinstance(value, dict) and name in FREE:
        return schema
    if isinstance(value, dict):
        schema["properties"] = {each: schema_of(value[each], each) for each in sorted(value)}
        schema["required"] = sorted(value)
    return schema


def widest(schemas: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the narrowest schema that takes what any of them takes; {} of none."""
    found: dict[str, Any] = {}
    for schema in schemas:
        found = widened(found, schema) if found else schema
    return found


def widened(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return the narrowest schema that takes what either takes."""
    if not one or not other:
        return one or other
    types = {*one["type"], *other["type"]}
    schema: dict[str, Any] = {"type": sorted(types - ({"integer"} if "number" in types else set()))}
    if "items" in one or "items" in other:
        schema["items"] = widened(one.get("items", {}), other.get("items", {}))
    ours, theirs = one.get("properties"), other.get("properties")
    if ours is not None or theirs is not None:
        ours, theirs = ours or {}, theirs or {}
        names = sorted({*ours, *theirs})
        schema["properties"] = {each: widened(ours.get(each, {}), theirs.get(each, {})) for each in names}
        both = [each["required"] for each in (one, other) if "required" in each]
        schema["required"] = sorted(set(both[0]).intersection(*both))
    return schema


def members(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every member of every object in a schema, by its name."""
    for name, member in schema.get("properties", {}).items():
        yield name, member
        yield from members(member)
    if "items" in schema:
        yield from members(schema["items"])


def is_unknown(schema: dict[str, Any]) -> bool:
    """Tell of a member that was always null, or always an empty list."""
    return schema == {} or schema.get("type") == ["null"] or schema.get("items") == {}


def by_name(schemas: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what is known of members of each name, wherever they are: lists apart, texts before objects."""
    lists: dict[str, dict[str, Any]] = {}
    plain: dict[str, dict[str, Any]] = {}
    objects: dict[str, dict[str, Any]] = {}
    for name, member in (each for schema in schemas for each in members(schema)):
        if not is_unknown(member):
            known = lists if "items" in member else objects if "properties" in member else plain
            known[name] = widened(known.get(name, {}), member)
    return {**{f"{name}[]": member for name, member in lists.items()}, **objects, **plain}


def _known(name: str, unknown: dict[str, Any], known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what a member is taken for that was always null or empty; nothing is said of one never seen otherwise."""
    is_list = "items" in unknown
    elsewhere = known.get(f"{name}[]" if is_list else name)
    if elsewhere is None:
        return unknown if is_list else {}
    return widened(unknown, elsewhere)


def filled(schema: dict[str, Any], known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the schema; where a member is unknown it is what members of its name are elsewhere."""
    found = dict(schema)
    if "items" in found:
        found["items"] = filled(found["items"], known)
    if "properties" in found:
        found["properties"] = {
            name: _known(name, member, known) if is_unknown(member) else filled(member, known)
            for name, member in found["properties"].items()
        }
    return found


def recorded(folder: Path) -> Iterator[tuple[str, Any]]:
    """Yield the operations that have answered, and what."""
    for file in sorted(folder.iterdir()):
        with file.open("rb") as lines:
            for line in lines:
                operation, answer = orjson.loads(line)
                yield operation, answer


def main() -> None:
    """Widen the schemas that are kept by what was recorded."""
    kept: dict[str, Any] = orjson.loads(FILE.read_bytes()) if FILE.exists() else {}
    for operation, answer in recorded(Path(sys.argv[1])):
        kept[operation] = widened(kept.get(operation, {}), schema_of(answer))
    known = by_name(kept.values())
    kept = {operation: filled(schema, known) for operation, schema in kept.items()}
    lines = [f'"{each}": {orjson.dumps(schema).decode()}' for each, schema in sorted(kept.items())]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
