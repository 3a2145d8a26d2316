from __future__ import annotations

from syncline.gateway.domain.errors import Conflict, DomainError, Invalid, NotFound, Refused, Unavailable


def test_every_error_has_a_kind_of_its_own_and_its_sentence() -> None:
    kinds = {error: error.kind for error in (NotFound, Conflict, Invalid, Refused, Unavailable)}

    assert list(kinds.values()) == ["not_found", "conflict", "invalid", "refused", "unavailable"]
    assert NotFound("No such tenant: see `tenant list`.").message == "No such tenant: see `tenant list`."
    assert all(issubclass(error, DomainError) for error in kinds)
