"""What an operation is never called with, whichever way it is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.gateway.domain.errors import Invalid
from syncline.gateway.services.calling import LARGEST, check_arguments


async def operation(actor: str, value: Any = None) -> dict[str, Any]:
    return {actor: value}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (LARGEST + 1, "value is at most 9007199254740991."),
        (-LARGEST - 1, "value is at most 9007199254740991."),
        ("a\0b", "value holds a character that cannot be kept."),
        ("caf\udce9", "value holds a character that cannot be kept."),
        (["fine", "a\0b"], "value holds a character that cannot be kept."),
        ({"rules": [{"role": "a\0b"}]}, "value holds a character that cannot be kept."),
    ],
)
def test_what_no_database_keeps_is_refused(value: Any, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_arguments(operation, "some.operation", "anna", {"value": value})

    assert why == refused.value.message


@pytest.mark.parametrize("value", [LARGEST, -LARGEST, True, None, "अनन्या 鈴木 🐙", ["a"], {"a": 1.5}])
def test_everything_else_is_taken(value: Any) -> None:
    check_arguments(operation, "some.operation", "anna", {"value": value})
