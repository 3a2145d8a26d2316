"""What to enter where, at each identity provider: in our own words, dated, with the page it was read on.

The steps could not be tried at the providers; what each of them then sends was (`tests/idp`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

READ: Final = "21 November 2026"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """How one identity provider is set up.

    `attributes` are source, SCIM attribute, and what it does here; `roles` are an expression, its target, and when to
    use it; `sources` are titles and addresses.
    """

    name: str
    url_label: str
    token_label: str
    steps: tuple[str, ...]
    attributes: tuple[tuple[str, str, str], ...]
    roles: tuple[tuple[str, str, str], ...] = ()
    roles_note: str = ""
    warnings: tuple[str, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()


_USES: Final = "matches people; the e-mail address at HubSpot"

ENTRA: Final = Guide(
    name="Microsoft Entra ID",
    url_label="Tenant URL",
    token_label="Secret token",  # noqa: S106 - the name of a field
    steps=(
        "Enterprise applications → New application → Create your own application; choose the non-gallery kind.",
        "Provisioning → Get started → mode Automatic. Enter the two values of this page, Test Connection, then Save.",
        "Users and groups → add a test person. Later add groups: a group stands for its direct members only.",
        "Provisioning → Mappings: leave Create, Update and Delete on. What reaches HubSpot is decided here.",
        "Provision on demand for the test person. Press Start provisioning only when the plan here looks right.",
    ),
    attributes=(
        ("userPrincipalName", "userName", _USES),
        ("mailNickname or objectId", "externalId", "tells people apart when they are renamed"),
        ("Switch([IsSoftDeleted], , …)", "active", "False starts what you chose for leavers"),
        ("givenName, surname", "name.givenName, name.familyName", "first and last name at HubSpot"),
        ("mail", 'emails[type eq "work"].value', "the e-mail address, when people are matched by it"),
        ("department", "enterprise extension: department", "rules on attributes"),
        ("jobTitle", "title", "rules on attributes"),
    ),
    roles=(
        (
            "SingleAppRoleAssignment([appRoleAssignments])",
            'roles[primary eq "True"].value',
            "everybody has one role at most",
        ),
        (
            "AssertiveAppRoleAssignmentsComplex([appRoleAssignments])",
            "roles",
            "several roles: the whole set is sent each time (recommended)",
        ),
        (
            "AppRoleAssignmentsComplex([appRoleAssignments])",
            "roles",
            "not for access: a role taken away in Entra stays here",
        ),
    ),
    roles_note="Mappings → Add New Mapping → Expression. None of them works with “Sync all users and groups”: "
    "choose “Sync only assigned users and groups”.",
    warnings=(
        "A cycle runs about every 40 minutes; Provision on demand does not wait for it.",
        "Entra never sends a value that was cleared: an emptied department lingers.",
        "A token that ends puts provisioning into quarantine. Make the next one before it does.",
    ),
    sources=(
        (
            "Microsoft: develop and plan provisioning for a SCIM endpoint",
            "https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups",
        ),
        (
            "Microsoft: customize attribute mappings",
            "https://learn.microsoft.com/entra/identity/app-provisioning/customize-application-attributes",
        ),
    ),
)
OKTA: Final = Guide(
    name="Okta",
    url_label="SCIM connector base URL",
    token_label="Authorization: Bearer",  # noqa: S106 - the name of a field
    steps=(
        "Applications → Create App Integration (SAML or SWA), then General → App Settings → Provisioning: SCIM.",
        "Provisioning → Integration: enter the two values on this page. Unique identifier field for users: userName. "
        "Authentication mode: HTTP Header.",
        "Tick Push New Users, Push Profile Updates and Push Groups, then Test Connector Configuration.",
        "Provisioning → To App: enable Create Users, Update User Attributes and Deactivate Users.",
        "Assign a test person. Push groups whose members rules should look at.",
    ),
    attributes=(
        ("userName", "userName", _USES),
        ("firstName, lastName", "name.givenName, name.familyName", "first and last name at HubSpot"),
        ("email", 'emails[type eq "work"].value', "the e-mail address, when people are matched by it"),
        ("department", "enterprise extension: department", "rules on attributes"),
        ("title", "title", "rules on attributes"),
    ),
    roles=(
        (
            "a string array attribute of the app’s profile",
            "roles (urn:ietf:params:scim:schemas:core:2.0:User)",
            "rules on roles; groups need Push Groups instead",
        ),
    ),
    roles_note="Directory → Profile Editor → your app → Add Attribute, external name roles; then map it.",
    warnings=(
        "Okta never deletes anybody: unassigning and deactivating both send active: false. Suspending sends nothing.",
        "The host of the base URL must not contain an underscore.",
    ),
    sources=(
        (
            "Okta: SCIM protocol, what is sent",
            "https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20/",
        ),
        (
            "Okta: add SCIM provisioning to an app",
            "https://help.okta.com/en-us/content/topics/apps/apps_app_integration_wizard_scim.htm",
        ),
    ),
)
GOOGLE: Final = Guide(
    name="Google Workspace",
    url_label="Endpoint URL",
    token_label="Access token",  # noqa: S106 - the name of a field
    steps=(
        "Automatic provisioning exists for applications of Google’s catalogue: use one that takes your SCIM endpoint.",
        "Apps → Web and mobile apps → your application → Autoprovisioning: enter the two values on this page.",
        "Map the attributes below, choose the organisational units in scope, and turn it on.",
        "Choose what leaving does and after how long: suspend at once; delete only if you must.",
    ),
    attributes=(
        ("Primary e-mail", "userName", _USES),
        ("First name, Last name", "name.givenName, name.familyName", "first and last name at HubSpot"),
        ("Department", "enterprise extension: department", "rules on attributes"),
        ("Title", "title", "rules on attributes"),
    ),
    roles_note="Google sends no groups and no roles: let rules look at attributes.",
    sources=(("Google: automated user provisioning", "https://support.google.com/a/topic/6400789"),),
)
OTHER: Final = Guide(
    name="your identity provider",
    url_label="SCIM 2.0 base URL",
    token_label="Bearer token",  # noqa: S106 - the name of a field
    steps=(
        "Choose SCIM 2.0 with a bearer token (an Authorization header), and enter the two values on this page.",
        "Match users by userName. Create, update and deactivate should be on.",
        "Assign a test person first, everybody else once the plan here looks right.",
    ),
    attributes=(
        ("login or e-mail", "userName", _USES),
        ("a lasting id", "externalId", "tells people apart when they are renamed"),
        ("status", "active", "false starts what you chose for leavers"),
        ("first, last name", "name.givenName, name.familyName", "first and last name at HubSpot"),
        ("e-mail", 'emails[type eq "work"].value', "the e-mail address, when people are matched by it"),
        ("roles", "roles[].value", "rules on roles"),
        ("department", "enterprise extension: department", "rules on attributes"),
    ),
    sources=(("RFC 7643: SCIM core schema", "https://www.rfc-editor.org/rfc/rfc7643"),),
)

GUIDES: Final[Mapping[str, Guide]] = {"entra": ENTRA, "okta": OKTA, "google": GOOGLE, "other": OTHER}
