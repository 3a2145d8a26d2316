"""YAML as documents are written in it: plain values only. No tags, no aliases, no name twice."""

from __future__ import annotations

from typing import Any, Final

import yaml

LONGEST: Final = 2_000_000


class DocumentError(Exception):
    """A text that is no document; the message says where and why."""


class _Loader(yaml.SafeLoader):
    """Refuses what a reader could overlook: a name given twice, of which one would be lost, and aliases."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not taken: write it out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if not isinstance(name, str):
                raise yaml.MarkedYAMLError(None, None, f"{name!r} is no text: quote it", key.start_mark)
            if name in seen:
                raise yaml.MarkedYAMLError(None, None, f"{name!r} is there twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [each for each in found if each[0] != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
"""A date stays the text it is: a document has no other use for one."""


class _Dumper(yaml.SafeDumper):
    """Writes every text so that it is read back as it was."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Quote what YAML would fold: only double quotes keep line breaks of all kinds as they are."""
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def read_document(text: str) -> dict[str, Any]:
    """Return the document a text holds; raises `DocumentError`."""
    if len(text) > LONGEST:
        raise DocumentError(f"a document has at most {LONGEST} characters")
    try:
        document = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader that refuses more
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DocumentError(" ".join(str(error).split())) from error
    if not isinstance(document, dict):
        raise DocumentError("it is no document: begin with `version: 1`, or with what `config export` prints")
    return document


def write_document(document: dict[str, Any]) -> str:
    """Return a document as text that `read_document` reads back."""
    text = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=100
    )
    return str(text).rstrip("\n")
