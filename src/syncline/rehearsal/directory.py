"""A simulated Entra directory: people, groups, assignments to one application, and what changed when.

Everything is reproducible: the same size, seed and domain give the same company, object ids included, and the
same calls afterwards give the same changes. Mutators take a person as an object or as any text `find` knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from random import Random
from typing import Any
from uuid import UUID

from syncline.clock import Clock, Milliseconds, SystemClock
from syncline.rehearsal import names
from syncline.rehearsal.changelog import ChangeLog
from syncline.rehearsal.company import found_company
from syncline.rehearsal.mailboxes import Mailboxes
from syncline.rehearsal.objects import (
    DEFAULT_ACCESS,
    AppRole,
    Change,
    DirectoryError,
    DirectoryGroup,
    DirectoryUser,
    ObjectKind,
)

RECYCLE_BIN: Milliseconds = 30 * 24 * 3_600_000
"""How long a soft-deleted person can be restored; Entra purges afterwards."""

DEFAULT_ROLES = ("User", "Manager", "Admin")
"""App roles of a new company, from the most usual to the most powerful; the guide's own example."""

UserRef = DirectoryUser | str
GroupRef = DirectoryGroup | str


class Leaving(StrEnum):
    """The ways in which a person stops using the application."""

    DELETE = "delete"
    UNASSIGN = "unassign"
    BLOCK = "block"


class Directory:
    """One company's directory and its assignments to the application being provisioned."""

    def __init__(
        self,
        *,
        domain: str,
        seed: int = 0,
        roles: Sequence[str] = DEFAULT_ROLES,
        clock: Clock | None = None,
    ) -> None:
        self.domain = domain
        self.seed = seed
        self.users: dict[str, DirectoryUser] = {}
        self.groups: dict[str, DirectoryGroup] = {}
        self.roles: dict[str, AppRole] = {value: self._app_role(value) for value in roles}
        self.direct: dict[str, tuple[str, ...]] = {}
        self.assigned_groups: dict[str, str] = {}
        self.drawn = 0
        self.log = ChangeLog()
        self._clock = clock or SystemClock()
        self._mailboxes = Mailboxes(domain)
        self._groups_of: dict[str, dict[str, None]] = {}
        self._reports: dict[str, dict[str, None]] = {}

    @classmethod
    def seeded(
        cls,
        *,
        size: int,
        seed: int = 7,
        domain: str = "acme.example",
        roles: Sequence[str] = DEFAULT_ROLES,
        outside: int = 0,
        clock: Clock | None = None,
    ) -> Directory:
        """Return a company of `size` people in the application's scope and `outside` more who are not.

        Raises ValueError for a size below one or an empty list of roles.
        """
        if size < 1 or not roles:
            raise ValueError("A company needs at least one person and one app role.")
        directory = cls(domain=domain, seed=seed, roles=roles, clock=clock)
        found_company(directory, size, outside)
        return directory

    # reading

    def find(self, reference: UserRef) -> DirectoryUser:
        """Return the person meant by an object id, principal name, mail, nickname or display name.

        Raises DirectoryError when nobody or more than one person is meant.
        """
        if isinstance(reference, DirectoryUser):
            reference = reference.object_id
        if (user := self.users.get(reference)) is not None:
            return user
        if (object_id := self._mailboxes.owner(reference)) is not None:
            return self.users[object_id]
        wanted = reference.casefold()
        found = [user for user in self.users.values() if wanted in _labels(user)]
        if len(found) == 1:
            return found[0]
        if not found:
            raise DirectoryError(f"Nobody in the directory is called {reference!r}. Give a principal name.")
        raise DirectoryError(
            f"{len(found)} people are called {reference!r}. Give the principal name of one of them."
        )

    def find_group(self, reference: GroupRef) -> DirectoryGroup:
        """Return the group meant by an object id or a display name; raises DirectoryError otherwise."""
        if isinstance(reference, DirectoryGroup):
            reference = reference.object_id
        if (group := self.groups.get(reference)) is not None:
            return group
        found = [group for group in self.groups.values() if group.display_name == reference]
        if len(found) != 1:
            raise DirectoryError(
                f"{len(found)} groups are called {reference!r}. Give the object id of one group."
            )
        return found[0]

    def people(self) -> list[DirectoryUser]:
        """Return everybody, soft-deleted people included, in the order they joined."""
        return list(self.users.values())

    def is_assigned(self, object_id: str) -> bool:
        """Whether the person is assigned directly or as a *direct* member of an assigned group."""
        return object_id in self.direct or any(True for _ in self._assigning_groups(object_id))

    def in_scope(self) -> list[DirectoryUser]:
        """Return the people the application should have as active users."""
        return [user for user in self.users.values() if user.active and self.is_assigned(user.object_id)]

    def app_roles(self, object_id: str) -> tuple[AppRole, ...]:
        """Return the person's roles: direct assignments first, then those of assigned groups, none twice."""
        values = dict.fromkeys(self.direct.get(object_id, ()))
        values.update(
            dict.fromkeys(self.assigned_groups[group] for group in self._assigning_groups(object_id))
        )
        return tuple(self.roles[value] for value in values if value != DEFAULT_ACCESS)

    def groups_of(self, object_id: str) -> tuple[str, ...]:
        """Return the ids of the groups the person is a direct member of."""
        return tuple(self._groups_of.get(object_id, ()))

    def reports_of(self, object_id: str) -> tuple[str, ...]:
        """Return the ids of the people whose manager this is."""
        return tuple(self._reports.get(object_id, ()))

    @property
    def watermark(self) -> int:
        """The number of the latest change; 0 in an empty directory."""
        return self.log.watermark

    def changed_since(self, watermark: int) -> list[Change]:
        """Return each object that changed after the watermark once, as a delta query does."""
        return self.log.since(watermark)

    # people

    def join(
        self,
        given_name: str | None = None,
        surname: str | None = None,
        *,
        department: str | None = None,
        job_title: str | None = None,
        manager: UserRef | None = None,
        role: str | None = DEFAULT_ACCESS,
        **properties: Any,
    ) -> DirectoryUser:
        """Hire somebody and assign the application with that role; `role=None` leaves it unassigned.

        Missing names are drawn. A group that gathers the department's people takes the newcomer in.
        Raises DirectoryError for an unknown role or manager.
        """
        if role:
            self._check_role(role)
        manager_id = self.find(manager).object_id if manager is not None else None
        rng = self.draw("person")
        drawn = names.draw_name(rng)
        given, family = given_name or drawn.given, surname or drawn.family
        address = self._mailboxes.free(names.latin(given), names.latin(family))
        user = DirectoryUser(
            object_id=self.new_id(rng),
            user_principal_name=address,
            mail=address,
            mail_nickname=address.partition("@")[0],
            display_name=names.display_name(given, family, drawn.language if not surname else ""),
            given_name=given,
            surname=family,
            department=department,
            job_title=job_title,
            manager=manager_id,
            **{"preferred_language": drawn.language, **properties},
        )
        self.put(user)
        if role is not None:
            self.direct[user.object_id] = (role,)
            self._gather(user)
        return self.users[user.object_id]

    def rename(
        self,
        reference: UserRef,
        *,
        given_name: str | None = None,
        surname: str | None = None,
        user_principal_name: str | None = None,
        keep_principal_name: bool = False,
    ) -> DirectoryUser:
        """Change a person's name, and the principal name, mail and nickname that follow from it.

        With nothing given, a surname of the same culture is drawn.
        Raises DirectoryError when the principal name belongs to somebody else.
        """
        user = self._present(reference)
        if given_name is None and surname is None and user_principal_name is None:
            surname = names.draw_family_name(
                self.draw("rename"), user.preferred_language or "", user.surname or ""
            )[0]
        changed = user
        if given_name or surname:
            given, family = given_name or user.given_name or "", surname or user.surname or ""
            display = names.display_name(given, family, user.preferred_language or "")
            changed = replace(user, given_name=given, surname=family, display_name=display)
            if not keep_principal_name and user_principal_name is None:
                user_principal_name = self._mailboxes.free(names.latin(given), names.latin(family))
        if user_principal_name is not None:
            self._mailboxes.check_free(user_principal_name, user.object_id)
            nickname = user_principal_name.partition("@")[0]
            changed = replace(
                changed,
                user_principal_name=user_principal_name,
                mail=user_principal_name,
                mail_nickname=nickname,
            )
        return self.put(changed)

    def move(
        self,
        reference: UserRef,
        *,
        department: str | None = None,
        job_title: str | None = None,
        manager: UserRef | None = None,
    ) -> DirectoryUser:
        """Give a person another department, title or manager; the groups of the two departments follow."""
        user = self._present(reference)
        changed = replace(
            user,
            department=department or user.department,
            job_title=job_title or user.job_title,
            manager=self.find(manager).object_id if manager is not None else user.manager,
        )
        if changed.manager == user.object_id:
            raise DirectoryError(f"{user.display_name} cannot be their own manager. Name somebody else.")
        self.put(changed)
        if changed.department != user.department:
            for group in [self.groups[g] for g in self.groups_of(user.object_id)]:
                if group.department == user.department and group.department is not None:
                    self.remove_member(group, user)
            self._gather(changed)
        return self.users[user.object_id]

    def edit(self, reference: UserRef, **properties: Any) -> DirectoryUser:
        """Set any other property of a person; None clears it (which Entra never provisions)."""
        return self.put(replace(self._present(reference), **properties))

    def leave(self, reference: UserRef, how: Leaving = Leaving.DELETE) -> DirectoryUser:
        """Let a person go: soft delete, take every assignment away, or block the sign-in.

        A soft delete mangles the principal name to `<32 hex digits>name@domain`, as Entra does to free it.
        """
        user = self._present(reference)
        if how is Leaving.UNASSIGN:
            return self.unassign(user)
        if how is Leaving.BLOCK:
            return self.put(replace(user, account_enabled=False))
        mangled = user.object_id.replace("-", "") + user.user_principal_name
        return self.put(replace(user, user_principal_name=mangled, deleted_at=self._clock.now()))

    def restore(self, reference: UserRef) -> DirectoryUser:
        """Take a soft delete or a block back.

        Raises DirectoryError when there is nothing to restore or the principal name was given away.
        """
        user = self.find(reference)
        if user.active:
            raise DirectoryError(
                f"{user.display_name} is neither blocked nor deleted: there is nothing to restore."
            )
        self._mailboxes.check_free(user.known_principal_name, user.object_id)
        name = user.known_principal_name
        return self.put(replace(user, user_principal_name=name, deleted_at=None, account_enabled=True))

    def purge(self, reference: UserRef) -> None:
        """Remove a person for good; reports lose their manager and groups their member."""
        user = self.find(reference)
        for report in self.reports_of(user.object_id):
            self.put(replace(self.users[report], manager=None))
        for group in self.groups_of(user.object_id):
            self.remove_member(group, user)
        self.direct.pop(user.object_id, None)
        self._forget(user)
        del self.users[user.object_id]
        self.log.note(user.object_id, ObjectKind.USER)

    def purge_expired(self) -> list[str]:
        """Purge everybody who was soft-deleted 30 days ago or earlier; return their object ids."""
        last = self._clock.now() - RECYCLE_BIN
        gone = [u.object_id for u in self.users.values() if u.deleted_at is not None and u.deleted_at <= last]
        for object_id in gone:
            self.purge(object_id)
        return gone

    # assignments

    def assign_role(self, reference: UserRef, role: str = DEFAULT_ACCESS, *also: str) -> DirectoryUser:
        """Assign the application to a person with exactly these roles, replacing earlier direct ones."""
        user = self._present(reference)
        for value in (role, *also):
            self._check_role(value)
        self.direct[user.object_id] = (role, *also)
        self.log.note(user.object_id, ObjectKind.USER)
        return user

    def unassign(self, reference: UserRef) -> DirectoryUser:
        """Take every assignment away: the direct ones, and membership of assigned groups."""
        user = self.find(reference)
        self.direct.pop(user.object_id, None)
        for group in list(self._assigning_groups(user.object_id)):
            self.remove_member(group, user)
        self.log.note(user.object_id, ObjectKind.USER)
        return user

    def assign_group(self, reference: GroupRef, role: str = DEFAULT_ACCESS) -> DirectoryGroup:
        """Assign the application to a group: it stands for its direct members, and is provisioned itself."""
        group = self.find_group(reference)
        self._check_role(role)
        self.assigned_groups[group.object_id] = role
        self._note_group(group)
        return group

    def unassign_group(self, reference: GroupRef) -> DirectoryGroup:
        """Take the group's assignment away; members without another assignment leave the scope."""
        group = self.find_group(reference)
        self.assigned_groups.pop(group.object_id, None)
        self._note_group(group)
        return group

    # groups

    def create_group(self, display_name: str, *, department: str | None = None) -> DirectoryGroup:
        """Create an empty group; with a department it gathers that department's newcomers."""
        group = DirectoryGroup(
            object_id=self.new_id(self.draw("group")), display_name=display_name, department=department
        )
        self.groups[group.object_id] = group
        self.log.note(group.object_id, ObjectKind.GROUP)
        return group

    def rename_group(self, reference: GroupRef, display_name: str) -> DirectoryGroup:
        """Give a group another display name."""
        group = self.find_group(reference)
        group.display_name = display_name
        self.log.note(group.object_id, ObjectKind.GROUP)
        return group

    def delete_group(self, reference: GroupRef) -> None:
        """Delete a group; members without another assignment leave the scope."""
        group = self.find_group(reference)
        self.assigned_groups.pop(group.object_id, None)
        self._note_group(group)
        for member in group.members:
            self._groups_of[member].pop(group.object_id, None)
        del self.groups[group.object_id]

    def add_member(self, reference: GroupRef, member: UserRef) -> None:
        """Add a person to a group; adding a member again changes nothing."""
        group, user = self.find_group(reference), self.find(member)
        if user.object_id in group.members:
            return
        group.members[user.object_id] = None
        self._groups_of.setdefault(user.object_id, {})[group.object_id] = None
        self._note_membership(group, user.object_id)

    def remove_member(self, reference: GroupRef, member: UserRef) -> None:
        """Take a person out of a group; removing a stranger changes nothing."""
        group, user = self.find_group(reference), self.find(member)
        if user.object_id not in group.members:
            return
        del group.members[user.object_id]
        self._groups_of[user.object_id].pop(group.object_id, None)
        self._note_membership(group, user.object_id)

    # the directory's own bookkeeping

    def put(self, user: DirectoryUser) -> DirectoryUser:
        """Store a person as given and note the change."""
        before = self.users.get(user.object_id)
        if before is not None:
            self._forget(before)
        self.users[user.object_id] = user
        self._mailboxes.claim(user.user_principal_name, user.object_id)
        if user.manager is not None:
            self._reports.setdefault(user.manager, {})[user.object_id] = None
        self.log.note(user.object_id, ObjectKind.USER)
        return user

    def draw(self, purpose: str) -> Random:
        """Return the next source of chance; the n-th draw of a directory is always the same."""
        self.drawn += 1
        return Random(f"{self.seed}/{self.domain}/{purpose}/{self.drawn}")  # noqa: S311 -- reproducible, no secret

    def new_id(self, rng: Random) -> str:
        """Return an object id drawn from that source."""
        return str(UUID(int=rng.getrandbits(128), version=4))

    def index_memberships(self, groups: Iterable[DirectoryGroup]) -> None:
        """Take over groups whose members are already known, as when a saved company is opened."""
        for group in groups:
            self.groups[group.object_id] = group
            for member in group.members:
                self._groups_of.setdefault(member, {})[group.object_id] = None

    def _gather(self, user: DirectoryUser) -> None:
        if user.department is None:
            return
        for group in self.groups.values():
            if group.department == user.department:
                self.add_member(group, user)

    def _assigning_groups(self, object_id: str) -> Iterator[str]:
        return (group for group in self._groups_of.get(object_id, ()) if group in self.assigned_groups)

    def _present(self, reference: UserRef) -> DirectoryUser:
        user = self.find(reference)
        if user.deleted_at is not None:
            raise DirectoryError(f"{user.display_name} is in the recycle bin. Restore them first.")
        return user

    def _check_role(self, value: str) -> None:
        if value != DEFAULT_ACCESS and value not in self.roles:
            known = ", ".join(self.roles)
            raise DirectoryError(f"The application has no role {value!r}. It has: {known}.")

    def _app_role(self, value: str) -> AppRole:
        rng = Random(f"role/{value}")  # noqa: S311 -- reproducible, no secret
        return AppRole(id=self.new_id(rng), value=value, display_name=value)

    def _forget(self, user: DirectoryUser) -> None:
        self._mailboxes.release(user.user_principal_name, user.object_id)
        if user.manager is not None:
            self._reports.get(user.manager, {}).pop(user.object_id, None)

    def _note_group(self, group: DirectoryGroup) -> None:
        """Note a group and its members, whose entitlement its assignment decides."""
        for member in group.members:
            self.log.note(member, ObjectKind.USER)
        self.log.note(group.object_id, ObjectKind.GROUP)

    def _note_membership(self, group: DirectoryGroup, member: str) -> None:
        if group.object_id in self.assigned_groups:
            self.log.note(member, ObjectKind.USER)
        self.log.note(group.object_id, ObjectKind.GROUP)


def _labels(user: DirectoryUser) -> set[str]:
    labels = (user.known_principal_name, user.mail, user.mail_nickname, user.display_name)
    return {label.casefold() for label in labels if label}
