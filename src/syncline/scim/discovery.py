"""The discovery documents (RFC 7643 §5 to §7), made from the same tables that do the work.

Clients act on them (authentik, Rippling, SailPoint), so they say only what is true. Locations are added by the
server, which alone knows its address.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from syncline.scim.attributes import Attribute, ResourceType, Schema

SCHEMA_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"
RESOURCE_TYPE_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
CONFIG_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"

# Not offered, but authentik divides its group changes by this number even so.
_BULK_OPERATIONS = 1000
_BULK_BYTES = 1_048_576


def schema_documents(types: Iterable[ResourceType]) -> list[dict[str, Any]]:
    """Return the Schema resources of these types, each schema once, without nulls."""
    schemas = {schema.id: schema for resource_type in types for schema in resource_type.schemas}
    return [_schema_document(schema) for schema in schemas.values()]


def resource_type_documents(types: Iterable[ResourceType]) -> list[dict[str, Any]]:
    """Return the ResourceType resources of these types."""
    return [_resource_type_document(resource_type) for resource_type in types]


def service_provider_config(*, max_results: int, documentation_uri: str | None) -> dict[str, Any]:
    """Return the ServiceProviderConfig: PATCH, filters and ETags yes; bulk, sort and passwords no."""
    config: dict[str, Any] = {"schemas": [CONFIG_SCHEMA]}
    if documentation_uri is not None:
        config["documentationUri"] = documentation_uri
    return config | {
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": _BULK_OPERATIONS, "maxPayloadSize": _BULK_BYTES},
        "filter": {"supported": True, "maxResults": max_results},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "OAuth Bearer Token",
                "description": "A token of this tenant in the Authorization header.",
                "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig"},
    }


def _schema_document(schema: Schema) -> dict[str, Any]:
    return {
        "schemas": [SCHEMA_SCHEMA],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": [_attribute_document(attribute) for attribute in schema.attributes],
        "meta": {"resourceType": "Schema"},
    }


def _attribute_document(attribute: Attribute) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": attribute.name,
        "type": attribute.type,
        "multiValued": attribute.multi_valued,
        "description": attribute.description or attribute.name,
        "required": attribute.required,
        "caseExact": attribute.case_exact,
        "mutability": attribute.mutability,
        "returned": attribute.returned,
        "uniqueness": attribute.uniqueness,
    }
    if attribute.canonical_values:
        document["canonicalValues"] = list(attribute.canonical_values)
    if attribute.reference_types:
        document["referenceTypes"] = list(attribute.reference_types)
    if attribute.sub_attributes:
        document["subAttributes"] = [_attribute_document(sub) for sub in attribute.sub_attributes]
    return document


def _resource_type_document(resource_type: ResourceType) -> dict[str, Any]:
    return {
        "schemas": [RESOURCE_TYPE_SCHEMA],
        "id": resource_type.name,
        "name": resource_type.name,
        "endpoint": resource_type.endpoint,
        "description": resource_type.description,
        "schema": resource_type.schema.id,
        "schemaExtensions": [{"schema": schema.id, "required": False} for schema in resource_type.extensions],
        "meta": {"resourceType": "ResourceType"},
    }
