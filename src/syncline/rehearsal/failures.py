"""What an answer of the application means to Entra: the error codes of its provisioning log, and the way out.

The codes are those of Microsoft's page "How to analyze provisioning logs"; which answer leads to which is
inferred from the causes given there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from syncline.rehearsal import paths


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the application, or the transport's failure to get one (`status` None)."""

    status: int | None
    body: Any = None
    text: str = ""
    trouble: str = ""
    retry_after: str = ""

    @property
    def detail(self) -> str:
        """The sentence an administrator should read: the SCIM error's detail, else the start of the body."""
        detail = paths.member(self.body, "detail")
        scim_type = paths.member(self.body, "scimType")
        if isinstance(detail, str) and detail:
            return f"{detail} ({scim_type})" if isinstance(scim_type, str) else detail
        return self.trouble or self.text[:300] or "The application gave no reason."


class ProvisioningFailure(Exception):
    """An object could not be provisioned: code and reason as the provisioning log shows them, and what to do."""

    def __init__(self, code: str, reason: str, advice: str, status: int | None = None) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.advice = advice
        self.status = status


class CredentialsRefused(ProvisioningFailure):
    """The application refuses the token: the whole job stops, since every other object would meet the same."""


class Incompatible(ProvisioningFailure):
    """The application's answer is no SCIM. Entra stops the whole job, the others fail the one object."""


_RETRIED = "The object is tried again in the next cycle."
_BY_STATUS: dict[int, tuple[str, str]] = {
    400: (
        "UnprocessableEntity",
        "The application refused the values. Compare them with the attribute mapping.",
    ),
    403: (
        "InsufficientRights",
        "The token is valid but may not do this. Ask the application for one that may.",
    ),
    404: ("InvalidAnchor", f"The object is no longer at the application; it is matched anew. {_RETRIED}"),
    405: ("MethodNotAllowed", "The application lacks this operation. Check the tenant URL."),
    409: (
        "Conflict",
        "Another object at the application holds the same unique value. Change one of the two.",
    ),
    413: ("UnprocessableEntity", "The application finds the request too large."),
    422: (
        "UnprocessableEntity",
        "The application refused the values. Compare them with the attribute mapping.",
    ),
    429: ("TooManyRequests", f"The application is overloaded. {_RETRIED}"),
    501: ("NotImplemented", "The application lacks this operation. Check what it says it supports."),
}


def failure_of(reply: Reply, request: str) -> ProvisioningFailure:
    """Return the failure an unwelcome answer to that request ("POST /Users") stands for."""
    if reply.status is None:
        code = "Timeout" if reply.trouble == "timeout" else "WebExceptionProtocolError"
        reason = f"{request}: no answer in time" if code == "Timeout" else f"{request}: {reply.trouble}"
        return ProvisioningFailure(code, reason, f"Is the application running and reachable? {_RETRIED}")
    reason = f"{request} was answered {reply.status}: {reply.detail}"
    if reply.status == 401:
        advice = "The secret token is wrong, expired or revoked. Put a new token in and start again."
        return CredentialsRefused("Unauthorized", reason, advice, 401)
    unknown = ("InternalServerError", f"The application failed. {_RETRIED}")
    if reply.status < 500:
        unknown = ("UnprocessableEntity", "The application gave an answer that does not belong here.")
    code, advice = _BY_STATUS.get(reply.status, unknown)
    return ProvisioningFailure(code, reason, advice, reply.status)


def incompatible(request: str, problem: str) -> Incompatible:
    """Return the failure of an answer that is no SCIM: Entra cannot read it and says no more."""
    code = "SystemForCrossDomainIdentityManagementServiceIncompatible"
    return Incompatible(code, f"{request}: {problem}", "The application must answer as RFC 7644 says.")


def no_endpoint(request: str, kind: str) -> Incompatible:
    """Return the failure of a match answered 404: Entra wants 200 and an empty list, and calls this no SCIM."""
    failure = incompatible(
        request, "the answer to a match was 404; an empty match is 200 with totalResults 0."
    )
    failure.advice = (
        f"Check the tenant URL. An application without {kind.lower()}s must have their mapping off."
    )
    return failure


def several_matches(request: str, count: int) -> ProvisioningFailure:
    """Return the failure of a match that finds more than one object."""
    advice = "Remove the duplicate from the application, or match by an attribute that is unique."
    return ProvisioningFailure("DuplicateTargetEntries", f"{request} found {count} objects.", advice)
