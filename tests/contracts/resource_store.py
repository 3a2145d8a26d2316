"""What every `ResourceStore` promises, as tests.

A store's own test module inherits both classes (a store that serves users only, the first) and overrides the
`store` fixture:

    class TestMyStore(UserStoreContract, GroupStoreContract):
        @pytest.fixture
        async def store(self) -> ResourceStore:
            return MyStore(...)

The store must be empty. Nothing here waits for time to pass.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from syncline.scim.dialects import Notes
from syncline.scim.errors import NotFound, PreconditionFailed, ScimError, Uniqueness
from syncline.scim.filter import parse_filter
from syncline.scim.patch import parse_patch
from syncline.scim.resource import read
from syncline.scim.schemas import GROUP, USER
from syncline.scimserver import Exchange, Page, Query, ResourceStore, Stored

ALL = frozenset({"groups", "members"})
NONE: frozenset[str] = frozenset()


def exchange() -> Exchange:
    return Exchange(correlation_id="c0ffee", method="TEST", path="/")


def a_user(user_name: str, **attributes: Any) -> dict[str, Any]:
    return read(USER, {"schemas": [USER.schema.id], "userName": user_name, **attributes}, Notes())


def a_group(display_name: str, *members: str, **attributes: Any) -> dict[str, Any]:
    body = {"schemas": [GROUP.schema.id], "displayName": display_name, **attributes}
    return read(GROUP, {**body, "members": [{"value": member} for member in members]}, Notes())


def operation(op: str, path: str | None = None, value: Any = None) -> dict[str, Any]:
    return {"op": op, "path": path, "value": value}


def document(stored: Stored) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(stored.document)
    return parsed


def members_of(stored: Stored) -> set[str]:
    assert stored.members is not None
    assert len({member["value"] for member in stored.members}) == len(stored.members)
    return {member["value"] for member in stored.members}


class _Contract:
    """The calls the tests make, shortened."""

    @pytest.fixture
    async def store(self) -> ResourceStore:
        raise NotImplementedError("override the store fixture")

    async def add_user(self, store: ResourceStore, user_name: str, **attributes: Any) -> Stored:
        return await store.create(exchange(), USER, a_user(user_name, **attributes))

    async def add_group(self, store: ResourceStore, display_name: str, *members: str) -> Stored:
        return await store.create(exchange(), GROUP, a_group(display_name, *members))

    async def user(self, store: ResourceStore, user_id: str) -> Stored:
        return await store.get(exchange(), USER, user_id, ALL)

    async def group(self, store: ResourceStore, group_id: str) -> Stored:
        return await store.get(exchange(), GROUP, group_id, ALL)

    async def patch_user(
        self, store: ResourceStore, user_id: str, *operations: Any, if_match: int | None = None
    ) -> Stored:
        patch = parse_patch(USER, {"Operations": list(operations)}, Notes())
        return await store.patch(exchange(), USER, user_id, patch, if_match, ALL)

    async def patch_group(
        self, store: ResourceStore, group_id: str, *operations: Any, if_match: int | None = None
    ) -> Stored:
        patch = parse_patch(GROUP, {"Operations": list(operations)}, Notes())
        return await store.patch(exchange(), GROUP, group_id, patch, if_match, ALL)

    async def find(
        self, store: ResourceStore, filter_text: str | None, start_index: int = 1, count: int = 100
    ) -> Page:
        condition = None if filter_text is None else parse_filter(filter_text, USER)
        return await store.query(exchange(), USER, Query(condition, start_index, count), NONE)

    async def find_groups(self, store: ResourceStore, filter_text: str) -> list[str]:
        query = Query(parse_filter(filter_text, GROUP), 1, 100)
        return [found.id for found in (await store.query(exchange(), GROUP, query, NONE)).resources]


class UserStoreContract(_Contract):
    """The promises that every store keeps."""

    async def test_it_serves_users(self, store: ResourceStore) -> None:
        assert store.resource_types["User"] is USER

    async def test_a_created_user_is_read_back_as_it_was_sent(self, store: ResourceStore) -> None:
        created = await self.add_user(store, "Ada@Example.com", title="Countess", active=False)
        assert created == await store.get(exchange(), USER, created.id, ALL)
        expected = {"schemas": [USER.schema.id], "userName": "Ada@Example.com", "title": "Countess"}
        assert {**expected, "active": False} == document(created)
        assert created.version == 1
        assert created.created_at == created.modified_at

    async def test_a_user_who_does_not_say_so_is_active(self, store: ResourceStore) -> None:
        assert document(await self.add_user(store, "ada"))["active"] is True

    async def test_the_document_holds_nothing_that_the_server_puts_in(self, store: ResourceStore) -> None:
        created = await self.add_user(store, "ada", emails=[{"value": "ada@example.com"}])
        changed = await self.patch_user(store, created.id, operation("replace", "title", "Countess"))
        assert not document(changed).keys() & {"id", "meta", "groups", "members", "password"}

    async def test_ids_need_no_encoding_in_an_address(self, store: ResourceStore) -> None:
        created = await self.add_user(store, "ada")
        assert created.id
        assert set(created.id) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")

    async def test_an_unknown_id_is_not_found(self, store: ResourceStore) -> None:
        patch = parse_patch(USER, {"Operations": [operation("replace", "title", "x")]}, Notes())
        for unknown in ("", "0", "nobody", "../Users", "' OR 1=1 --", "é" * 40):
            with pytest.raises(NotFound):
                await store.get(exchange(), USER, unknown, NONE)
            with pytest.raises(NotFound):
                await store.replace(exchange(), USER, unknown, a_user("x"), None)
            with pytest.raises(NotFound):
                await store.patch(exchange(), USER, unknown, patch, None, NONE)
            with pytest.raises(NotFound):
                await store.delete(exchange(), USER, unknown, None)

    async def test_an_external_id_is_never_taken_for_an_id(self, store: ResourceStore) -> None:
        victim = await self.add_user(store, "victim")
        for external_id in ("1", "-1", "0x1", victim.id):
            thief = await self.add_user(store, f"thief-{external_id}", externalId=external_id)
            assert thief.id != external_id
        assert victim == await self.user(store, victim.id)

    @pytest.mark.parametrize(
        "twin", ["ada@example.com", "ADA@EXAMPLE.COM", "ａda@example.com", "Ada＠example.com"]
    )
    async def test_a_name_that_is_taken_is_refused_in_any_spelling(
        self, store: ResourceStore, twin: str
    ) -> None:
        await self.add_user(store, "Ada@example.com")
        with pytest.raises(Uniqueness):
            await self.add_user(store, twin)
        assert (await self.find(store, None)).total_results == 1

    async def test_long_names_that_differ_in_the_last_character_are_two(self, store: ResourceStore) -> None:
        await self.add_user(store, "a" * 300 + "1")
        await self.add_user(store, "a" * 300 + "2")
        assert (await self.find(store, None)).total_results == 2

    async def test_of_many_identical_creations_one_succeeds(self, store: ResourceStore) -> None:
        attempts = [self.add_user(store, name) for name in ("ada", "Ada", "ADA") * 8]
        results = await asyncio.gather(*attempts, return_exceptions=True)
        assert [Stored] == [type(result) for result in results if not isinstance(result, Uniqueness)]
        assert (await self.find(store, None)).total_results == 1

    async def test_a_name_is_free_again_after_a_rename_or_a_delete(self, store: ResourceStore) -> None:
        first = await self.add_user(store, "ada")
        await self.patch_user(store, first.id, operation("replace", "userName", "augusta"))
        second = await self.add_user(store, "ada")
        await store.delete(exchange(), USER, second.id, None)
        third = await self.add_user(store, "ADA")
        assert third.id not in {first.id, second.id}

    async def test_a_rename_to_a_taken_name_changes_nothing(self, store: ResourceStore) -> None:
        await self.add_user(store, "ada")
        other = await self.add_user(store, "grace")
        operations = operation("replace", "title", "Admiral"), operation("replace", "userName", "ADA")
        with pytest.raises(Uniqueness):
            await self.patch_user(store, other.id, *operations)
        with pytest.raises(Uniqueness):
            await store.replace(exchange(), USER, other.id, a_user("ADA"), None)
        assert other == await self.user(store, other.id)

    async def test_a_name_may_change_its_case(self, store: ResourceStore) -> None:
        created = await self.add_user(store, "ada")
        renamed = await self.patch_user(store, created.id, operation("replace", "userName", "Ada"))
        assert document(renamed)["userName"] == "Ada"
        with pytest.raises(Uniqueness):
            await self.add_user(store, "ADA")

    async def test_a_change_raises_the_version_by_one(self, store: ResourceStore) -> None:
        created = await self.add_user(store, "ada")
        changed = await self.patch_user(store, created.id, operation("replace", "title", "Countess"))
        assert (created.id, 2) == (changed.id, changed.version)
        assert created.created_at == changed.created_at <= changed.modified_at
        replaced = await store.replace(exchange(), USER, created.id, a_user("ada", title="Lady"), None)
        assert replaced.version == 3
        assert replaced == await self.user(store, created.id)

    async def test_a_write_that_changes_nothing_leaves_the_version(self, store: ResourceStore) -> None:
        created = await self.add_user(store, "ada", title="Countess")
        same = operation("replace", "title", "Countess")
        assert created == await self.patch_user(store, created.id, same)
        assert created == await self.patch_user(store, created.id)
        again = a_user("ada", title="Countess", active=True)
        assert created == await store.replace(exchange(), USER, created.id, again, None)

    async def test_only_the_expected_version_is_overwritten(self, store: ResourceStore) -> None:
        created = await self.add_user(store, "ada")
        title = operation("replace", "title", "Countess")
        for stale in (0, 2):
            with pytest.raises(PreconditionFailed):
                await self.patch_user(store, created.id, title, if_match=stale)
            with pytest.raises(PreconditionFailed):
                await store.replace(exchange(), USER, created.id, a_user("other"), stale)
            with pytest.raises(PreconditionFailed):
                await store.delete(exchange(), USER, created.id, stale)
        assert created == await self.user(store, created.id)
        await self.patch_user(store, created.id, title, if_match=1)
        await store.delete(exchange(), USER, created.id, 2)

    async def test_of_two_writers_with_one_version_one_wins(self, store: ResourceStore) -> None:
        created = await self.add_user(store, "ada")
        attempts = [
            self.patch_user(store, created.id, operation("replace", "title", title), if_match=1)
            for title in ("Countess", "Lady", "Dr")
        ]
        results = await asyncio.gather(*attempts, return_exceptions=True)
        assert sum(isinstance(result, PreconditionFailed) for result in results) == 2
        assert (await self.user(store, created.id)).version == 2

    async def test_a_patch_is_applied_whole_or_not_at_all(self, store: ResourceStore) -> None:
        created = await self.add_user(store, "ada")
        with pytest.raises(ScimError):
            await self.patch_user(
                store, created.id, operation("replace", "title", "x"), operation("remove", "userName")
            )
        assert created == await self.user(store, created.id)

    async def test_parallel_patches_of_one_user_lose_nothing(self, store: ResourceStore) -> None:
        created = await self.add_user(store, "ada")
        names = ("title", "nickName", "displayName", "locale", "userType")
        await asyncio.gather(
            *(self.patch_user(store, created.id, operation("add", name, name)) for name in names)
        )
        kept = document(await self.user(store, created.id))
        assert names == tuple(kept[name] for name in names)

    async def test_a_replacement_forgets_what_it_does_not_name(self, store: ResourceStore) -> None:
        created = await self.add_user(store, "ada", title="Countess", nickName="A")
        replaced = await store.replace(exchange(), USER, created.id, a_user("ada", title="Lady"), None)
        assert document(replaced)["title"] == "Lady"
        assert "nickName" not in document(replaced)

    async def test_a_replacement_that_does_not_name_active_reactivates_nobody(
        self, store: ResourceStore
    ) -> None:
        created = await self.add_user(store, "ada", active=False)
        replaced = await store.replace(exchange(), USER, created.id, a_user("ada", title="Lady"), None)
        assert document(replaced)["active"] is False

    async def test_an_inactive_user_is_still_there(self, store: ResourceStore) -> None:
        created = await self.add_user(store, "ada")
        await self.patch_user(store, created.id, operation("replace", None, {"active": "False"}))
        assert document(await self.user(store, created.id))["active"] is False
        found = await self.find(store, 'userName eq "ADA"')
        assert [created.id] == [each.id for each in found.resources]

    async def test_a_deleted_user_is_gone_and_the_id_never_comes_back(self, store: ResourceStore) -> None:
        created = await self.add_user(store, "ada")
        await store.delete(exchange(), USER, created.id, None)
        for _ in range(2):
            with pytest.raises(NotFound):
                await store.delete(exchange(), USER, created.id, None)
        assert (await self.find(store, 'userName eq "ada"')).total_results == 0
        assert created.id != (await self.add_user(store, "ada")).id

    async def test_filters_find_exactly_who_they_describe(self, store: ResourceStore) -> None:
        ada = await self.add_user(
            store, "Ada", externalId="X1", emails=[{"type": "work", "value": "ada@Example.com"}]
        )
        bob = await self.add_user(store, "bob", externalId="x1", active=False, title="Clerk")
        both = {ada.id, bob.id}
        for text, expected in {
            'userName eq "ADA"': {ada.id},
            'userName eq "nobody"': set(),
            'externalId eq "x1"': {bob.id},
            f'id eq "{ada.id}"': {ada.id},
            f'id eq "{ada.id}" and userName eq "bob"': set(),
            'emails[type eq "work"].value eq "ADA@example.com"': {ada.id},
            'emails[type eq "home"].value eq "ada@example.com"': set(),
            'emails eq "ada@example.com"': {ada.id},
            "active eq false": {bob.id},
            "title pr": {bob.id},
            'not (title eq "Clerk")': {ada.id},
            'userName eq "ada" or title eq "clerk"': both,
            'meta.resourceType eq "User"': both,
            'meta.lastModified gt "2000-01-01T00:00:00Z"': both,
            'meta.created lt "2000-01-01T00:00:00Z"': set(),
        }.items():
            found = await self.find(store, text)
            assert expected == {each.id for each in found.resources}, text
            assert found.total_results == len(expected), text

    async def test_pages_cover_everybody_once_in_one_order(self, store: ResourceStore) -> None:
        ids = {(await self.add_user(store, f"user-{number}")).id for number in range(7)}
        pages = [await self.find(store, None, start, 3) for start in (1, 4, 7, 10)]
        assert [len(page.resources) for page in pages] == [3, 3, 1, 0]
        assert {7} == {page.total_results for page in pages}
        seen = [each.id for page in pages for each in page.resources]
        assert (7, ids) == (len(seen), set(seen))
        assert seen[:3] == [each.id for each in (await self.find(store, None, 1, 3)).resources]

    async def test_a_filtered_page_counts_all_matches(self, store: ResourceStore) -> None:
        for number in range(5):
            await self.add_user(store, f"user-{number}", title="even" if number % 2 == 0 else "odd")
        page = await self.find(store, 'title eq "even"', 2, 1)
        assert (page.total_results, len(page.resources)) == (3, 1)
        assert (
            (nothing := await self.find(store, 'title eq "even"', 1, 0)).total_results,
            len(nothing.resources),
        ) == (3, 0)


class GroupStoreContract(_Contract):
    """The promises of stores that serve groups."""

    async def test_it_serves_groups(self, store: ResourceStore) -> None:
        assert store.resource_types["Group"] is GROUP

    async def test_users_and_groups_do_not_share_ids(self, store: ResourceStore) -> None:
        group = await self.add_group(store, "Sales")
        with pytest.raises(NotFound):
            await store.get(exchange(), USER, group.id, ALL)
        user = await self.add_user(store, "ada")
        with pytest.raises(NotFound):
            await store.delete(exchange(), GROUP, user.id, None)

    async def test_a_group_is_read_back_with_its_members(self, store: ResourceStore) -> None:
        ada = await self.add_user(store, "ada")
        group = await self.add_group(store, "Sales", ada.id, "not-there-yet")
        assert {ada.id, "not-there-yet"} == members_of(await self.group(store, group.id))
        assert "members" not in document(group)

    async def test_what_is_not_asked_for_is_not_fetched(self, store: ResourceStore) -> None:
        ada = await self.add_user(store, "ada")
        group = await self.add_group(store, "Sales", ada.id)
        assert (await store.get(exchange(), GROUP, group.id, NONE)).members is None
        assert (await store.get(exchange(), USER, ada.id, NONE)).groups is None

    async def test_a_user_knows_the_groups_it_is_in(self, store: ResourceStore) -> None:
        ada = await self.add_user(store, "ada")
        assert (await self.user(store, ada.id)).groups == ()
        group = await self.add_group(store, "Sales", ada.id)
        expected = ({"value": group.id, "display": "Sales", "type": "direct"},)
        assert expected == (await self.user(store, ada.id)).groups

    async def test_a_group_name_that_is_taken_is_refused(self, store: ResourceStore) -> None:
        await self.add_group(store, "Sales")
        with pytest.raises(Uniqueness):
            await self.add_group(store, "SALES")
        other = await self.add_group(store, "Marketing")
        with pytest.raises(Uniqueness):
            await self.patch_group(store, other.id, operation("replace", "displayName", "sales"))
        assert other == await self.group(store, other.id)

    async def test_adding_a_member_who_is_there_changes_nothing(self, store: ResourceStore) -> None:
        group = await self.add_group(store, "Sales", "a")
        again = await self.patch_group(store, group.id, operation("Add", "members", [{"value": "a"}]))
        assert group == again

    async def test_removing_a_member_who_is_not_there_changes_nothing(self, store: ResourceStore) -> None:
        group = await self.add_group(store, "Sales", "a")
        for absent in (
            operation("remove", 'members[value eq "b"]'),
            operation("Remove", "members", [{"value": "b"}]),
        ):
            assert group == await self.patch_group(store, group.id, absent)

    async def test_removing_by_value_takes_only_those(self, store: ResourceStore) -> None:
        group = await self.add_group(store, "Sales", "a", "b", "c")
        await self.patch_group(store, group.id, operation("Remove", "members", [{"value": "a"}]))
        changed = await self.patch_group(store, group.id, operation("remove", 'members[value eq "b"]'))
        assert {"c"} == members_of(changed)
        assert (await self.user(store, (await self.add_user(store, "c")).id)).groups == ()

    async def test_member_operations_take_effect_in_their_order(self, store: ResourceStore) -> None:
        group = await self.add_group(store, "Sales", "a", "b")
        changed = await self.patch_group(
            store,
            group.id,
            operation("remove", "members", [{"value": "a"}]),
            operation("add", "members", [{"value": "c"}, {"value": "a"}]),
            operation("remove", 'members[value eq "c"]'),
            operation("add", "members", [{"value": "d"}]),
        )
        assert {"a", "b", "d"} == members_of(changed)
        assert changed.version == 2

    async def test_members_are_removed_by_what_they_are(self, store: ResourceStore) -> None:
        members = [{"value": "a", "display": "Ada"}, {"value": "b", "display": "Bob"}]
        group = await store.create(
            exchange(), GROUP, read(GROUP, {"displayName": "Sales", "members": members}, Notes())
        )
        changed = await self.patch_group(store, group.id, operation("remove", 'members[display eq "Ada"]'))
        assert {"b"} == members_of(changed)

    async def test_an_empty_list_empties_and_a_missing_one_does_not(self, store: ResourceStore) -> None:
        group = await self.add_group(store, "Sales", "a", "b")
        renamed = await self.patch_group(store, group.id, operation("replace", None, {"displayName": "S"}))
        assert {"a", "b"} == members_of(renamed)
        put = read(GROUP, {"displayName": "Sales"}, Notes())
        kept = await store.replace(exchange(), GROUP, group.id, put, None)
        assert {"a", "b"} == members_of(await self.group(store, kept.id))
        emptied = await self.patch_group(store, group.id, operation("replace", "members", []))
        assert set() == members_of(emptied)
        await self.patch_group(store, group.id, operation("add", "members", [{"value": "a"}]))
        await store.replace(exchange(), GROUP, group.id, a_group("Sales"), None)
        assert set() == members_of(await self.group(store, group.id))

    async def test_a_replacement_has_exactly_its_members(self, store: ResourceStore) -> None:
        group = await self.add_group(store, "Sales", "a", "b")
        await store.replace(exchange(), GROUP, group.id, a_group("Sales", "b", "c"), None)
        assert {"b", "c"} == members_of(await self.group(store, group.id))

    async def test_parallel_member_patches_lose_nobody(self, store: ResourceStore) -> None:
        group = await self.add_group(store, "Sales", *(f"old-{number}" for number in range(20)))
        changes = [operation("add", "members", [{"value": f"new-{number}"}]) for number in range(20)]
        changes += [operation("remove", f'members[value eq "old-{number}"]') for number in range(20)]
        await asyncio.gather(*(self.patch_group(store, group.id, change) for change in changes))
        assert {f"new-{number}" for number in range(20)} == members_of(await self.group(store, group.id))

    async def test_of_many_identical_group_creations_one_succeeds(self, store: ResourceStore) -> None:
        attempts = [self.add_group(store, "Sales") for _ in range(12)]
        results = await asyncio.gather(*attempts, return_exceptions=True)
        assert [Stored] == [type(result) for result in results if not isinstance(result, Uniqueness)]

    async def test_a_failing_operation_leaves_the_members_alone(self, store: ResourceStore) -> None:
        group = await self.add_group(store, "Sales", "a")
        with pytest.raises(ScimError):
            await self.patch_group(
                store,
                group.id,
                operation("remove", 'members[value eq "a"]'),
                operation("remove", "displayName"),
            )
        assert group == await self.group(store, group.id)

    async def test_an_inactive_user_stays_a_member(self, store: ResourceStore) -> None:
        ada = await self.add_user(store, "ada")
        group = await self.add_group(store, "Sales", ada.id)
        await self.patch_user(store, ada.id, operation("replace", "active", False))
        assert {ada.id} == members_of(await self.group(store, group.id))

    async def test_a_deleted_user_is_in_no_group(self, store: ResourceStore) -> None:
        ada = await self.add_user(store, "ada")
        group = await self.add_group(store, "Sales", ada.id, "b")
        await store.delete(exchange(), USER, ada.id, None)
        assert {"b"} == members_of(await self.group(store, group.id))

    async def test_a_deleted_group_is_listed_by_nobody(self, store: ResourceStore) -> None:
        ada = await self.add_user(store, "ada")
        group = await self.add_group(store, "Sales", ada.id)
        await store.delete(exchange(), GROUP, group.id, None)
        assert (await self.user(store, ada.id)).groups == ()
        with pytest.raises(NotFound):
            await self.group(store, group.id)

    async def test_groups_are_found_by_name_and_by_member(self, store: ResourceStore) -> None:
        ada = await self.add_user(store, "ada")
        group = await self.add_group(store, "Sales", ada.id)
        await self.add_group(store, "Marketing")
        for text in ('displayName eq "sales"', f'members.value eq "{ada.id}"', f'members eq "{ada.id}"'):
            assert [group.id] == await self.find_groups(store, text), text
        assert await self.find_groups(store, 'members.value eq "nobody"') == []

    async def test_users_are_found_by_their_group(self, store: ResourceStore) -> None:
        ada = await self.add_user(store, "ada")
        await self.add_user(store, "bob")
        group = await self.add_group(store, "Sales", ada.id)
        found = await self.find(store, f'groups.value eq "{group.id}"')
        assert [ada.id] == [each.id for each in found.resources]
