"""All that an operator chooses for a tenant, as one value: what is exported, compared and applied whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from syncline.clock import Milliseconds
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.proposal import fingerprint, rule_content
from syncline.gateway.domain.rules import Rule, in_order
from syncline.gateway.domain.tenant import Policy


@dataclass(frozen=True, slots=True)
class Protection:
    """Somebody of whom nothing is changed: never, or until a moment. One that has passed protects nobody."""

    email: str
    reason: str = ""
    until: Milliseconds | None = None

    @property
    def key(self) -> str:
        """The key of the address."""
        return email_key(self.email)

    def covers(self, other: Protection) -> bool:
        """Tell whether this one protects at least as long as the other."""
        return self.until is None or (other.until is not None and other.until <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The choices of one tenant. Permission sets and teams are held by id; no secret is part of it."""

    policy: Policy = field(default_factory=Policy)
    rules: tuple[Rule, ...] = ()
    """In the order they are tried."""
    privileged: frozenset[str] = frozenset()
    """The ids of the permission sets that are marked."""
    protected: Mapping[str, Protection] = field(default_factory=dict)
    """By the key of the address (`person.email_key`)."""
    notices: frozenset[tuple[str, str]] = frozenset()
    """Channel and address of everybody who is told."""

    def content(self) -> tuple[object, ...]:
        """Return what is chosen, without the ids that rules happen to have; equal for the same choices."""
        return (
            self.policy,
            [rule_content(rule) for rule in in_order(self.rules)],
            sorted(self.privileged),
            [self.protected[key] for key in sorted(self.protected)],
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


def protections(people: Iterable[Protection]) -> dict[str, Protection]:
    """Return them as `Configuration.protected` holds them; of two with one address the last counts."""
    return {each.key: each for each in people}
