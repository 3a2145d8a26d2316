"""The bodies of the conversations in tests/idp, as written there, and a person to compare them with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from syncline.rehearsal import DirectoryUser
from tests.support.conversations import recorded

_CONVERSATIONS = Path(__file__).parents[2] / "idp"


def body_of(conversation: str, step: str) -> Any:
    """Return the body of a step, templates and all: `body_of("okta/wizard-put", "18")`."""
    recording = recorded(_CONVERSATIONS / f"{conversation}.json")
    (found,) = [each for each in recording["steps"] if each["id"].endswith(f"-{step}")]
    return found["request"]["body"]


def person(login: str, **properties: Any) -> DirectoryUser:
    """Return a person with a login and nothing else but what is given."""
    known = {"mail": login, "mail_nickname": login, "display_name": login}
    object_id = "7a1e7a9c-2f57-4a0e-9a44-0b8d2f6d8f11"
    return DirectoryUser(object_id=object_id, user_principal_name=login, **{**known, **properties})
