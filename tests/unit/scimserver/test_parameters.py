from __future__ import annotations

import pytest

from syncline.scim.errors import InvalidFilter, InvalidValue
from syncline.scimserver.parameters import parse_parameters


@pytest.mark.parametrize(
    ("query_string", "expected"),
    [
        (b"", {}),
        (b"&", {}),
        (b"?", {}),
        (b"&&count=1&", {"count": "1"}),
        (b"startindex=0", {"startindex": "0"}),
        (b"STARTINDEX=2&Count=3", {"startindex": "2", "count": "3"}),
        (b"access_token=x&id=7&unknown=%FF", {}),
        (b"filter=userName+eq+%22x%22&", {"filter": 'userName eq "x"'}),
        (b"filter=userName%20eq%20%22x%22?", {"filter": 'userName eq "x"'}),
        (b'filter=userName+eq+"x@y"', {"filter": 'userName eq "x@y"'}),
        (b"filter=userName%20eq%20%22a+b@x%22", {"filter": 'userName eq "a+b@x"'}),
        (b"filter=userName+eq+%22a%2Bb@x%22", {"filter": 'userName eq "a+b@x"'}),
        (b"filter=userName+eq+%22John%20Smith%22", {"filter": 'userName eq "John Smith"'}),
        (b"filter=title%20eq%20%2250%%22", {"filter": 'title eq "50%"'}),
        (b"filter=userName%20eq%20%22%C3%A9%22", {"filter": 'userName eq "\u00e9"'}),
        (b"attributes=userName,+emails", {"attributes": "userName, emails"}),
        (b"filter=a=b", {"filter": "a=b"}),
        (b"count", {"count": ""}),
    ],
)
def test_parameters_are_read_as_clients_write_them(query_string: bytes, expected: dict[str, str]) -> None:
    assert parse_parameters(query_string, limit=1_000) == expected


@pytest.mark.parametrize(
    ("query_string", "error"),
    [
        (b"count=1&count=2", InvalidValue),
        (b"count=1&COUNT=1", InvalidValue),
        (b"attributes=%FF", InvalidValue),
        (b"filter=%FF", InvalidFilter),
        (b"filter=" + b"x" * 1_000, InvalidValue),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(
    query_string: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        parse_parameters(query_string, limit=1_000)
