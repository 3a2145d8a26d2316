"""The User, EnterpriseUser and Group schemas (RFC 7643 §4 and §8.7) as tables, and their resource types.

Two choices differ from the tables printed in the RFC and are announced in `/Schemas`: `manager.displayName` is
writable (Okta maps it), and members carry the `display` that the RFC's own examples show.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncline.scim.attributes import Attribute, ResourceType, Schema
from syncline.scim.discovery import resource_type_documents, schema_documents, service_provider_config

__all__ = [
    "ENTERPRISE_USER_SCHEMA",
    "GROUP",
    "GROUP_SCHEMA",
    "RESOURCE_TYPES",
    "USER",
    "USER_SCHEMA",
    "resource_type_documents",
    "schema_documents",
    "service_provider_config",
]


def _list_of(name: str, description: str, *types: str, value: Attribute | None = None) -> Attribute:
    """Return a multi-valued attribute with the usual sub-attributes (RFC 7643 §2.4)."""
    return Attribute(
        name,
        type="complex",
        multi_valued=True,
        description=description,
        sub_attributes=(
            value or Attribute("value", description="The value itself."),
            Attribute("display", description="A name for people to read."),
            Attribute("type", canonical_values=types, description="What the value is for."),
            Attribute("primary", type="boolean", description="The preferred value; true at most once."),
        ),
    )


_NAME = Attribute(
    "name",
    type="complex",
    description="The parts of the person's name.",
    sub_attributes=(
        Attribute("formatted", description="The full name, ready to show."),
        Attribute("familyName", description="The family name."),
        Attribute("givenName", description="The given name."),
        Attribute("middleName", description="Further given names."),
        Attribute("honorificPrefix", description="A title before the name."),
        Attribute("honorificSuffix", description="A suffix after the name."),
    ),
)

_ADDRESSES = Attribute(
    "addresses",
    type="complex",
    multi_valued=True,
    description="Postal addresses.",
    sub_attributes=(
        Attribute("formatted", description="The whole address, ready to show."),
        Attribute("streetAddress", description="Street, number, post box."),
        Attribute("locality", description="City or town."),
        Attribute("region", description="State or region."),
        Attribute("postalCode", description="Postal code."),
        Attribute("country", description="Country, ISO 3166-1 alpha-2 preferred."),
        Attribute("type", canonical_values=("work", "home", "other"), description="What the address is for."),
        Attribute("primary", type="boolean", description="The preferred address; true at most once."),
    ),
)

_GROUPS = Attribute(
    "groups",
    type="complex",
    multi_valued=True,
    mutability="readOnly",
    description="Groups the person belongs to; changed through the groups.",
    sub_attributes=(
        Attribute("value", mutability="readOnly", case_exact=True, description="The group's id."),
        Attribute("$ref", type="reference", mutability="readOnly", reference_types=("User", "Group")),
        Attribute("display", mutability="readOnly", description="The group's name."),
        Attribute("type", mutability="readOnly", canonical_values=("direct", "indirect")),
    ),
)

USER_SCHEMA = Schema(
    id="urn:ietf:params:scim:schemas:core:2.0:User",
    name="User",
    description="A person's account",
    former_ids=(
        "urn:scim:schemas:core:2.0:User",
        "urn:scim:schemas:core:2.0",
        "urn:scim:schemas:core:1.0:User",
        "urn:scim:schemas:core:1.0",
    ),
    attributes=(
        Attribute(
            "userName",
            required=True,
            uniqueness="server",
            description="The name the person signs in with; compared without regard to case.",
        ),
        _NAME,
        Attribute("displayName", description="The name shown to people."),
        Attribute("nickName", description="A casual name."),
        Attribute(
            "profileUrl", type="reference", reference_types=("external",), description="A profile page."
        ),
        Attribute("title", description="Job title."),
        Attribute("userType", description="Relation to the organization."),
        Attribute("preferredLanguage", description="Preferred languages as in Accept-Language."),
        Attribute("locale", description="Locale for dates, numbers and currency."),
        Attribute("timezone", description="Time zone in the form Europe/Amsterdam."),
        Attribute("active", type="boolean", description="Whether the account may be used."),
        Attribute(
            "password",
            mutability="writeOnly",
            returned="never",
            description="Accepted and discarded; this server keeps no passwords.",
        ),
        _list_of("emails", "E-mail addresses.", "work", "home", "other"),
        _list_of("phoneNumbers", "Telephone numbers.", "work", "home", "mobile", "fax", "pager", "other"),
        _list_of(
            "ims",
            "Instant messaging addresses.",
            "aim",
            "gtalk",
            "icq",
            "xmpp",
            "msn",
            "skype",
            "qq",
            "yahoo",
        ),
        _list_of(
            "photos",
            "Addresses of photographs.",
            "photo",
            "thumbnail",
            value=Attribute(
                "value", type="reference", reference_types=("external",), description="The address."
            ),
        ),
        _ADDRESSES,
        _GROUPS,
        _list_of("entitlements", "Things the person is entitled to."),
        _list_of(
            "roles",
            "Roles of the person.",
            value=Attribute("value", case_exact=True, description="The role."),
        ),
        _list_of(
            "x509Certificates",
            "Certificates of the person.",
            value=Attribute("value", type="binary", case_exact=True, description="DER in base64."),
        ),
    ),
)

ENTERPRISE_USER_SCHEMA = Schema(
    id="urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name="EnterpriseUser",
    description="What an organization records about a person",
    former_ids=(
        "urn:scim:schemas:extension:enterprise:2.0:User",
        "urn:scim:schemas:extension:enterprise:2.0",
        "urn:scim:schemas:extension:enterprise:1.0:User",
        "urn:scim:schemas:extension:enterprise:1.0",
    ),
    attributes=(
        Attribute("employeeNumber", description="Number or code of the person within the organization."),
        Attribute("costCenter", description="Cost center."),
        Attribute("organization", description="Organization."),
        Attribute("division", description="Division."),
        Attribute("department", description="Department."),
        Attribute(
            "manager",
            type="complex",
            description="The person's manager.",
            sub_attributes=(
                Attribute("value", case_exact=True, description="The manager's id."),
                Attribute(
                    "$ref", type="reference", reference_types=("User",), description="The manager's address."
                ),
                Attribute("displayName", description="The manager's name."),
            ),
        ),
    ),
)

GROUP_SCHEMA = Schema(
    id="urn:ietf:params:scim:schemas:core:2.0:Group",
    name="Group",
    description="A group of people",
    former_ids=(
        "urn:scim:schemas:core:2.0:Group",
        "urn:scim:schemas:core:2.0",
        "urn:scim:schemas:core:1.0:Group",
        "urn:scim:schemas:core:1.0",
    ),
    attributes=(
        Attribute("displayName", required=True, description="The group's name."),
        Attribute(
            "members",
            type="complex",
            multi_valued=True,
            description="Who belongs to the group.",
            sub_attributes=(
                Attribute("value", mutability="immutable", case_exact=True, description="The member's id."),
                Attribute(
                    "$ref", type="reference", mutability="immutable", reference_types=("User", "Group")
                ),
                Attribute("display", mutability="immutable", description="The member's name."),
                Attribute("type", mutability="immutable", canonical_values=("User", "Group")),
            ),
        ),
    ),
)

USER = ResourceType("User", "/Users", "User account", USER_SCHEMA, (ENTERPRISE_USER_SCHEMA,))
GROUP = ResourceType("Group", "/Groups", "Group", GROUP_SCHEMA)
RESOURCE_TYPES: Mapping[str, ResourceType] = {"User": USER, "Group": GROUP}
"""The resource types a full server offers, by name."""
