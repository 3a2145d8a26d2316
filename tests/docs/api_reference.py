"""docs/reference/api.md, written from the route table of the admin API."""

from __future__ import annotations

from syncline.gateway.web.api.endpoint import Endpoint
from syncline.gateway.web.api.problems import PROBLEMS, TYPE_PREFIX
from syncline.gateway.web.api.routes import SECTIONS

TITLE = "Admin API"
ABOUT = (
    "Everything the command line and the console can do, over HTTP below `/api/v1`. The exact parameters, bodies and "
    "answers are in the OpenAPI 3.1 description at `/api/v1/openapi.json`, which needs no key. "
    "[Use the admin API](../howto/use-the-admin-api.md) shows it at work."
)
RULES = """## Rules that hold everywhere

- **Key**: `Authorization: Bearer KEY`. A key has one role, for one tenant or for all. A tenant that a key may not see
  answers as one there is not.
- **Arguments** come in the query of a GET or DELETE, else as a JSON object. One that an endpoint does not take is
  refused, so that no misspelt one is overlooked.
- **Idempotency**: a POST with an `Idempotency-Key` is carried out once; sent again within a day it is answered alike.
  The answers are kept in memory: a restart forgets them.
- **Pages**: `next` of an answer is `after` of the next request; null after the last page.
- **Reads** carry an `ETag`; `If-None-Match` with it is answered 304 while nothing changed.
- **Previews** return a `fingerprint`. Given as `expect`, or as `If-Match`, it saves exactly what was previewed, or
  nothing (409).
- **Problems** are RFC 9457 documents: `detail` says what is wrong with this request, `fix` what helps against all of
  its `type`."""


def sections() -> list[str]:
    """Return the page's parts below its introduction."""
    tables = [f"## {title}\n\n{_table(rows)}" for title, rows in SECTIONS.items()]
    return [RULES, *tables, f"## Problems\n\n{_problems()}"]


def _table(rows: tuple[Endpoint, ...]) -> str:
    head = "| request | what it does | permission | operation |\n|---|---|---|---|\n"
    return head + "\n".join(
        f"| `{each.method} {each.path}` | {each.summary} | {each.needs.value} | `{each.operation}` |"
        for each in rows
    )


def _problems() -> str:
    head = "| type | status | meaning | what helps |\n|---|---|---|---|\n"
    return head + "\n".join(
        f"| `{TYPE_PREFIX}{kind}` | {text.status} | {text.title} | {text.fix} |"
        for kind, text in PROBLEMS.items()
    )
