"""Entity tags of resources (RFC 7644 §3.14): weak, and nothing but the version number."""

from __future__ import annotations

import re

_TAG = re.compile(r'\s*(?:W/)?"([^"]*)"\s*(?:,|$)')
_VERSION = re.compile(r"[1-9][0-9]{0,17}")


def etag(version: int) -> str:
    """Return the tag of a version, as `meta.version` and the ETag header show it."""
    return f'W/"{version}"'


def versions_named(header: str | None) -> frozenset[int] | None:
    """Return the versions an If-Match or If-None-Match header names; None for no header, or `*`.

    Tags are compared weakly. Whatever is no tag of ours names no version, so it never matches.
    """
    if header is None or header.strip() == "*":
        return None
    versions = set()
    position = 0
    while match := _TAG.match(header, position):
        position = match.end()
        if _VERSION.fullmatch(match[1]):
            versions.add(int(match[1]))
        if position >= len(header):
            break
    return frozenset(versions)


def none_match_holds(header: str | None, version: int) -> bool:
    """Tell whether If-None-Match says that the client already has this version (then: 304)."""
    if header is None:
        return False
    versions = versions_named(header)
    return versions is None or version in versions
