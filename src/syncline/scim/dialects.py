"""The named deviations from the RFCs that real identity providers need, as one table.

Every tolerance has a name. Whoever applies one adds the name to the request's `Notes`, so that an event can say
what was read in a lenient way. Nothing else in the kernel knows of vendors.
"""

from __future__ import annotations

from dataclasses import dataclass


class Notes(list[str]):
    """Names of the dialect rules applied to one request, in order, each once."""

    def add(self, name: str) -> None:
        """Record that the rule was applied."""
        if name not in self:
            self.append(name)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One tolerance: its name, who needs it, what is done, and where that is known from."""

    name: str
    who: str
    rule: str
    source: str


OPERATION_CASE = "entra:operation-case"
STRING_BOOLEAN = "entra:string-boolean"
CREATED_ELEMENT = "entra:created-element"
PATH_KEYS = "entra:path-keys"
REMOVE_BY_VALUE = "entra:remove-by-value"
BARE_REFERENCE = "entra:bare-reference"
LIST_OF_ONE = "entra:list-of-one"
EXTENSION_WITHOUT_URN = "entra:extension-without-urn"
UNLISTED_EXTENSION = "entra:unlisted-extension"
FOREIGN_SCHEMA = "entra:foreign-schema"
JSON_TEXT = "entra:json-text"
DISPLAY_NAME = "entra:display-name"
PASSWORD_DROPPED = "okta:password-dropped"  # noqa: S105 - the name of a rule
READ_ONLY_REPEATED = "okta:read-only-repeated"
STRING_ELEMENT = "hubspot:string-element"
SINGLE_AS_LIST = "common:single-as-list"
NUMBER_AS_STRING = "common:number-as-string"
NULL_MEMBERS = "common:null-members"
EMPTY_PATH = "common:empty-path"
MISSING_SCHEMAS = "onelogin:missing-schemas"
LEGACY_URN = "onelogin:legacy-urn"
NAME_CASE = "common:name-case"
UNKNOWN_ATTRIBUTE = "common:unknown-attribute"
PARTIAL_COMPLEX = "sailpoint:partial-complex"

_ENTRA = "Microsoft, SCIM compatibility and tutorial pages for Entra provisioning"
_ENTRA_ROLES = "Microsoft, customizing application attributes: app role expressions"
_OKTA = "Okta, SCIM 2.0 guide and specification test"

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            OPERATION_CASE, "Entra", "`op` and the member names of a PATCH are read in any case.", _ENTRA
        ),
        Dialect(
            STRING_BOOLEAN,
            "Entra, OneLogin",
            'The texts "true" and "false" in any case are booleans.',
            _ENTRA,
        ),
        Dialect(
            CREATED_ELEMENT,
            "Entra",
            "add or replace on a value path that matches nothing creates the element, with the attributes its "
            "filter asks for.",
            _ENTRA,
        ),
        Dialect(
            PATH_KEYS, "Entra", "Keys such as `name.givenName` or `urn:…:User:department` are paths.", _ENTRA
        ),
        Dialect(
            REMOVE_BY_VALUE,
            "Entra, authentik, JumpCloud",
            "remove with a list in `value` removes exactly these elements.",
            _ENTRA,
        ),
        Dialect(
            BARE_REFERENCE, "Entra", "A string for a complex attribute is its `value` (manager).", _ENTRA
        ),
        Dialect(LIST_OF_ONE, "Entra", "A list of one object for a single-valued complex attribute.", _ENTRA),
        Dialect(EXTENSION_WITHOUT_URN, "Entra", "An extension's attribute is found without its URN.", _ENTRA),
        Dialect(
            UNLISTED_EXTENSION, "Entra", "Extension data is kept although `schemas` does not list it.", _ENTRA
        ),
        Dialect(FOREIGN_SCHEMA, "Entra, OneLogin", "Unknown URNs in `schemas` are left out.", _ENTRA),
        Dialect(
            JSON_TEXT,
            "Entra",
            "A role value that is JSON text is read as the role it describes.",
            _ENTRA_ROLES,
        ),
        Dialect(DISPLAY_NAME, "Entra", "`displayName` inside a list element is its `display`.", _ENTRA_ROLES),
        Dialect(
            PASSWORD_DROPPED, "Okta", "`password` is dropped when read, never stored or compared.", _OKTA
        ),
        Dialect(
            READ_ONLY_REPEATED,
            "Okta, authentik",
            "Read-only attributes repeated in a body are ignored; another id is refused.",
            _OKTA,
        ),
        Dialect(
            STRING_ELEMENT,
            "HubSpot guide, Okta",
            'A string in a list of objects is its `value`: ["Sales"].',
            "HubSpot SCIM guide: roles",
        ),
        Dialect(
            SINGLE_AS_LIST,
            "templates",
            "One value for a multi-valued attribute is a list of one.",
            "observed",
        ),
        Dialect(NUMBER_AS_STRING, "templates", "A number for a string attribute is its digits.", "observed"),
        Dialect(
            NULL_MEMBERS, "templates", "`members: null` beside other keys leaves members alone.", "our choice"
        ),
        Dialect(EMPTY_PATH, "templates", "An empty `path` is no path.", "observed"),
        Dialect(
            MISSING_SCHEMAS, "OneLogin", "A body without `schemas` gets the ones its data needs.", "observed"
        ),
        Dialect(LEGACY_URN, "OneLogin", "SCIM 1 and draft URNs stand for their successors.", "observed"),
        Dialect(
            NAME_CASE, "Entra, Postman collections", "Attribute names are read in any case.", "RFC 7643 §2.1"
        ),
        Dialect(UNKNOWN_ATTRIBUTE, "Entra", "Unknown attributes and URNs are ignored, never stored.", _ENTRA),
        Dialect(
            PARTIAL_COMPLEX,
            "SailPoint",
            "replace of a complex value keeps the sub-attributes it does not name.",
            "RFC 7644 §3.5.2.3",
        ),
    )
}
"""Every dialect rule by its name, in the order of the reference page."""
