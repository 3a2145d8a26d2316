from __future__ import annotations

from syncline.gateway.domain.change import ChangeKind, Difference
from syncline.gateway.domain.decision import decide
from syncline.gateway.domain.delivery import Access
from syncline.gateway.domain.gate import Hold, HoldReason, Send
from syncline.gateway.domain.holds import HOLDS

from .builders import make_known, make_person, make_setup, ours

NEW = "ada.lovelace@example.com"
PERSON = make_person(email=NEW)
RENAMED = ours(key=NEW, email=NEW, renamed_from="ada@example.com")


def test_a_changed_address_goes_through_the_scim_channel() -> None:
    decision = decide(PERSON, RENAMED, make_known(), make_setup())

    assert Send() == decision.verdict
    assert (
        decision.change.kind,
        decision.change.email,
        decision.change.renamed_from,
        decision.change.hubspot_id,
    ) == (ChangeKind.RENAME, NEW, "ada@example.com", "100")
    assert (Difference("email", "ada@example.com", NEW),) == decision.change.differences


def test_a_rename_brings_the_other_differences_along() -> None:
    decision = decide(PERSON, RENAMED, make_known(last_name="B"), make_setup())

    assert (decision.change.kind, decision.change.last_name) == (ChangeKind.RENAME, "Byron")


def test_without_the_scim_channel_a_rename_is_held_with_a_written_procedure() -> None:
    decision = decide(PERSON, RENAMED, make_known(), make_setup(scim_channel=False))

    assert (
        Hold(HoldReason.EMAIL_CHANGE_NEEDS_SCIM_CHANNEL, f"ada@example.com should become {NEW}.")
        == decision.verdict
    )
    assert "in HubSpot open Settings" in HOLDS[HoldReason.EMAIL_CHANGE_NEEDS_SCIM_CHANNEL].release.text


def test_a_rename_to_an_address_another_hubspot_user_has_is_held() -> None:
    occupant = make_known(hubspot_id="200", email=NEW)

    decision = decide(PERSON, RENAMED, make_known(), make_setup(), occupant=occupant)

    expected = f"ada@example.com cannot become {NEW}: HubSpot user 200 has it."
    assert Hold(HoldReason.EMAIL_TAKEN, expected) == decision.verdict


def test_that_an_address_is_taken_is_told_before_the_missing_channel() -> None:
    decision = decide(
        PERSON, RENAMED, make_known(), make_setup(scim_channel=False), occupant=make_known(hubspot_id="200")
    )

    assert isinstance(decision.verdict, Hold)
    assert decision.verdict.reason == HoldReason.EMAIL_TAKEN


def test_a_rename_that_is_at_hubspot_already_costs_nothing() -> None:
    decision = decide(PERSON, RENAMED, make_known(email=NEW), make_setup(scim_channel=False))

    assert (ChangeKind.NONE, Send()) == (decision.change.kind, decision.verdict)


def test_when_the_old_user_is_gone_the_one_with_the_new_address_is_the_person() -> None:
    occupant = make_known(hubspot_id="200", email=NEW)

    decision = decide(PERSON, RENAMED, None, make_setup(plan_approved=False), occupant=occupant)

    assert (decision.change.kind, decision.change.hubspot_id) == (ChangeKind.ADOPT, "200")
    assert isinstance(decision.verdict, Hold)
    assert decision.verdict.reason == HoldReason.ADOPTION_NOT_APPROVED


def test_when_neither_user_exists_the_person_is_created_under_the_new_address() -> None:
    decision = decide(PERSON, RENAMED, None, make_setup())

    assert (ChangeKind.CREATE, NEW, Send()) == (
        decision.change.kind,
        decision.change.email,
        decision.verdict,
    )


def test_a_rejoiner_under_a_new_address_is_reactivated_and_renamed_in_one() -> None:
    delivery = ours(Access.DEACTIVATED, key=NEW, email=NEW, renamed_from="ada@example.com")

    decision = decide(PERSON, delivery, make_known(active=False), make_setup())

    assert (
        decision.change.kind,
        decision.change.email,
        decision.change.renamed_from,
    ) == (ChangeKind.REACTIVATE, NEW, "ada@example.com")


def test_a_leaver_in_the_middle_of_a_rename_leaves_under_the_address_hubspot_knows() -> None:
    person = make_person(email=NEW, active=False)

    known = decide(person, RENAMED, make_known(), make_setup())
    unseen = decide(person, RENAMED, None, make_setup())

    assert [known.change.email, unseen.change.email] == ["ada@example.com"] * 2


def test_a_leaver_never_takes_along_the_one_who_has_the_address_he_wanted() -> None:
    person = make_person(email=NEW, active=False)

    decision = decide(person, RENAMED, None, make_setup(), occupant=make_known(hubspot_id="200", email=NEW))

    assert decision.change.hubspot_id == "100"
