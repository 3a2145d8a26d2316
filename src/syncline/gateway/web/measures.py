"""The answer of `/metrics`."""

from __future__ import annotations

from collections.abc import Callable

from syncline.gateway.web.asgi import Application, respond
from syncline.scimserver.asgi import Receive, Scope, Send


def metrics_page(text: Callable[[], bytes], media_type: str) -> Application:
    """Return the page; `text` gives the metrics of the moment in Prometheus' format."""

    async def page(scope: Scope, _receive: Receive, send: Send) -> None:
        await respond(scope, send, 200, media_type, text())

    return page
