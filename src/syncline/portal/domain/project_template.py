"""The files of a new SCIM project: as HubSpot's guide wants them, and as the command line's template begins.

The texts are ours. The template is what `hs project create --features scim` fetches; it writes uids and the
app's name into it, and the guide then has you replace the app's content (`boilerplate_warnings` says so).
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from syncline.portal.domain.project import PLATFORM_VERSIONS
from syncline.portal.domain.project_schemas import REQUIRED_SCOPES

APP_FILE = "app/app-hsmeta.json"
SCIM_FILE = "app/scim/scim-hsmeta.json"
PROJECT_FILE = "hsproject.json"
SOURCE = "src"

REPOSITORY = "HubSpot/hubspot-project-components"
"""Where the command line fetches templates from."""

SCIM_PROJECT = "scim-app"
"""The project's name in HubSpot's guide, and that of the project an account is opened with."""

_EPOCH = (2025, 1, 1, 0, 0, 0)
_TEMPLATE_SCOPES = ("crm.objects.contacts.read", "crm.objects.contacts.write")
_ABOUT = """# A HubSpot project

`hsproject.json` names the project; everything below `src` is uploaded. Each component has a file that ends in
`-hsmeta.json` with its `uid`, its `type` and its `config`.

    hs project validate
    hs project upload
    hs project install-app
"""
_ABOUT_SCIM = """# SCIM in this project

`src/app/scim/scim-hsmeta.json` makes the app provision users. Before the first upload, put the four users scopes
of HubSpot's SCIM guide into `src/app/app-hsmeta.json` and take the `support` block out.

`roleSyncEnabled` decides whether roles of the identity provider choose permission sets of the same name. Change it
whenever you like, and upload again.
"""


def project_files(
    name: str, *, uid: str, role_sync: bool = False, platform_version: str = PLATFORM_VERSIONS[0]
) -> dict[str, bytes]:
    """Return the files of a SCIM project ready to be uploaded, by their path in the project's folder."""
    return {
        PROJECT_FILE: _json({"name": name, "srcDir": SOURCE, "platformVersion": platform_version}),
        f"{SOURCE}/{APP_FILE}": _json(_app(uid, f"{name} app", REQUIRED_SCOPES)),
        f"{SOURCE}/{SCIM_FILE}": _json(_scim("scim", role_sync=role_sync)),
    }


def catalogue() -> dict[str, Any]:
    """Return the `config.json` of the template repository: what the command line offers."""
    return {
        "defaultFiles": "project",
        "parentComponents": [
            {
                "label": "App",
                "type": "app",
                "authType": "static",
                "distribution": "private",
                "path": "components/app/static-private",
            }
        ],
        "components": [
            {
                "label": "SCIM",
                "type": "scim",
                "path": "components/scim",
                "supportedAuthTypes": ["static"],
                "supportedDistributions": ["private"],
            }
        ],
    }


def template_archive() -> bytes:
    """Return the template repository as the zip its host would serve: one folder with everything in it."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for version in PLATFORM_VERSIONS:
            for path, content in _template_files(version).items():
                entry = zipfile.ZipInfo(f"hubspot-project-components-main/{version}/{path}", _EPOCH)
                archive.writestr(entry, content)
    return buffer.getvalue()


def _template_files(version: str) -> Mapping[str, bytes]:
    support = {"supportEmail": "support@example.com", "documentationUrl": "https://example.com/docs"}
    app = _app("app", "App", _TEMPLATE_SCOPES, support=support)
    return {
        "config.json": _json(catalogue()),
        f"project/{PROJECT_FILE}": _json({"name": "project", "srcDir": SOURCE, "platformVersion": version}),
        "project/HUBSPOT_PROJECTS.md": _ABOUT.encode(),
        f"components/app/static-private/{SOURCE}/{APP_FILE}": _json(app),
        f"components/scim/{SOURCE}/{SCIM_FILE}": _json(_scim("scim", role_sync=False)),
        "components/scim/HUBSPOT_SCIM.md": _ABOUT_SCIM.encode(),
    }


def _app(uid: str, name: str, scopes: tuple[str, ...], **further: Any) -> dict[str, Any]:
    return {
        "uid": uid,
        "type": "app",
        "config": {
            "description": "Lets the identity provider keep the users of this account.",
            "name": name,
            "distribution": "private",
            "auth": {
                "type": "static",
                "requiredScopes": list(scopes),
                "optionalScopes": [],
                "conditionallyRequiredScopes": [],
            },
            "permittedUrls": {"fetch": [], "iframe": [], "img": []},
            **further,
        },
    }


def _scim(uid: str, *, role_sync: bool) -> dict[str, Any]:
    return {"uid": uid, "type": "scim", "config": {"roleSyncEnabled": role_sync}}


def _json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=2) + "\n").encode()
