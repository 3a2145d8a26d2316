"""Users, filters and patches as both sides can read them: what the disagreements name is left out."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.unit.scim.samples import CORE, ENTERPRISE

TEXTS = st.sampled_from(["a", "A", "ab", "Ba", "x@corp.local", "Zo\u00eb", "1001", "a b", '"', "\\", "100%"])
TYPES = st.sampled_from(["work", "home", "other", "Work"])
BOOLEANS = st.sampled_from([True, False, "True", "False", "true"])
SWITCHES = st.sampled_from([True, False])


def elements(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"value": TEXTS}, optional={name: TYPES if name == "type" else TEXTS for name in names}
    )


def one_primary(values: list[dict[str, Any]], at: int | None) -> list[dict[str, Any]]:
    return [{**value, "primary": True} if place == at else value for place, value in enumerate(values)]


def unlike(element: dict[str, Any]) -> tuple[Any, Any]:
    return element["value"], str(element.get("type")).lower()


EMAILS = st.builds(
    one_primary,
    st.lists(elements("type", "display"), max_size=3, unique_by=lambda element: element["value"].lower()),
    st.none() | st.integers(0, 2),
)
NAMES = st.fixed_dictionaries({}, optional={"givenName": TEXTS, "familyName": TEXTS, "formatted": TEXTS})
EXTENSIONS = st.fixed_dictionaries(
    {},
    optional={
        "department": TEXTS,
        "employeeNumber": TEXTS,
        "manager": st.fixed_dictionaries({"value": TEXTS}),
    },
)
USERS = st.fixed_dictionaries(
    {"schemas": st.just([CORE, ENTERPRISE]), "userName": st.sampled_from(["bob", "Bob@corp.example"])},
    optional={
        "externalId": TEXTS,
        "title": TEXTS | st.none(),
        "displayName": TEXTS,
        "active": BOOLEANS,
        "name": NAMES,
        "emails": EMAILS,
        "phoneNumbers": EMAILS,
        "roles": EMAILS,
        "addresses": st.lists(
            st.fixed_dictionaries({"locality": TEXTS}, optional={"type": TYPES, "formatted": TEXTS}),
            max_size=1,
        ),
        "nosuch": TEXTS,
        ENTERPRISE: EXTENSIONS,
    },
)

SINGLE = st.sampled_from(
    [
        *("title", "userName", "externalId", "name.givenName"),
        *(f"{ENTERPRISE}:department", f"{ENTERPRISE}:manager.value", f"{CORE}:displayName"),
    ]
)
LISTS = st.sampled_from(["emails.value", "emails.type", "EMAILS", "roles.value"])
LIST_OPERATORS = st.sampled_from(["eq", "co", "sw", "ew", "gt", "ge", "lt", "le", "EQ"])
OPERATORS = LIST_OPERATORS | st.just("ne")
QUOTED = TEXTS.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
ATOMS = st.one_of(
    st.builds("{} {} {}".format, SINGLE, OPERATORS, QUOTED),
    st.builds("{} {} {}".format, LISTS, LIST_OPERATORS, QUOTED),
    st.builds("{} pr".format, SINGLE | LISTS | st.sampled_from(["name", "emails", "active"])),
    st.builds("active {} {}".format, st.sampled_from(["eq", "ne"]), st.sampled_from(["true", "false"])),
    st.builds('emails[type {} "work" and value {} {}]'.format, OPERATORS, OPERATORS, QUOTED),
    st.builds('phoneNumbers[type eq "work"].value {} {}'.format, OPERATORS, QUOTED),
    st.just("roles[primary eq true]"),
)
FILTERS = st.recursive(
    ATOMS,
    lambda inner: (
        st.builds("({} and {})".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | st.builds("not ({})".format, inner)
        | st.builds("{} or {} and {}".format, ATOMS, ATOMS, ATOMS)
    ),
    max_leaves=5,
)

_TEXT_PATHS = st.sampled_from(
    [
        *("title", "TITLE", "displayName", "externalId", "nickName", "name.givenName", "name.familyName"),
        *(f"{CORE}:title", f"{ENTERPRISE}:department", f"{ENTERPRISE}:manager.value"),
    ]
)
_ELEMENT_PATHS = st.builds(
    '{}[type eq "{}"].{}'.format,
    st.sampled_from(["emails", "phoneNumbers", "roles"]),
    st.sampled_from(["work", "home", "other"]),
    st.sampled_from(["value", "display"]),
)
_SETS = st.sampled_from(["add", "replace", "Add", "Replace"])


def operation(op: str, path: str | None, value: Any) -> dict[str, Any]:
    return {"op": op, "value": value} if path is None else {"op": op, "path": path, "value": value}


def removal(path: str) -> dict[str, Any]:
    return {"op": "remove", "path": path}


OPERATIONS = st.one_of(
    st.builds(operation, _SETS, _TEXT_PATHS | _ELEMENT_PATHS, TEXTS),
    st.builds(operation, _SETS, st.just("active"), BOOLEANS),
    st.builds(operation, _SETS, st.just("name"), NAMES.filter(bool)),
    st.builds(operation, st.just("replace"), st.sampled_from(["emails", "roles"]), EMAILS.filter(bool)),
    st.builds(
        operation,
        _SETS,
        st.none(),
        st.fixed_dictionaries(
            {}, optional={"title": TEXTS, "name.givenName": TEXTS, f"{ENTERPRISE}:department": TEXTS}
        ),
    ).filter(lambda found: bool(found["value"])),
    st.builds(
        operation,
        st.sampled_from(["add", "Add"]),
        st.sampled_from(['emails[type eq "work"]', 'phoneNumbers[type eq "other"]']),
        st.fixed_dictionaries({"value": TEXTS}, optional={"display": TEXTS}),
    ),
    st.builds(removal, _TEXT_PATHS | st.sampled_from(["emails", "roles", "name", "phoneNumbers"])),
    st.builds(removal, st.sampled_from(['emails[type eq "work"]', 'roles[value eq "a"]'])),
    st.builds(operation, st.just("Remove"), st.just("roles"), TEXTS.map(lambda text: [{"value": text}])),
    st.builds(operation, st.just("replace"), st.just('emails[type eq "home"].primary'), SWITCHES),
)
PATCHES = st.lists(OPERATIONS, min_size=1, max_size=4)
