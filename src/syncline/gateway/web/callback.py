"""The page at `/oauth/callback`, where HubSpot sends the browser back to after somebody granted or refused.

It is open to anybody, and answers anybody alike who does not hold the state of an open request: a stranger learns
neither which tenants there are nor which requests. What is in its address is never repeated, and HEAD changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape
from urllib.parse import parse_qsl

from syncline.gateway.domain.authorization import Reply, read_reply
from syncline.gateway.services.authorizing import Answered
from syncline.gateway.web.asgi import Application, respond
from syncline.scimserver.asgi import Receive, Scope, Send

CALLBACK_PATH = "/oauth/callback"
LONGEST_QUERY = 8_000
_MOST_PARAMETERS = 20

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title></head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


Render = Callable[[Answered], str]
"""Makes the page of what became of an answer."""


def callback_page(
    answer: Callable[[Reply | None], Awaitable[Answered]], render: Render | None = None
) -> Application:
    """Return the page; `answer` takes in what came back and says what became of it.

    `render` is how the console shows it, with a way back into it; without one the page names commands.
    """
    rendered = render or _rendered

    async def page(scope: Scope, _receive: Receive, send: Send) -> None:
        asked = scope["method"] == "GET"
        answered = await answer(_reply(scope.get("query_string", b"")) if asked else None)
        body = rendered(answered).encode()
        await respond(scope, send, 200 if answered.connected else 400, "text/html; charset=utf-8", body)

    return page


def _reply(query: bytes) -> Reply | None:
    if len(query) > LONGEST_QUERY:
        return None
    try:
        return read_reply(
            parse_qsl(
                query.decode("ascii"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=_MOST_PARAMETERS,
            )
        )
    except ValueError:
        return None


def _rendered(answered: Answered) -> str:
    title = "Connected to HubSpot" if answered.connected else "Not connected"
    sentences = list(answered.sentences)
    if answered.tenant is not None:
        sentences.append(_next_step(answered))
    body = "\n".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return _PAGE.format(title=title, body=body)


def _next_step(answered: Answered) -> str:
    if answered.connected:
        return (
            f"Next, where the command was run: syncline connection check {answered.tenant}, then "
            f"syncline plan show {answered.tenant}. This page can be closed."
        )
    return f"To try again: syncline connection authorize {answered.tenant}. This page can be closed."
