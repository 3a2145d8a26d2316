"""Batches: how many inputs they take, and the answer all of HubSpot's batches share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from syncline.portal.domain.errors import Detail, ValidationError
from syncline.portal.web.answer import Answer
from syncline.portal.web.call import Call
from syncline.scimserver.rendering import timestamp


def check_batch(inputs: Sequence[object], most: int) -> None:
    """Raise `ValidationError` unless a batch holds something and not too much."""
    if not 1 <= len(inputs) <= most:
        message = f"inputs must hold 1 to {most} elements, not {len(inputs)}."
        raise ValidationError(message, Detail(message, code="INVALID_BATCH", where="inputs"))


def batch_answer(call: Call, results: list[Any], errors: Sequence[dict[str, Any]] = ()) -> Answer:
    """Answer a batch that is done: 200, or 207 with the errors of those that could not be."""
    moment = timestamp(call.now)
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "requestedAt": moment,
        "startedAt": moment,
        "completedAt": moment,
    }
    if not errors:
        return Answer(200, body)
    return Answer(207, {**body, "numErrors": len(errors), "errors": list(errors)})
