"""What Google puts on the wire, held against the conversation in tests/idp, and when leavers go."""

import pytest

from syncline.rehearsal import Action, Deprovisioning
from syncline.rehearsal.google_documents import google_id, outgoing, patch_body, user_body
from syncline.rehearsal.google_users import DAY
from syncline.rehearsal.job import Link
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.operations import Operation
from tests.unit.rehearsal.recorded import body_of, person

GINA = person("{{login}}", given_name="Gina", surname="Works", display_name="Gina Works", department="Ops")


def test_a_new_user_is_posted_in_the_form_of_the_conversation() -> None:
    assert body_of("google-workspace/lifecycle", "03") == user_body(
        {**outgoing(GINA), "externalId": "1047{{run}}"}
    )


def test_an_update_is_one_operation_for_each_attribute() -> None:
    changes = [
        Operation("Replace", "name.familyName", "Werk"),
        Operation("Replace", "displayName", "Gina Werk"),
    ]

    assert body_of("google-workspace/lifecycle", "05") == patch_body(changes)


def test_an_update_by_put_is_the_whole_user() -> None:
    values = {**outgoing(GINA), "externalId": "1047{{run}}", "name.familyName": "Werk"}
    for path in ("displayName", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"):
        del values[path]

    assert body_of("google-workspace/lifecycle", "06") == user_body(values, "{{user}}")


def test_a_suspension_is_one_operation() -> None:
    assert body_of("google-workspace/lifecycle", "07") == patch_body([Operation("Replace", "active", False)])


def test_an_id_is_a_number_of_21_digits() -> None:
    found = google_id(GINA.object_id)

    assert (21, True, "1") == (len(found), found.isdigit(), found[0])


@pytest.mark.parametrize(
    ("rules", "days", "deletes", "managed", "expected"),
    [
        (Deprovisioning(), 0, True, True, Action.DISABLE),
        (Deprovisioning(), 365, True, False, None),
        (Deprovisioning(suspend_after=7 * DAY), 6, True, True, None),
        (Deprovisioning(suspend_after=7 * DAY), 7, True, True, Action.DISABLE),
        (Deprovisioning(delete_after=7 * DAY), 6, True, False, None),
        (Deprovisioning(delete_after=7 * DAY), 7, True, False, Action.DELETE),
        (Deprovisioning(delete_after=7 * DAY), 7, False, True, Action.DISABLE),
        (Deprovisioning(delete_after=0), 0, True, True, Action.DELETE),
    ],
)
def test_a_leaver_goes_when_the_chosen_delay_has_passed(
    rules: Deprovisioning, days: int, deletes: bool, managed: bool, expected: Action | None
) -> None:
    link = Link(ObjectKind.USER, "u1", managed=managed)

    assert expected is rules.due(days * DAY, link, deletes=deletes)


def test_a_delay_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="below zero"):
        Deprovisioning(delete_after=-1)
