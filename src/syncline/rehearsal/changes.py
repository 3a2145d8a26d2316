"""The changes a person orders on the command line, applied to the simulated company in the order given here."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.rehearsal.directory import Directory, Leaving


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedChanges:
    """Joiners, movers and leavers; each names a person as `Directory.find` knows them."""

    join: tuple[str, ...] = ()
    rename: str | None = None
    new_name: str | None = None
    move: str | None = None
    department: str | None = None
    title: str | None = None
    manager: str | None = None
    roles: tuple[tuple[str, str], ...] = ()
    leave: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    unassign: tuple[str, ...] = ()
    restore: tuple[str, ...] = ()
    purge: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        several = (self.join, self.roles, self.leave, self.block, self.unassign, self.restore, self.purge)
        return self.rename is not None or self.move is not None or any(several)

    def complaint(self) -> str | None:
        """Return what is wrong with the combination, or None."""
        if self.new_name and self.rename is None:
            return "--to says the new name of --rename USER; name the person too."
        if self.move is None and not self.join and (self.department or self.title or self.manager):
            return "--department, --title and --manager belong to --move USER or --join NAME."
        if self.move is not None and not (self.department or self.title or self.manager):
            return "--move needs a --department, a --title or a --manager."
        return None


def apply_changes(directory: Directory, ordered: OrderedChanges) -> list[str]:
    """Apply the changes and return one sentence each; raises DirectoryError at the first that is refused."""
    return [
        *_join(directory, ordered),
        *_rename(directory, ordered),
        *_move(directory, ordered),
        *_roles(directory, ordered),
        *_leave(directory, ordered),
        *_return(directory, ordered),
    ]


def _join(directory: Directory, ordered: OrderedChanges) -> list[str]:
    done = []
    for name in ordered.join:
        given, _, surname = name.partition(" ")
        user = directory.join(
            given,
            surname or None,
            department=ordered.department or "Sales",
            job_title=ordered.title or "Account Executive",
            manager=ordered.manager,
            role=next(iter(directory.roles)),
        )
        done.append(f"{user.display_name} joins {user.department} as {user.user_principal_name}.")
    return done


def _rename(directory: Directory, ordered: OrderedChanges) -> list[str]:
    if ordered.rename is None:
        return []
    before = directory.find(ordered.rename)
    first, _, rest = (ordered.new_name or "").partition(" ")
    given, surname = (first, rest) if rest else (None, first or None)
    after = directory.rename(before, given_name=given, surname=surname)
    return [f"{before.display_name} is now {after.display_name}, {after.user_principal_name}."]


def _move(directory: Directory, ordered: OrderedChanges) -> list[str]:
    if ordered.move is None:
        return []
    user = directory.move(
        ordered.move, department=ordered.department, job_title=ordered.title, manager=ordered.manager
    )
    return [f"{user.display_name} works in {user.department} as {user.job_title}."]


def _roles(directory: Directory, ordered: OrderedChanges) -> list[str]:
    return [
        f"{directory.assign_role(user, role).display_name} has the app role {role}."
        for user, role in ordered.roles
    ]


def _leave(directory: Directory, ordered: OrderedChanges) -> list[str]:
    ways = (
        (ordered.leave, Leaving.DELETE, "is deleted and can be restored for 30 days"),
        (ordered.block, Leaving.BLOCK, "is blocked from signing in"),
        (ordered.unassign, Leaving.UNASSIGN, "is no longer assigned to the application"),
    )
    return [
        f"{directory.leave(user, how).display_name} {sentence}."
        for users, how, sentence in ways
        for user in users
    ]


def _return(directory: Directory, ordered: OrderedChanges) -> list[str]:
    done = [f"{directory.restore(user).display_name} is back." for user in ordered.restore]
    for reference in ordered.purge:
        name = directory.find(reference).display_name
        directory.purge(reference)
        done.append(f"{name} is removed for good.")
    return done
