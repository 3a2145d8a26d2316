"""One exception per SCIM error, carrying its status and scimType (RFC 7644 §3.12, tables 8 and 9).

The detail sentence is shown to administrators by identity providers: it says what is wrong and names the
attribute, and never repeats a value that may be secret.
"""

from __future__ import annotations

from typing import Any, ClassVar

ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(Exception):
    """A refusal in SCIM's own form; `to_dict` is the body of the answer."""

    status: ClassVar[int] = 400
    scim_type: ClassVar[str | None] = None

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after
        """Seconds after which a repetition may succeed, or None when no promise is made."""

    def to_dict(self) -> dict[str, Any]:
        """Return the error message; `status` is a string as RFC 7644 §3.12 demands."""
        body: dict[str, Any] = {"schemas": [ERROR_SCHEMA], "status": str(self.status)}
        if self.scim_type is not None:
            body["scimType"] = self.scim_type
        body["detail"] = self.detail
        return body


class InvalidFilter(ScimError):
    """The filter is malformed, too large, or compares what cannot be compared."""

    scim_type = "invalidFilter"


class TooMany(ScimError):
    """The filter would need more work or yield more results than the server grants."""

    scim_type = "tooMany"


class Uniqueness(ScimError):
    """Another resource already holds a value that must be unique."""

    status = 409
    scim_type = "uniqueness"


class Mutability(ScimError):
    """The change touches a read-only or immutable attribute, or unassigns a required one."""

    scim_type = "mutability"


class InvalidSyntax(ScimError):
    """The body is not JSON, or not the message it should be."""

    scim_type = "invalidSyntax"


class InvalidPath(ScimError):
    """The `path` of a PATCH operation is malformed or cannot mean anything here."""

    scim_type = "invalidPath"


class NoTarget(ScimError):
    """The `path` of a PATCH operation selects nothing that could be changed."""

    scim_type = "noTarget"


class InvalidValue(ScimError):
    """A required value is missing, or a value does not fit its attribute."""

    scim_type = "invalidValue"


class InvalidVers(ScimError):
    """The SCIM protocol version is not supported."""

    scim_type = "invalidVers"


class Sensitive(ScimError):
    """Sensitive information was sent in a request URI."""

    status = 403
    scim_type = "sensitive"


class Unauthorized(ScimError):
    """The credential is missing or not accepted."""

    status = 401


class Forbidden(ScimError):
    """The credential does not permit this operation."""

    status = 403


class NotFound(ScimError):
    """There is no such resource or endpoint."""

    status = 404


class MethodNotAllowed(ScimError):
    """The endpoint does not know this method."""

    status = 405


class Conflict(ScimError):
    """The request cannot be done in the present state of the resource."""

    status = 409


class PreconditionFailed(ScimError):
    """The resource changed since the version named in If-Match."""

    status = 412


class PayloadTooLarge(ScimError):
    """The body, or the number of operations in it, is over the limit."""

    status = 413


class UnsupportedMediaType(ScimError):
    """The body has a media type or content coding that is not read."""

    status = 415


class TooManyRequests(ScimError):
    """The client is over its rate; try again after `retry_after` seconds."""

    status = 429


class InternalError(ScimError):
    """Something of ours failed; the detail says nothing of the inside."""

    status = 500


class NotImplementedByServer(ScimError):
    """The operation is part of SCIM but not offered."""

    status = 501


class Unavailable(ScimError):
    """The server cannot answer now; try again after `retry_after` seconds."""

    status = 503
