"""Pages by key: `limit` and `after` in, `paging.next` out, absent on the last page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from syncline.portal.domain.errors import Detail, ValidationError
from syncline.portal.web.answer import Answer
from syncline.portal.web.call import Call

T = TypeVar("T")

DEFAULT_LIMIT = 100


def number(text: str) -> int | None:
    """Return the number a text of at most 18 ASCII digits spells, or None."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def page_bounds(call: Call, largest: int, *, default: int = DEFAULT_LIMIT) -> tuple[int, int]:
    """Return the key after which the page begins (0 for the first page) and its size, at most `largest`."""
    limit_text, after_text = call.query("limit"), call.query("after")
    limit = default if limit_text is None else number(limit_text)
    if not limit:
        raise _wrong("limit", "limit must be a whole number of at least 1.")
    after = 0 if after_text is None else number(after_text)
    if after is None:
        raise _wrong("after", "after must be what paging.next.after of the page before said.")
    return after, min(limit, largest)


def page_answer(
    call: Call, found: Sequence[T], limit: int, shown: Callable[[T], dict[str, Any]], key: Callable[[T], int]
) -> Answer:
    """Answer with a page; `found` holds one more than `limit` when there is a next one."""
    results = found[:limit]
    body: dict[str, Any] = {"results": [shown(one) for one in results]}
    if len(found) > limit:
        after = str(key(results[-1]))
        parameters = [item for item in call.request.query_params.multi_items() if item[0] != "after"]
        query = urlencode([*parameters, ("after", after)])
        link = f"{call.address(call.request.url.path)}?{query}"
        body["paging"] = {"next": {"after": after, "link": link}}
    return Answer(200, body)


def _wrong(parameter: str, message: str) -> ValidationError:
    return ValidationError(message, Detail(message, code="INVALID_PARAMETER", where=parameter))
