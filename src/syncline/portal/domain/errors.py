"""Refusals in HubSpot's words: one class per category, each able to write HubSpot's error envelope.

Source: HubSpot's error-handling page and published OpenAPI; every field but the message is optional for
readers. What the operator at the command line gets wrong is a `SetupError`, in plain words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar


class SetupError(Exception):
    """A command of the operator that cannot be carried out; the message says what would help."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One element of an envelope's `errors`."""

    message: str
    code: str | None = None
    where: str | None = None
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return it as HubSpot spells it, without the members that are empty."""
        body: dict[str, Any] = {"message": self.message}
        if self.code is not None:
            body["code"] = self.code
        if self.where is not None:
            body["in"] = self.where
        if self.context:
            body["context"] = {name: list(values) for name, values in self.context.items()}
        return body


class HubSpotError(Exception):
    """A refusal with HubSpot's envelope: an HTTP status, a category, a message, perhaps details."""

    status: ClassVar[int] = 500
    category: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(
        self, message: str, *details: Detail, sub_category: str | None = None, headers: Mapping[str, str] = {}
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.sub_category = sub_category
        self.headers = headers

    def envelope(self, correlation_id: str) -> dict[str, Any]:
        """Return the body of the answer."""
        body: dict[str, Any] = {"status": "error", "message": self.message, "correlationId": correlation_id}
        if self.details:
            body["errors"] = [detail.to_dict() for detail in self.details]
        body["category"] = self.category
        if self.sub_category is not None:
            body["subCategory"] = self.sub_category
        return body


class ValidationError(HubSpotError):
    """The request cannot be carried out as it stands (400)."""

    status = 400
    category = "VALIDATION_ERROR"


class InvalidAuthentication(HubSpotError):
    """No token, an unknown one, or one of another kind (401)."""

    status = 401
    category = "INVALID_AUTHENTICATION"


class ExpiredAuthentication(InvalidAuthentication):
    """An OAuth access token whose half hour is over (401)."""

    category = "EXPIRED_AUTHENTICATION"


class Forbidden(HubSpotError):
    """The account has not got what the call is about (403)."""

    status = 403
    category = "FORBIDDEN"


class MissingScopes(Forbidden):
    """The token lacks every scope that would open the call (403)."""

    category = "MISSING_SCOPES"

    def __init__(self, any_of: Sequence[str]) -> None:
        super().__init__(
            "This app hasn't been granted all required scopes to make this call. "
            "Read more about required scopes here: https://developers.hubspot.com/scopes.",
            Detail(
                "One or more of the following scopes are required.",
                context={"requiredGranularScopes": list(any_of)},
            ),
        )


class ObjectNotFound(HubSpotError):
    """Nothing there (404)."""

    status = 404
    category = "OBJECT_NOT_FOUND"


class MethodNotAllowed(HubSpotError):
    """The address exists, but not for this method (405)."""

    status = 405
    category = "METHOD_NOT_ALLOWED"


class ObjectAlreadyExists(HubSpotError):
    """It is there already (409)."""

    status = 409
    category = "OBJECT_ALREADY_EXISTS"


class PayloadTooLarge(HubSpotError):
    """The body is over the limit (413)."""

    status = 413
    category = "PAYLOAD_TOO_LARGE"


class UnsupportedMediaType(HubSpotError):
    """The body is not JSON by its own label (415)."""

    status = 415
    category = "UNSUPPORTED_MEDIA_TYPE"


class Unavailable(HubSpotError):
    """Trouble of our own that may pass (503)."""

    status = 503
    category = "SERVICE_UNAVAILABLE"


class RateLimited(HubSpotError):
    """A rate limit was met (429); the body differs from the envelope and names the policy.

    `policy` is `TEN_SECONDLY_ROLLING`, `SECONDLY` or `DAILY`. HubSpot documents no Retry-After here.
    """

    status = 429
    category = "RATE_LIMITS"

    def __init__(self, policy: str, *, headers: Mapping[str, str] = {}) -> None:
        super().__init__(f"You have reached your {_LIMIT_NAMES[policy]} limit.", headers=headers)
        self.policy = policy

    def envelope(self, correlation_id: str) -> dict[str, Any]:
        return {
            "status": "error",
            "message": self.message,
            "errorType": "RATE_LIMIT",
            "correlationId": correlation_id,
            "policyName": self.policy,
            "requestId": correlation_id,
        }


_LIMIT_NAMES = {
    "DAILY": "daily",
    "SECONDLY": "secondly",
    "TEN_SECONDLY_ROLLING": "ten_secondly_rolling",
}


def names_need_a_hub() -> ValidationError:
    """Refuse a name for somebody who never accepted an invitation, as HubSpot was seen to do."""
    return ValidationError(
        "The user's name can't be updated until the user has accepted an invitation.",
        Detail(
            "The user is not on any hubs.",
            code="USER_NOT_ON_ANY_HUBS",
            context={"reason": ["USER_NOT_ON_ANY_HUBS"]},
        ),
        sub_category="UserProvisioningError.USER_NOT_ON_ANY_HUBS",
    )
