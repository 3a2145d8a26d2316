from __future__ import annotations

import inspect

import pytest

from syncline.scim import errors
from syncline.scim.errors import ScimError

EXPECTED = {
    "InvalidFilter": ("400", "invalidFilter"),
    "TooMany": ("400", "tooMany"),
    "Uniqueness": ("409", "uniqueness"),
    "Mutability": ("400", "mutability"),
    "InvalidSyntax": ("400", "invalidSyntax"),
    "InvalidPath": ("400", "invalidPath"),
    "NoTarget": ("400", "noTarget"),
    "InvalidValue": ("400", "invalidValue"),
    "InvalidVers": ("400", "invalidVers"),
    "Sensitive": ("403", "sensitive"),
    "Unauthorized": ("401", None),
    "Forbidden": ("403", None),
    "NotFound": ("404", None),
    "MethodNotAllowed": ("405", None),
    "Conflict": ("409", None),
    "PreconditionFailed": ("412", None),
    "PayloadTooLarge": ("413", None),
    "UnsupportedMediaType": ("415", None),
    "TooManyRequests": ("429", None),
    "InternalError": ("500", None),
    "NotImplementedByServer": ("501", None),
    "Unavailable": ("503", None),
}


def test_every_error_class_is_in_the_table_of_this_test() -> None:
    classes = {
        name for name, item in inspect.getmembers(errors, inspect.isclass) if issubclass(item, ScimError)
    }

    assert set(EXPECTED) | {"ScimError"} == classes


@pytest.mark.parametrize("name", EXPECTED)
def test_the_body_has_the_form_of_rfc_7644_section_3_12(name: str) -> None:
    status, scim_type = EXPECTED[name]

    body = getattr(errors, name)("A sentence.").to_dict()

    expected = {"schemas": [errors.ERROR_SCHEMA], "status": status, "detail": "A sentence."}
    assert expected | ({"scimType": scim_type} if scim_type else {}) == body


def test_the_seconds_to_wait_are_kept_apart_from_the_body() -> None:
    error = errors.Unavailable("Busy.", retry_after=7)

    assert (7, False) == (error.retry_after, "retry_after" in error.to_dict())
