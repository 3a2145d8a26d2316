"""Ending at HubSpot what a connection that is replaced or given up was made with."""

from __future__ import annotations

from syncline.clock import Clock
from syncline.gateway.domain.grant import OAuthGrant
from syncline.gateway.services.ports import Authority, Cause, Connection


async def end_credential(authority: Authority, connection: Connection, clock: Clock) -> tuple[bool, str]:
    """End the credential of the API channel at HubSpot; returns whether that is done, and what to say.

    A static token cannot be ended from here, and HubSpot may not answer: neither stands in anybody's way.
    """
    grant = connection.credential
    account = f"HubSpot account {connection.portal_id}"
    if not isinstance(grant, OAuthGrant):
        return False, (
            f"The token of {account} is forgotten here. It still works at HubSpot: rotate or delete it there."
        )
    if grant.ended:
        return True, f"The grant for {account} had ended at HubSpot already and is forgotten here."
    failed = await authority.revoke(connection, grant, Cause.new(clock.now()))
    if failed is None:
        return True, f"The grant for {account} is revoked at HubSpot and forgotten here."
    return False, (
        f"The grant for {account} is forgotten here, but HubSpot did not revoke it: {failed.sentence} "
        "Uninstall the app there, under Settings → Integrations → Connected Apps."
    )
