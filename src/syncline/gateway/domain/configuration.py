"""All that an operator chooses for a tenant, as one value: what is exported, compared and applied whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.proposal import fingerprint, rule_content
from syncline.gateway.domain.rules import Rule, in_order
from syncline.gateway.domain.tenant import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The choices of one tenant. Permission sets and teams are held by id; no secret is part of it."""

    policy: Policy = field(default_factory=Policy)
    rules: tuple[Rule, ...] = ()
    """In the order they are tried."""
    privileged: frozenset[str] = frozenset()
    """The ids of the permission sets that are marked."""
    protected: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Address and reason, by the key of the address (`person.email_key`)."""
    notices: frozenset[tuple[str, str]] = frozenset()
    """Channel and address of everybody who is told."""

    def content(self) -> tuple[object, ...]:
        """Return what is chosen, without the ids that rules happen to have; equal for the same choices."""
        return (
            self.policy,
            [rule_content(rule) for rule in in_order(self.rules)],
            sorted(self.privileged),
            sorted(self.protected.items()),
            sorted(self.notices),
        )


def configuration_fingerprint(epoch: int, configuration: Configuration) -> str:
    """Return the fingerprint of a change that begins at this epoch and leaves this configuration."""
    return fingerprint(epoch, configuration.content())


def with_known_rules(rules: tuple[Rule, ...], known: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Return the rules, numbered from 1, each with the id of one that says the same already, where there is one."""
    free = {rule.id: rule_content(rule) for rule in in_order(known)}
    kept: list[Rule] = []
    for position, rule in enumerate(rules, start=1):
        same = next((each for each, content in free.items() if content == rule_content(rule)), None)
        if same is not None:
            del free[same]
        kept.append(replace(rule, id=same or rule.id, position=position))
    return tuple(kept)


def protection(email: str, reason: str) -> tuple[str, tuple[str, str]]:
    """Return one entry of `Configuration.protected`."""
    return email_key(email), (email, reason)
