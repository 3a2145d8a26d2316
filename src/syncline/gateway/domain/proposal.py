"""What a set-up would be: its fingerprint, by which saving finds what was previewed, or refuses.

A fingerprint names the placement epoch a preview began from and everything its change would leave behind. Between
the two anything else placement depends on moves the epoch, so what is saved under a fingerprint is what was seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from syncline.gateway.domain.errors import Conflict
from syncline.gateway.domain.rules import Rule, in_order
from syncline.gateway.domain.tenant import Policy


def choices_fingerprint(epoch: int, rules: Sequence[Rule], policy: Policy) -> str:
    """Return the fingerprint of a change that begins at this epoch and leaves these rules and this policy."""
    conditions = [rule_content(rule) for rule in in_order(tuple(rules))]
    return fingerprint(epoch, conditions, policy)


def connection_fingerprint(
    epoch: int, portal_id: int | None, base_url: str, scim_base_url: str | None
) -> str:
    """Return the fingerprint of a change that begins at this epoch and leaves this connection; no secret is in it."""
    return fingerprint(epoch, portal_id, base_url, scim_base_url)


def fingerprint(epoch: int, *content: object) -> str:
    """Return a short text that names an epoch and a content: `<epoch>-<16 hex digits>`."""
    return f"{epoch}-{blake2b(repr(content).encode(), digest_size=8).hexdigest()}"


def refuse_unexpected(expected: str | None, found: str) -> None:
    """Raise `Conflict` when something else would be saved than was previewed. None expects nothing."""
    if expected is None or expected == found:
        return
    if expected.partition("-")[0] == found.partition("-")[0]:
        raise Conflict("This is not the change that was previewed; nothing was saved. Preview this one.")
    raise Conflict(
        "The set-up or HubSpot's lists have changed since the preview; nothing was saved. Preview it again."
    )


def rule_content(rule: Rule) -> tuple[object, ...]:
    """Return what a rule says, without the id it happens to get."""
    return (
        rule.kind.value,
        rule.match,
        rule.equals,
        rule.permission_set_id,
        rule.primary_team_id,
        rule.secondary_team_ids,
        rule.seat,
    )
