from __future__ import annotations

import pytest

from syncline.gateway.domain.tenant import LeaverPolicy, Policy

DEACTIVATE, REMOVE = LeaverPolicy.DEACTIVATE, LeaverPolicy.REMOVE


@pytest.mark.parametrize(
    ("policy", "for_deactivated", "for_deleted"),
    [
        (Policy(), None, None),
        (Policy(deactivated=DEACTIVATE), DEACTIVATE, DEACTIVATE),
        (Policy(deactivated=DEACTIVATE, deleted=REMOVE), DEACTIVATE, REMOVE),
        (Policy(deleted=REMOVE), None, REMOVE),
    ],
)
def test_the_policy_for_deletion_falls_back_on_the_one_for_deactivation(
    policy: Policy, for_deactivated: LeaverPolicy | None, for_deleted: LeaverPolicy | None
) -> None:
    found = (policy.leaver_policy(deleted=False), policy.leaver_policy(deleted=True))

    assert (for_deactivated, for_deleted) == found
