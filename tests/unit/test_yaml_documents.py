from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.gateway.cli.yaml_documents import DocumentError, read_document, write_document

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXT, VALUE, max_size=5))
def test_what_is_written_is_read_back(document: dict[str, object]) -> None:
    assert document == read_document(write_document(document))


@pytest.mark.parametrize("word", ["no", "on", "yes", "1e3", "2026-11-21", "null", "~", "=1+1", "0x1F"])
def test_words_that_yaml_takes_for_something_else_stay_text(word: str) -> None:
    assert {"role": word} == read_document(write_document({"role": word}))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rules: []\nrules: [a]", "'rules' is there twice"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("a: !!python/object/apply:os.system ['true']", "could not determine a constructor"),
        ("- a", "no document"),
        ("", "no document"),
        ("a: [", "expected the node content"),
        ("on: 1", "quote it"),
        ("[" * 5000, "recursion"),
    ],
)
def test_what_is_no_document_is_refused_with_the_place(text: str, says: str) -> None:
    with pytest.raises(DocumentError, match=says):
        read_document(text)


def test_a_date_needs_no_quotes() -> None:
    assert {"until": "2026-12-24"} == read_document("until: 2026-12-24")
