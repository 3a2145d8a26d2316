"""Query parameters, as leniently as real clients need and no further.

Names count in any case (Microsoft's own probe sends `startindex`), empty parts and a stray `?` or `&` at
the end mean nothing (OneLogin), unknown names are ignored. A known name given twice is refused: two
readers could pick different ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote, unquote_to_bytes

from syncline.scim.errors import InvalidFilter, InvalidValue

_NAMES = {
    spelling: name.lower()
    for name in ("filter", "attributes", "excludedAttributes", "startIndex", "count")
    for spelling in (name, name.lower())
}

Parameters = Mapping[str, str]
"""Values by lower-case name."""

_NONE: Parameters = {}


def parse_parameters(query_string: bytes, *, limit: int) -> Parameters:
    """Return the parameters we know; `InvalidValue` for one given twice, not UTF-8, or over `limit` bytes."""
    if not query_string:
        return _NONE
    if len(query_string) > limit:
        raise InvalidValue(f"The query string is longer than {limit} bytes.")
    parameters: dict[str, str] = {}
    # Every byte is a character here, whatever it stands for: texts are looked through at half the price of bytes.
    for part in query_string.decode("latin-1").rstrip("?&").split("&"):
        raw_name, _, raw_value = part.partition("=")
        name = _NAMES.get(raw_name) or _NAMES.get(unquote(raw_name, "latin-1").strip().lower())
        if name is None:
            continue
        if name in parameters:
            raise InvalidValue(f"The query parameter {name} is given more than once.")
        parameters[name] = _decode(name, raw_value)
    return parameters


def _decode(name: str, raw: str) -> str:
    """Return the text of a value; a `+` is a blank but in a filter whose blanks are `%20`."""
    if "+" in raw and not (name == "filter" and _plus_is_literal(raw)):
        raw = raw.replace("+", " ")
    if "%" in raw:
        # What nearly every filter has; none of these stands for `%` or a digit, so no new escape arises.
        raw = raw.replace("%20", " ").replace("%22", '"').replace("%40", "@")
    if "%" not in raw and raw.isascii():
        return raw
    try:
        return unquote_to_bytes(raw.encode("latin-1")).decode("utf-8")
    except UnicodeDecodeError:
        error = InvalidFilter if name == "filter" else InvalidValue
        raise error(f"The query parameter {name} is not UTF-8.") from None


def _plus_is_literal(raw: str) -> bool:
    """Tell whether a client that wrote this filter means `+` when it writes `+`.

    A filter has blanks before its value, so the first one shows how the client encodes them: where that
    is `%20`, the `+` of `ada+test@example.com` is the address's own.
    """
    blanks = [at for at in (raw.find("%20"), raw.find(" ")) if at >= 0]
    return bool(blanks) and min(blanks) < raw.find("+")
