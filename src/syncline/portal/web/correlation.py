"""Every answer carries X-HubSpot-Correlation-Id, the same that its error body names."""

from __future__ import annotations

import uuid

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCOPE_KEY = "syncline.correlation_id"
_HEADER = b"x-hubspot-correlation-id"
_SCIM_HEADER = b"x-correlation-id"


class Correlated:
    """The outermost layer of the onion. Behind the SCIM endpoint its own id is passed on."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        correlation_id = str(uuid.uuid4())
        scope[SCOPE_KEY] = correlation_id

        async def send_correlated(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                shown = next((value for name, value in headers if name == _SCIM_HEADER), None)
                headers.append((_HEADER, shown or correlation_id.encode()))
                message["headers"] = headers
            await send(message)

        await self._application(scope, receive, send_correlated)
