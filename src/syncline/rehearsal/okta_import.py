"""Import: Okta reads all users of the application, page by page, and sees who is whom.

Somebody it knows by the cached id is confirmed, somebody with a login of the directory is matched exactly; the
rest an administrator confirms or ignores by hand. Documented by Okta; nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass

from syncline.rehearsal import paths
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.okta_run import OktaRun
from syncline.rehearsal.paths import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """Who was read: `known` and `matched` are object ids, `unknown` the logins nobody has.

    `missing` are object ids of people Okta had at the application who were not there.
    """

    known: tuple[str, ...] = ()
    matched: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def read(self) -> int:
        """How many users the application has."""
        return len(self.known) + len(self.matched) + len(self.unknown)


async def import_users(run: OktaRun) -> ImportResult:
    """Read everybody; an exact match is adopted. Raises ProvisioningFailure, and then adopts nobody."""
    resources = [resource async for resource in run.client.everything(ObjectKind.USER)]
    linked = {
        link.target_id: object_id
        for object_id, link in run.state.links.items()
        if link.kind is ObjectKind.USER
    }
    people = {user.known_principal_name.casefold(): user for user in run.directory.people()}
    known, matched, unknown = [], [], []
    for resource in resources:
        login = str(paths.member(resource, "userName"))
        user = people.get(login.casefold())
        if resource["id"] in linked:
            known.append(linked[resource["id"]])
        elif user is not None and user.object_id not in run.state.links:
            _adopt(run, user.object_id, user.display_name, resource)
            matched.append(user.object_id)
        else:
            unknown.append(login)
    missing = [object_id for object_id in linked.values() if object_id not in known]
    return ImportResult(
        known=tuple(known), matched=tuple(matched), unknown=tuple(unknown), missing=tuple(missing)
    )


def _adopt(run: OktaRun, object_id: str, name: str, resource: Resource) -> None:
    link = run.link(object_id, ObjectKind.USER, resource["id"], name)
    link.managed = paths.member(resource, "active") is True
    run.state.pending[object_id] = ObjectKind.USER
