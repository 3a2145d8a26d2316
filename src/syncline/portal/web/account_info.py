"""The account's details, the harmless call that every connection test begins with, and its use of the API."""

from __future__ import annotations

from datetime import datetime, timedelta

from syncline.portal.domain.limits import zone_named
from syncline.portal.domain.scopes import OAUTH
from syncline.portal.web.answer import Answer
from syncline.portal.web.call import Call
from syncline.portal.web.endpoint import Operation
from syncline.scimserver.rendering import timestamp

VERSIONS = ("v3", "2026-03", "2026-09")


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


async def daily_usage(call: Call) -> Answer:
    """Return how many of the day's calls the account's static tokens have made."""
    today = call.limiter.today(call.account, call.now)
    shown = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": today.limit,
        "currentUsage": today.used,
        "collectedAt": timestamp(call.now),
        "resetsAt": timestamp(today.resets_at),
        "fetchStatus": "SUCCESS",
    }
    return Answer(200, {"results": [shown]})


ROUTES = {
    **{f"/account-info/{version}/details": {"GET": Operation(details)} for version in VERSIONS},
    **{
        f"/account-info/{version}/api-usage/daily/private-apps": {"GET": Operation(daily_usage, (OAUTH,))}
        for version in VERSIONS
    },
}
"""The addresses, each whole."""
