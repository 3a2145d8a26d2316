"""The simulated company: the same every time, and changed only in ways a directory allows."""

import unicodedata
from typing import Any

import pytest

from syncline.clock import ManualClock
from syncline.rehearsal import Directory, DirectoryError, Leaving
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.state import _directory, _directory_document


@pytest.fixture
def company() -> Directory:
    return Directory.seeded(size=50, seed=7, domain="acme.example", clock=ManualClock())


def document(directory: Directory) -> dict[str, Any]:
    return _directory_document(directory)


def test_the_same_seed_gives_the_same_company() -> None:
    first, second = (Directory.seeded(size=80, seed=3, domain="acme.example") for _ in range(2))

    assert document(first) == document(second)


def test_the_same_changes_give_the_same_company() -> None:
    companies = [Directory.seeded(size=20, seed=3, domain="acme.example") for _ in range(2)]
    for company in companies:
        company.rename(company.people()[4])
        company.join(department="Sales")
    first, second = companies

    assert document(first) == document(second)


def test_another_seed_gives_another_company() -> None:
    first, second = (Directory.seeded(size=20, seed=seed, domain="acme.example") for seed in (1, 2))

    assert document(first)["users"] != document(second)["users"]


@pytest.mark.parametrize("size", [1, 2, 6, 7, 50, 1000])
def test_a_company_of_any_size_has_that_many_people_in_scope(size: int) -> None:
    company = Directory.seeded(size=size, outside=3)

    assert size == len(company.in_scope())
    assert size + 3 == len(company.people())


def test_a_company_without_people_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one person"):
        Directory.seeded(size=0)


def test_principal_names_are_unique_plain_addresses() -> None:
    company = Directory.seeded(size=2000)
    names = [user.user_principal_name for user in company.people()]

    assert len(names) == len({name.casefold() for name in names})
    assert all(name.isascii() and name.endswith("@acme.example") for name in names)


def test_names_come_in_several_scripts(company: Directory) -> None:
    letters = {c for user in company.people() for c in user.display_name if c.isalpha()}
    scripts = {unicodedata.name(c).split()[0] for c in letters}

    assert (
        len(scripts & {"LATIN", "GREEK", "CYRILLIC", "CJK", "HANGUL", "ARABIC", "HEBREW", "DEVANAGARI"}) >= 5
    )


def test_everybody_but_the_chief_has_a_manager_who_works_there(company: Directory) -> None:
    chief, *others = company.people()

    assert chief.manager is None
    assert all(user.manager in company.users for user in others)


def test_some_people_have_no_role_and_some_have_each(company: Directory) -> None:
    roles = {tuple(role.value for role in company.app_roles(user.object_id)) for user in company.people()}

    assert {(), ("User",), ("Manager",), ("Admin",)} == roles


def test_an_assigned_group_stands_for_its_direct_members(company: Directory) -> None:
    newcomer = company.join(role=None)
    group = company.create_group("Guests")
    company.assign_group(group, "User")
    before = company.is_assigned(newcomer.object_id)
    company.add_member(group, newcomer)

    assert (before, company.is_assigned(newcomer.object_id)) == (False, True)
    assert [role.value for role in company.app_roles(newcomer.object_id)] == ["User"]


def test_a_direct_role_comes_before_the_role_of_a_group(company: Directory) -> None:
    user = company.people()[10]
    group = company.create_group("Power users")
    company.assign_group(group, "Admin")
    company.add_member(group, user)
    company.assign_role(user, "Manager")

    assert [role.value for role in company.app_roles(user.object_id)] == ["Manager", "Admin"]


def test_an_unknown_role_is_refused_with_the_known_ones(company: Directory) -> None:
    with pytest.raises(DirectoryError, match="It has: User, Manager, Admin"):
        company.assign_role(company.people()[3], "admin")


def test_taking_the_assignment_away_ends_direct_and_group_assignments(company: Directory) -> None:
    user = company.people()[10]
    company.leave(user, Leaving.UNASSIGN)

    assert not company.is_assigned(user.object_id)
    assert company.find(user).active


def test_a_soft_delete_mangles_the_principal_name_and_a_restore_gives_it_back(company: Directory) -> None:
    user = company.people()[10]
    gone = company.leave(user)
    back = company.restore(gone)

    assert user.object_id.replace("-", "") + user.user_principal_name == gone.user_principal_name
    assert not gone.active
    assert user == back


def test_a_deleted_person_is_still_found_by_the_old_principal_name(company: Directory) -> None:
    user = company.people()[10]
    company.leave(user)

    assert user.object_id == company.find(user.user_principal_name).object_id


def test_a_restore_is_refused_when_the_principal_name_was_given_away(company: Directory) -> None:
    user = company.people()[10]
    company.leave(user)
    company.rename(company.people()[11], user_principal_name=user.user_principal_name)

    with pytest.raises(DirectoryError, match="belongs to somebody else"):
        company.restore(company.users[user.object_id])


def test_restoring_somebody_who_never_left_is_refused(company: Directory) -> None:
    with pytest.raises(DirectoryError, match="nothing to restore"):
        company.restore(company.people()[10])


def test_a_purge_takes_the_manager_from_the_reports_and_the_member_from_the_groups(
    company: Directory,
) -> None:
    head = company.people()[1]
    reports = company.reports_of(head.object_id)
    company.purge(head)

    assert reports
    assert [None] * len(reports) == [company.users[report].manager for report in reports]
    assert all(head.object_id not in group.members for group in company.groups.values())
    with pytest.raises(DirectoryError, match="Nobody"):
        company.find(head)


async def test_the_recycle_bin_is_emptied_after_thirty_days() -> None:
    clock = ManualClock()
    company = Directory.seeded(size=10, clock=clock)
    first, second = company.people()[5:7]
    company.leave(first)
    await clock.advance(29 * 24 * 3_600_000)
    company.leave(second)
    early = company.purge_expired()
    await clock.advance(24 * 3_600_000)

    assert ([], [first.object_id]) == (early, company.purge_expired())


def test_a_new_surname_changes_principal_name_mail_and_nickname(company: Directory) -> None:
    user = company.rename(company.people()[0], surname="Núñez")

    assert "ruben.nunez@acme.example" == user.user_principal_name == user.mail
    assert (user.mail_nickname, user.display_name) == ("ruben.nunez", "Rubén Núñez")


def test_a_rename_can_leave_the_principal_name_alone(company: Directory) -> None:
    before = company.people()[0]
    user = company.rename(before, surname="Núñez", keep_principal_name=True)

    assert before.user_principal_name == user.user_principal_name


def test_a_namesake_gets_a_number(company: Directory) -> None:
    first, second = (company.join("Adele", "Vance-Park") for _ in range(2))

    assert (
        first.user_principal_name,
        second.user_principal_name,
    ) == ("adele.vancepark@acme.example", "adele.vancepark2@acme.example")


def test_a_principal_name_in_use_is_refused_in_any_case(company: Directory) -> None:
    taken = company.people()[1].user_principal_name.upper()

    with pytest.raises(DirectoryError, match="belongs to somebody else"):
        company.rename(company.people()[2], user_principal_name=taken)


def test_a_move_takes_the_person_to_the_group_of_the_new_department(company: Directory) -> None:
    user = next(u for u in company.people() if u.department == "Sales" and u.job_title != "VP Sales")
    company.move(user, department="Marketing", job_title="SEO Analyst", manager=company.people()[2])

    moved = company.find(user)
    assert ("Marketing", "SEO Analyst", company.people()[2].object_id) == (
        moved.department,
        moved.job_title,
        moved.manager,
    )
    assert [company.groups[g].display_name for g in company.groups_of(user.object_id)] == [
        "HubSpot Marketing"
    ]


def test_nobody_is_their_own_manager(company: Directory) -> None:
    with pytest.raises(DirectoryError, match="own manager"):
        company.move(company.people()[2], manager=company.people()[2])


def test_a_deleted_person_cannot_be_changed_before_a_restore(company: Directory) -> None:
    gone = company.leave(company.people()[4])

    with pytest.raises(DirectoryError, match="Restore them first"):
        company.move(gone, department="Sales")


def test_two_people_of_one_name_are_told_apart_by_principal_name(company: Directory) -> None:
    company.join("Adele", "Vance")
    company.join("Adele", "Vance")

    with pytest.raises(DirectoryError, match="2 people are called"):
        company.find("Adele Vance")
    assert company.find("ADELE.VANCE2@acme.example").user_principal_name == "adele.vance2@acme.example"


def test_each_changed_object_is_reported_once_after_the_watermark(company: Directory) -> None:
    watermark = company.watermark
    first, second = company.people()[8:10]
    company.assign_role(first, "Manager")
    company.assign_role(second, "Manager")
    company.edit(first, mobile="+31 6 555 0100")

    changed = company.changed_since(watermark)
    assert [second.object_id, first.object_id] == [change.object_id for change in changed]
    assert company.changed_since(company.watermark) == []


def test_assigning_a_group_reports_its_members_too(company: Directory) -> None:
    group = company.create_group("Guests")
    newcomer = company.join(role=None)
    company.add_member(group, newcomer)
    watermark = company.watermark
    company.assign_group(group)

    changed = {(change.object_id, change.kind) for change in company.changed_since(watermark)}
    assert {(newcomer.object_id, ObjectKind.USER), (group.object_id, ObjectKind.GROUP)} == changed


def test_a_deleted_group_ends_the_entitlement_of_its_members(company: Directory) -> None:
    group = company.create_group("Guests")
    newcomer = company.join(role=None)
    company.assign_group(group)
    company.add_member(group, newcomer)
    watermark = company.watermark
    company.delete_group(group)

    assert not company.is_assigned(newcomer.object_id)
    assert company.groups_of(newcomer.object_id) == ()
    assert {newcomer.object_id, group.object_id} == {c.object_id for c in company.changed_since(watermark)}


def test_a_saved_company_goes_on_as_if_it_had_never_been_put_away(company: Directory) -> None:
    company.leave(company.people()[4])
    company.rename(company.people()[6])
    opened = _directory(document(company))
    for directory in (company, opened):
        directory.join(department="Sales", manager=directory.people()[1])
        directory.move(directory.people()[9], department="Support")
        directory.purge(directory.people()[1])

    assert document(company) == document(opened)
