from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.scim.errors import InvalidSyntax, InvalidValue
from syncline.scim.json import decode, encode
from tests.unit.scim.samples import REFUSAL, attempt, quick

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | TEXT
    | st.sampled_from(['a":', '"b" : 1', "\\"]),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(TEXT, children, max_size=4),
    max_leaves=25,
)


@quick
@given(VALUES)
def test_what_is_encoded_decodes_to_itself(value: Any) -> None:
    assert value == decode(encode(value))


@quick
@given(VALUES)
def test_white_space_and_escapes_change_nothing(value: Any) -> None:
    assert value == decode(json.dumps(value, indent=2, separators=(" ,", " : ")).encode())


@quick
@given(st.binary(max_size=60) | TEXT.map(str.encode))
def test_any_bytes_give_a_value_or_a_scim_error(data: bytes) -> None:
    value = attempt(lambda: decode(data))

    assert value is REFUSAL or value == decode(encode(value))


@pytest.mark.parametrize(
    "text",
    [
        '{"userName": "a", "userName": "b"}',
        '{"name": {"givenName": "a", "givenName": "a"}}',
        '[[{"a": 1}, {"b" :1,"b"\n:1}]]',
        '{"a": 1, "\\u0061": 2}',
        '{"x": "\\":\\":", "a": null, "a": null}',
        '{"a":1,"a":1}',
        '{"a":{"b":"c","b":"c"}}',
    ],
)
def test_a_member_given_twice_at_any_depth_is_refused(text: str) -> None:
    with pytest.raises(InvalidSyntax):
        decode(text.encode())


def test_equal_names_in_different_objects_are_no_repetition() -> None:
    assert {"a": {"a": [{"a": 1}, {"a": 2}]}} == decode(b'{"a":{"a":[{"a":1},{"a":2}]}}')


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b"[01]",
        b"[1,]",
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": "\xff"}',
        b'"\\ud800"',
        b'"\x01"',
        b"true false",
        b"\xff\xfe{\x00}\x00",
    ],
)
def test_what_is_not_strict_json_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidSyntax):
        decode(data)


def test_twenty_levels_are_read_and_twenty_one_refused() -> None:
    assert [[]] == decode(b"[" * 2 + b"]" * 2)
    assert decode(b"[" * 20 + b"1" + b"]" * 20)
    with pytest.raises(InvalidSyntax):
        decode(b"[" * 21 + b"1" + b"]" * 21)


@pytest.mark.parametrize("depth", [22, 1000, 60_000, 400_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_deep_nesting_is_refused_at_once(depth: int, opening: bytes, closing: bytes) -> None:
    started = time.process_time()  # whatever else the machine is busy with
    with pytest.raises(InvalidSyntax):
        decode(opening * depth + b"1" + closing * depth)

    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("number", [0, 7, 2**63 - 1, -(2**63), 10**18])
def test_integers_of_sixty_four_bits_are_exact(number: int) -> None:
    assert [number] == decode(f"[{number}]".encode())


@pytest.mark.parametrize(
    "text",
    [
        str(2**63),
        str(-(2**63) - 1),
        "-" + "9" * 19,
        "1" + "0" * 19,
        "-1" + "0" * 19,
        "18446744073709551615",
        "9" * 5_000,
        "9" * 1_000_000,
    ],
)
def test_larger_integers_are_refused_not_rounded(text: str) -> None:
    with pytest.raises(InvalidSyntax):
        decode(f'{{"a": {text}}}'.encode())


def test_long_runs_of_digits_inside_strings_are_text() -> None:
    text = "9" * 40

    assert {"a": text, "b": 0.5} == decode(json.dumps({"a": text, "b": 0.5}).encode())


@pytest.mark.parametrize("text", ['{"userName": "a\\u0000b"}', '{"a": [["\\u0000"]]}', '{"\\u0000": 1}'])
def test_the_null_character_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        decode(text.encode())


def test_an_escaped_backslash_before_u0000_is_plain_text() -> None:
    assert ["\\u0000"] == decode(b'["\\\\u0000"]')


def test_long_runs_of_combining_marks_are_refused_because_normalising_them_is_quadratic() -> None:
    with pytest.raises(InvalidValue):
        decode(encode({"title": "a" + "\u0300\u0316" * 200}))

    assert decode(encode("é" * 1000 + "e\u0301" * 1000)) == "é" * 1000 + "e\u0301" * 1000
