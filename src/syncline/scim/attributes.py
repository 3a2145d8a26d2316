"""Attributes, schemas and resource types as compiled tables (RFC 7643 §2 and §7).

Every name a client may write (any case, with or without its schema's URN, with a sub-attribute) is one key of one
dict, built once. Reading, filtering, patching and projecting are look-ups in it; no name from outside ever reaches
getattr or becomes a key of a stored resource.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

AttributeType = Literal[
    "string", "boolean", "decimal", "integer", "dateTime", "reference", "binary", "complex"
]
Mutability = Literal["readOnly", "readWrite", "immutable", "writeOnly"]
Returned = Literal["always", "never", "default", "request"]
Uniqueness = Literal["none", "server", "global"]


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """An attribute and its characteristics (RFC 7643 §2.2); equal only to itself."""

    name: str
    type: AttributeType = "string"
    multi_valued: bool = False
    required: bool = False
    case_exact: bool = False
    mutability: Mutability = "readWrite"
    returned: Returned = "default"
    uniqueness: Uniqueness = "none"
    canonical_values: tuple[str, ...] = ()
    reference_types: tuple[str, ...] = ()
    sub_attributes: tuple[Attribute, ...] = ()
    description: str = ""
    _subs: Mapping[str, Attribute] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_subs", {sub.name.lower(): sub for sub in self.sub_attributes})

    def sub(self, name: str) -> Attribute | None:
        """Return the sub-attribute of that name in any case, or None."""
        return self._subs.get(name.lower())


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """A schema or extension: its URN, the URNs it had before SCIM 2.0, and its attributes."""

    id: str
    name: str
    description: str
    attributes: tuple[Attribute, ...]
    former_ids: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Every URN under which clients name this schema, the present one first."""
        return (self.id, *self.former_ids)


@dataclass(frozen=True, slots=True)
class Path:
    """Where a value lives in a resource: an attribute or sub-attribute, perhaps of an extension.

    `attribute` is None when the path is a schema's URN alone. `name` is the canonical spelling, such as
    `userName`, `emails.value` or `urn:…:User:manager.value`.
    """

    urn: str | None
    attribute: Attribute | None
    sub: Attribute | None
    name: str

    @property
    def top(self) -> str:
        """The key of the resource under which the value is found."""
        if self.urn is not None:
            return self.urn
        return "" if self.attribute is None else self.attribute.name


COMMON_ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute(
        "schemas",
        type="reference",
        multi_valued=True,
        returned="always",
        reference_types=("uri",),
        description="URNs of the schemas that this resource uses.",
    ),
    Attribute(
        "id",
        case_exact=True,
        mutability="readOnly",
        returned="always",
        uniqueness="server",
        description="Identifier given by this server; never changes, never used again.",
    ),
    Attribute("externalId", case_exact=True, description="Identifier given by the client."),
    Attribute(
        "meta",
        type="complex",
        mutability="readOnly",
        description="What the server records about the resource.",
        sub_attributes=(
            Attribute("resourceType", case_exact=True, mutability="readOnly"),
            Attribute("created", type="dateTime", mutability="readOnly"),
            Attribute("lastModified", type="dateTime", mutability="readOnly"),
            Attribute(
                "location", type="reference", case_exact=True, mutability="readOnly", reference_types=("uri",)
            ),
            Attribute("version", case_exact=True, mutability="readOnly"),
        ),
    ),
)
"""Attributes of every resource; not part of any schema document (RFC 7643 §3.1)."""


@dataclass(frozen=True, slots=True, eq=False)
class ResourceType:
    """A kind of resource (RFC 7643 §6) with every path into it compiled."""

    name: str
    endpoint: str
    description: str
    schema: Schema
    extensions: tuple[Schema, ...] = ()
    _paths: Mapping[str, Path] = field(init=False, repr=False)
    _schemas: Mapping[str, Schema] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_paths", dict(_compile_paths(self)))
        schemas = {urn.lower(): schema for schema in self.schemas for urn in schema.ids}
        object.__setattr__(self, "_schemas", schemas)

    @property
    def schemas(self) -> tuple[Schema, ...]:
        """The core schema, then the extensions."""
        return (self.schema, *self.extensions)

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """The common attributes and those of the core schema."""
        return (*COMMON_ATTRIBUTES, *self.schema.attributes)

    def path(self, name: str) -> Path | None:
        """Return the path that a client's spelling means, in any case, or None when it is unknown.

        Known are `attr`, `attr.sub`, the same behind a schema's URN and a colon, a URN alone, and an extension's
        attribute without URN where no core attribute has its name.
        """
        return self._paths.get(name.lower())

    def schema_named(self, urn: str) -> Schema | None:
        """Return the schema with that URN, present or former, in any case, or None."""
        return self._schemas.get(urn.lower())


def _compile_paths(resource_type: ResourceType) -> Iterator[tuple[str, Path]]:
    """Yield every spelling in lower case with its path; a later pair of one spelling wins."""
    for schema in resource_type.extensions:
        for spelling, path in _attribute_paths(schema.attributes, schema.id):
            yield spelling, path
            for urn in schema.ids:
                yield f"{urn.lower()}:{spelling}", path
        for urn in schema.ids:
            yield urn.lower(), Path(schema.id, None, None, schema.id)
    for spelling, path in _attribute_paths(resource_type.attributes, None):
        yield spelling, path
        for urn in resource_type.schema.ids:
            yield f"{urn.lower()}:{spelling}", path
    for urn in resource_type.schema.ids:
        yield urn.lower(), Path(None, None, None, resource_type.schema.id)


def _attribute_paths(attributes: tuple[Attribute, ...], urn: str | None) -> Iterator[tuple[str, Path]]:
    prefix = "" if urn is None else f"{urn}:"
    for attribute in attributes:
        yield attribute.name.lower(), Path(urn, attribute, None, f"{prefix}{attribute.name}")
        for sub in attribute.sub_attributes:
            spelling = f"{attribute.name}.{sub.name}"
            yield spelling.lower(), Path(urn, attribute, sub, f"{prefix}{spelling}")
