"""What HubSpot's own command line needs to work on an account of the portal."""

from __future__ import annotations

from pathlib import Path

from syncline.clock import Clock
from syncline.portal.administration.naming import named_account
from syncline.portal.credentials import new_credential, open_token, seal_token
from syncline.portal.domain.account import Account
from syncline.portal.domain.tokens import TokenKind
from syncline.portal.store import project_reads, reads
from syncline.portal.store.commands.accounts import NewToken
from syncline.portal.store.commands.developers import IssueDeveloperToken
from syncline.portal.store.store import Store

_OVERRIDE_ENDS = "/hub"
"""The command line appends `.com` to its override; what follows the port is then a path, `/hub.com`."""


async def developer_environment(
    store: Store,
    clock: Clock,
    account_name: str,
    *,
    tls_address: str,
    authority: Path,
    proxy_address: str | None = None,
) -> dict[str, str]:
    """Return the variables under which `hs … --use-env` works on the account instead of on HubSpot.

    With a proxy, `hs project create` finds its templates there, too.
    """
    account = await named_account(store, account_name)
    variables = {
        "NODE_EXTRA_CA_CERTS": str(authority),
        "HUBAPI_DOMAIN_OVERRIDE": tls_address.removeprefix("https://") + _OVERRIDE_ENDS,
        "HUBSPOT_ACCOUNT_ID": str(account.portal_id),
        "HUBSPOT_PERSONAL_ACCESS_KEY": await _personal_access_key(store, clock, account),
        "ALLOW_USAGE_TRACKING": "false",
        "BROWSER": "none",
    }
    if proxy_address is not None:
        variables |= {"HTTPS_PROXY": proxy_address, "NO_PROXY": "127.0.0.1,localhost"}
    return variables


async def _personal_access_key(store: Store, clock: Clock, account: Account) -> str:
    """Return the account's key, or a new one where none was kept to be shown again."""
    found = await store.reader.point(
        lambda connection: project_reads.sealed_key(connection, account.portal_id)
    )
    if found is not None:
        return open_token(store.sealer, *found)
    key = new_credential(TokenKind.PERSONAL)
    admin = await store.reader.point(
        lambda connection: reads.first_super_admin(connection, account.portal_id)
    )
    await store.writer.submit(
        IssueDeveloperToken(
            portal_id=account.portal_id,
            token=NewToken(TokenKind.PERSONAL, key, (), seal_token(store.sealer, key)),
            user_id=admin,
            now=clock.now(),
            expires_at=None,
        )
    )
    return key
