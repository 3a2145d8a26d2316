"""What the how-to on CRM attributes says, typed on real servers: looked at, turned on, and there at HubSpot."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from tests.acceptance.test_cli import connect, provision
from tests.support.programs import Syncline, wait_for

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ADA = "ada@acme.example"
ON = ("--crm-attribute", "job_title=on", "--crm-attribute", "time_zone=on")


def record(account: dict[str, Any], email: str) -> dict[str, Any]:
    """Return what HubSpot's record of a user says."""
    wanted = "idProperty=hs_email&properties=hs_job_title,hs_standard_time_zone"
    request = urllib.request.Request(
        f"{account['base_url']}/crm/objects/2026-03/users/{email}?{wanted}",
        headers={"Authorization": f"Bearer {account['access_token']}"},
    )
    with urllib.request.urlopen(request) as response:
        found: dict[str, Any] = json.load(response)["properties"]
        return found


def test_job_title_and_time_zone_come_to_hubspot_once_somebody_has_turned_them_on(tmp_path: Path) -> None:
    syncline = Syncline(tmp_path / "data")
    with syncline.portal():
        account = syncline.json("portal", "account", "create", "acme", "--with-scim")
        with syncline.gateway():
            syncline.json("tenant", "create", "acme")
            token = syncline.json("token", "create", "acme")
            syncline.json(*connect(account))
            syncline.json("policy", "set", "acme", "--deactivated", "deactivate")
            syncline.json("role", "default", "acme", "Standard User")
            syncline.json("plan", "approve", "acme")
            syncline.json("tenant", "mode", "acme", "live")
            body = {"schemas": [USER], "userName": ADA, "title": "Countess", "timezone": "europe/london"}
            provision(token["scim_base_url"], token["token"], body)

            def shown() -> Any:
                return syncline.json("users", "show", "acme", ADA)

            wait_for(lambda: shown()["delivery"]["access"] == "active", "Ada never arrived")
            looked = syncline.json("policy", "set", "acme", *ON, "--preview")
            assert 1 == looked["would_change"]
            assert record(account, ADA)["hs_job_title"] is None

            saved = syncline.json("policy", "set", "acme", *ON, "--yes")
            assert {"job_title", "time_zone"} == {name for name, on in saved["crm_attributes"].items() if on}
            wait_for(lambda: record(account, ADA)["hs_job_title"], "the attributes never arrived")
            found = record(account, ADA)
            assert ("Countess", "Europe/London") == (found["hs_job_title"], found["hs_standard_time_zone"])
            told = "CRM attributes: job title 'Countess'"
            wait_for(lambda: told in shown()["why"]["hubspot"]["sentence"], "it was never settled")
