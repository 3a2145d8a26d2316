"""An app takes itself out of an account: `DELETE /appinstalls/{v3|2026-03}/external-install`."""

from __future__ import annotations

from syncline.portal.domain.errors import ValidationError
from syncline.portal.domain.scopes import OAUTH
from syncline.portal.store.commands.installs import Uninstall
from syncline.portal.web.answer import Answer
from syncline.portal.web.call import Call
from syncline.portal.web.endpoint import Operation


async def uninstall(call: Call) -> Answer:
    """End the app's every token for this account. HubSpot e-mails the super admins; the portal writes the log."""
    client_id = call.grant.client_id
    if client_id is None:
        raise ValidationError("Only an app's own OAuth access token uninstalls it.")
    await call.store.writer.submit(
        Uninstall(portal_id=call.portal_id, client_id=client_id, actor=call.grant.user_id, now=call.now)
    )
    return Answer(204)


ROUTES = {
    f"/appinstalls/{version}/external-install": {"DELETE": Operation(uninstall, (OAUTH,))}
    for version in ("v3", "2026-03")
}
"""The addresses, each whole."""
