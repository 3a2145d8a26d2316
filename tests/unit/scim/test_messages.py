from __future__ import annotations

from typing import Any

import pytest

from syncline.scim.errors import InvalidSyntax, InvalidValue, NotFound
from syncline.scim.messages import (
    ERROR_SCHEMA,
    LIST_RESPONSE_SCHEMA,
    SEARCH_REQUEST_SCHEMA,
    SearchRequest,
    error_response,
    list_response,
)


def test_an_empty_list_still_has_its_resources_and_integers() -> None:
    assert {
        "schemas": [LIST_RESPONSE_SCHEMA],
        "totalResults": 0,
        "startIndex": 1,
        "itemsPerPage": 0,
        "Resources": [],
    } == list_response([], 0)


def test_a_page_tells_how_many_it_holds() -> None:
    page = list_response([{"id": "3"}], 9, 3)

    assert (9, 3, 1) == (page["totalResults"], page["startIndex"], page["itemsPerPage"])
    assert 2 == list_response([], 9, 3, 2)["itemsPerPage"]


def test_an_error_is_answered_in_its_own_form() -> None:
    assert {"schemas": [ERROR_SCHEMA], "status": "404", "detail": "No."} == error_response(NotFound("No."))


def test_a_search_body_is_read() -> None:
    body = {
        "schemas": [SEARCH_REQUEST_SCHEMA],
        "filter": "title pr",
        "attributes": ["userName"],
        "startIndex": 3,
        "count": 10,
        "sortBy": "userName",
        "sortOrder": "descending",
    }

    assert SearchRequest(
        "title pr", ["userName"], None, 3, 10, "userName", "descending"
    ) == SearchRequest.parse(body)


def test_query_parameters_are_read_in_any_case_and_others_ignored() -> None:
    parameters = {
        "FILTER": "title pr",
        "startindex": "0",
        "Count": "-1",
        "excludedAttributes": "a,b",
        "x": "y",
        "sortBy": "",
    }

    assert SearchRequest("title pr", None, "a,b", 1, 0) == SearchRequest.from_query(parameters)


def test_a_filter_alone_is_read_as_one_among_others() -> None:
    assert SearchRequest("title pr") == SearchRequest.from_query({"filter": "title pr"})
    assert SearchRequest("title pr") == SearchRequest.from_query({"filter": "title pr", "count": ""})
    assert SearchRequest() == SearchRequest.from_query({"filter": ""})


@pytest.mark.parametrize(
    ("sent", "read"), [("7", 7), (7, 7), ("-3", 0), ("99999999999", 2**31 - 1), (None, None)]
)
def test_counts_are_integers_never_negative(sent: Any, read: int | None) -> None:
    assert read == SearchRequest.parse({"count": sent}).count


@pytest.mark.parametrize(
    "body",
    [
        {"count": "many"},
        {"count": 1.5},
        {"count": True},
        {"count": "9" * 5000},
        {"startIndex": []},
        {"filter": 7},
        {"attributes": 7},
        {"attributes": [7]},
        {"count": 1, "COUNT": 2},
    ],
)
def test_parameters_of_another_type_are_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        SearchRequest.parse(body)


@pytest.mark.parametrize("body", [None, [], "x", {"schemas": ["urn:x"]}, {"schemas": "x"}])
def test_a_body_that_is_no_search_is_refused(body: Any) -> None:
    with pytest.raises(InvalidSyntax):
        SearchRequest.parse(body)
