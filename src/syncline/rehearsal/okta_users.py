"""One person's way to the application as Okta goes it: looked up once, created or adopted, edited, deactivated.

Unassigned or deactivated in Okta → `active` false; suspended → nothing is sent; deleted after that → nothing
more, and never DELETE.
"""

from __future__ import annotations

from syncline.rehearsal import paths
from syncline.rehearsal.job import Link
from syncline.rehearsal.log import Action, Entry
from syncline.rehearsal.objects import DirectoryUser, ObjectKind
from syncline.rehearsal.okta_documents import Profile, creation_body, edited, profile, without_path
from syncline.rehearsal.okta_run import OktaRun, OktaStyle
from syncline.rehearsal.operations import Operation
from syncline.rehearsal.paths import Resource
from syncline.rehearsal.run import NO_CHANGE, NOT_ENTITLED, Attempt, Outcome, settle, skipped

_GONE = "The application has no such user any more; the next try looks the person up again."


async def provision_user(run: OktaRun, object_id: str) -> Entry | None:
    """Bring one person in line at the application and log the outcome."""
    attempt = Attempt()
    work = _provision(run, object_id, attempt)
    return await settle(run, object_id, ObjectKind.USER, attempt, work)


async def push_password(run: OktaRun, object_id: str, password: str) -> Entry | None:
    """Send a person's new password, as password sync does; the log never shows it."""
    attempt = Attempt(Action.UPDATE)
    work = _password(run, object_id, password)
    return await settle(run, object_id, ObjectKind.USER, attempt, work)


async def _provision(run: OktaRun, object_id: str, attempt: Attempt) -> Outcome | None:
    user, link = run.directory.users.get(object_id), run.state.links.get(object_id)
    if user is None:
        outcome = await _deactivate(run, object_id, link, attempt) if link is not None else None
        run.state.release(object_id)
        return outcome
    if user.deleted_at is not None or not run.directory.is_assigned(object_id):
        if link is None or not link.managed:
            return skipped(
                NOT_ENTITLED, "The person is deactivated or has not been assigned the application."
            )
        return await _deactivate(run, object_id, link, attempt)
    if not user.account_enabled:
        return skipped(NOT_ENTITLED, "The person is suspended: Okta sends nothing.")
    return await _assign(run, user, link, attempt)


async def _assign(run: OktaRun, user: DirectoryUser, link: Link | None, attempt: Attempt) -> Outcome:
    wanted = profile(user, run.directory.app_roles(user.object_id))
    if link is not None:
        attempt.target_id = link.target_id
        return await _update(run, user, link, wanted, attempt)
    found = await run.client.find(ObjectKind.USER, "userName", str(wanted["userName"]))
    if found is None:
        return await _create(run, user, wanted, attempt)
    link = run.link(user.object_id, ObjectKind.USER, found["id"], user.display_name)
    link.managed = paths.member(found, "active") is True
    attempt.target_id = link.target_id
    return await _update(run, user, link, wanted, attempt)


async def _create(run: OktaRun, user: DirectoryUser, wanted: Profile, attempt: Attempt) -> Outcome:
    modified = tuple(Operation("Add", path, value) for path, value in wanted.items() if value is not None)
    attempt.action, attempt.modified = Action.CREATE, modified
    body = creation_body(wanted, f"Okta-{user.object_id[:8]}")
    created = await run.client.create(ObjectKind.USER, body)
    link = run.link(user.object_id, ObjectKind.USER, created["id"], user.display_name)
    # An answer that does not say `active: true` makes Okta activate the user again and again.
    if paths.member(created, "active") is not True:
        link.managed = False
        run.state.pending[user.object_id] = ObjectKind.USER
    return Outcome(Action.CREATE, target_id=link.target_id, modified=modified)


async def _update(
    run: OktaRun, user: DirectoryUser, link: Link, wanted: Profile, attempt: Attempt
) -> Outcome:
    reactivated = not link.managed
    values: dict[str, str | bool | None] = {**wanted}
    attempt.action = Action.UPDATE
    if reactivated and run.style is OktaStyle.CATALOGUE:
        await run.client.change("PATCH", ObjectKind.USER, link.target_id, without_path({"active": True}))
    elif reactivated:
        values["active"] = True
    document = await _read(run, user.object_id, link)
    if document is None:
        run.state.pending[user.object_id] = ObjectKind.USER
        return skipped("InvalidAnchor", _GONE, link.target_id)
    modified = [op for path, value in values.items() if (op := _changed(path, value, document))]
    attempt.modified = tuple(modified)
    if modified:
        await run.client.change("PUT", ObjectKind.USER, link.target_id, edited(document, values))
    link.managed, link.name = True, user.display_name
    if reactivated:
        run.members_change(user.object_id)
        if run.style is OktaStyle.CATALOGUE:
            modified.insert(0, Operation("Replace", "active", True, False))
    if not modified:
        return skipped(NO_CHANGE, "The application holds all of it already.", link.target_id)
    return Outcome(Action.UPDATE, target_id=link.target_id, modified=tuple(modified))


def _changed(path: str, value: str | bool | None, document: Resource) -> Operation | None:
    held = paths.read(document, path)
    return None if held == value else Operation("Replace", path, value, held)


async def _deactivate(run: OktaRun, object_id: str, link: Link, attempt: Attempt) -> Outcome | None:
    if not link.managed:
        return None
    attempt.action, attempt.target_id = Action.DISABLE, link.target_id
    attempt.modified = (Operation("Replace", "active", False, True),)
    if run.style is OktaStyle.CATALOGUE:
        await run.client.change("PATCH", ObjectKind.USER, link.target_id, without_path({"active": False}))
    else:
        document = await _read(run, object_id, link)
        if document is None:
            return skipped(NOT_ENTITLED, "The application has no such user any more.", link.target_id)
        await run.client.change("PUT", ObjectKind.USER, link.target_id, edited(document, {"active": False}))
    link.managed = False
    run.members_change(object_id)
    return Outcome(Action.DISABLE, target_id=link.target_id, modified=attempt.modified)


async def _password(run: OktaRun, object_id: str, password: str) -> Outcome:
    link = run.state.links.get(object_id)
    if link is None or not link.managed:
        return skipped(NOT_ENTITLED, "The person is not an active user of the application.")
    if run.style is OktaStyle.CATALOGUE:
        body = without_path({"password": password})
        await run.client.change("PATCH", ObjectKind.USER, link.target_id, body)
    else:
        document = await _read(run, object_id, link)
        if document is None:
            return skipped(NOT_ENTITLED, "The application has no such user any more.", link.target_id)
        body = {**document, "password": password}
        await run.client.change("PUT", ObjectKind.USER, link.target_id, body)
    return Outcome(Action.UPDATE, target_id=link.target_id, modified=(Operation("Replace", "password", "…"),))


async def _read(run: OktaRun, object_id: str, link: Link) -> Resource | None:
    """Read the document before editing it; a link that leads nowhere is forgotten."""
    document = await run.client.read(ObjectKind.USER, link.target_id)
    if document is None:
        run.state.forget(object_id)
    return document
