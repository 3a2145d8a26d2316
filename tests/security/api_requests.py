"""Requests to the admin API as its own description allows them, and some it does not, drawn by chance."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

TEXT = st.one_of(
    st.sampled_from(
        ["", "live", "plan", "acme.example", "ada@acme.example", "*", "0", "=1+1", "<script>", "\u202ex"]
    ),
    st.text(max_size=12).filter(lambda text: not any("\ud800" <= each <= "\udfff" for each in text)),
)
NUMBER = st.one_of(st.sampled_from([0, 1, -1, 50, 2**31, 2**53, 2**64]), st.integers())
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBER, TEXT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
_OF_TYPE = {
    "string": TEXT,
    "integer": NUMBER,
    "boolean": st.booleans(),
    "array": st.lists(TEXT, max_size=3),
    "object": st.dictionaries(TEXT, ANYTHING, max_size=4),
    "null": st.none(),
}


def value_of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Draw a value the schema allows, or, one time in ten, any other."""
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    allowed = st.one_of(*(_OF_TYPE[each] for each in types))
    return st.integers(0, 9).flatmap(lambda chance: ANYTHING if chance == 0 else allowed)


@st.composite
def requests(draw: st.DrawFn, path: str, described: dict[str, Any], ids: dict[str, str]) -> tuple[str, Any]:
    """Draw a path with its query, and a body or None. `ids` are parts of paths that name what is there."""
    query = []
    for parameter in described["parameters"]:
        name, place = parameter["name"], parameter["in"]
        if place == "path":
            known = ids.get(name)
            part = known if known and draw(st.integers(0, 4)) else draw(TEXT.filter(bool))
            path = path.replace(f"{{{name}}}", quote(part, safe=""))
        elif place == "query" and (parameter["required"] or draw(st.booleans())):
            value = draw(value_of(parameter["schema"]))
            query.append(f"{name}={quote(str(value).lower() if isinstance(value, bool) else str(value))}")
    body: Any = None
    if "requestBody" in described:
        schema = described["requestBody"]["content"]["application/json"]["schema"]
        body = {
            name: draw(value_of(each))
            for name, each in schema["properties"].items()
            if name in schema["required"] or draw(st.booleans())
        }
        if not draw(st.integers(0, 9)):
            body = draw(ANYTHING)
    return path + ("?" + "&".join(query) if query else ""), body
