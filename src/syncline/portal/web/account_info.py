"""The account's details, the harmless call that every connection test begins with."""

from __future__ import annotations

from datetime import datetime, timedelta

from syncline.portal.domain.limits import zone_named
from syncline.portal.web.answer import Answer
from syncline.portal.web.call import Call
from syncline.portal.web.endpoint import Operation

PATHS = ("/account-info/v3/details", "/account-info/2026-03/details", "/account-info/2026-09/details")


async def details(call: Call) -> Answer:
    """Return what HubSpot tells any token of the account; its scope `oauth` is implied by every token."""
    account = call.account
    local = datetime.fromtimestamp(call.now / 1000, zone_named(account.time_zone))
    offset = local.utcoffset() or timedelta()
    return Answer(
        200,
        {
            "portalId": account.portal_id,
            "accountType": account.account_type,
            "timeZone": account.time_zone,
            "companyCurrency": account.currency,
            "additionalCurrencies": [],
            "utcOffset": f"{local:%z}"[:3] + ":" + f"{local:%z}"[3:5],
            "utcOffsetMilliseconds": offset // timedelta(milliseconds=1),
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        },
    )


ROUTES = {path: {"GET": Operation(details)} for path in PATHS}
"""The addresses, each whole."""
