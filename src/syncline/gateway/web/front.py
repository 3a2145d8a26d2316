"""The page at `/`: what this is, and where SCIM lives."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from syncline.gateway.web.asgi import Application, respond
from syncline.scimserver.asgi import Receive, Scope, Send

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Syncline</title></head>
<body>
<h1>Syncline</h1>
<p>This server keeps HubSpot's users in line with an identity provider.</p>
<p>Identity providers speak SCIM 2.0 to it at <code>{address}/scim/v2</code>, with a token made by
<code>syncline token create TENANT</code>.</p>
<p>Operators work with the <code>syncline</code> command on the machine that runs it.</p>
</body>
</html>
"""


def front_page(address: Callable[[], str]) -> Application:
    """Return the page; `address` gives the public address, without a trailing slash."""

    async def page(scope: Scope, _receive: Receive, send: Send) -> None:
        body = _PAGE.format(address=escape(address()))
        await respond(scope, send, 200, "text/html; charset=utf-8", body.encode())

    return page
