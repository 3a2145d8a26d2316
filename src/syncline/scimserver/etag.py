"""Entity tags of resources (RFC 7644 §3.14): weak, the version number, and of a user with groups what those are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import orjson

from syncline.scimserver.store import Reference

_TAG = re.compile(r'\s*(?:W/)?"([^"]*)"\s*(?:,|$)')
_VERSION = re.compile(r"([1-9][0-9]{0,17})(?:-[0-9a-f]{8})?")


def etag(version: int, groups: Iterable[Reference] | None = None) -> str:
    """Return the tag of a representation, as `meta.version` and the ETag header show it.

    The version grows with what a client can write. The groups of a user are read-only and change without him, so
    that they are in the tag by themselves, when they are in the representation: it costs what he has of them, and
    nothing in a group, however large.
    """
    if not groups:
        return f'W/"{version}"'
    named = sorted((group["value"], group.get("display", "")) for group in groups)
    return f'W/"{version}-{blake2b(orjson.dumps(named), digest_size=4).hexdigest()}"'


def versions_named(header: str | None) -> frozenset[int] | None:
    """Return the versions an If-Match header names; None for no header, or `*`.

    Tags are compared weakly, and by the version alone: a write cannot lose anything of the groups. Whatever is no
    tag of ours names no version, so it never matches.
    """
    if header is None or header.strip() == "*":
        return None
    matches = map(_VERSION.fullmatch, _tags(header))
    return frozenset(int(match[1]) for match in matches if match)


def none_match_holds(header: str | None, tag: str) -> bool:
    """Tell whether If-None-Match says that the client already has the representation of this tag (then: 304)."""
    if header is None:
        return False
    return header.strip() == "*" or next(_tags(tag)) in _tags(header)


def _tags(header: str) -> Iterator[str]:
    """Yield what stands between the quotes of each tag, up to what is none."""
    position = 0
    while match := _TAG.match(header, position):
        yield match[1]
        position = match.end()
        if position >= len(header):
            return
