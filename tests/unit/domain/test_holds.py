from __future__ import annotations

import pytest

from syncline.gateway.domain.gate import GATE
from syncline.gateway.domain.holds import HOLDS, Hold, HoldReason


def test_every_reason_says_what_is_the_matter_and_what_releases_it() -> None:
    assert set(HoldReason) == set(HOLDS)
    for text in HOLDS.values():
        assert text.sentence.endswith(".")
        assert text.release.text.endswith(".")


def test_the_gate_has_one_row_for_every_reason_it_decides_in_the_documented_order() -> None:
    assert [reason for reason in HoldReason if HOLDS[reason].decided_by_gate] == [row.reason for row in GATE]


def test_only_going_live_and_approving_lift_a_reason() -> None:
    lifted = {row.reason for row in GATE if row.lifted_by_approval}

    assert {HoldReason.COLLECTING, HoldReason.ADOPTION_NOT_APPROVED, HoldReason.PLAN_MODE} == lifted


@pytest.mark.parametrize(
    ("hold", "expected"),
    [
        (Hold(HoldReason.PROTECTED), "An operator has protected this person."),
        (Hold(HoldReason.PROTECTED, "Ada."), "An operator has protected this person. Ada."),
    ],
)
def test_a_hold_reads_as_its_sentence_and_its_case(hold: Hold, expected: str) -> None:
    assert expected == hold.sentence


def test_a_hold_tells_what_would_release_it() -> None:
    assert (
        "Let the person back in (`users release TENANT USER`), or have somebody reactivate him at HubSpot."
        == Hold(HoldReason.DEACTIVATED_AT_HUBSPOT).release
    )
