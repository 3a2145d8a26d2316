"""The on-demand run: one person, and Entra's five steps, each told with what it saw.

The steps and their order are those of Microsoft's page on on-demand provisioning. Entra shows the first only
when it fails; here it is always shown. References (the manager) are left to the next cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from syncline.rehearsal.directory import Directory, UserRef
from syncline.rehearsal.entra import EntraClient
from syncline.rehearsal.entra_run import EntraRun
from syncline.rehearsal.failures import incompatible
from syncline.rehearsal.log import Entry, Status
from syncline.rehearsal.objects import DirectoryError, DirectoryUser, ObjectKind
from syncline.rehearsal.run import NOT_ENTITLED, Attempt, Outcome, settle, skipped
from syncline.rehearsal.users import UserStep

STEPS = (
    "Test connection",
    "Import user",
    "Determine if user is in scope",
    "Match user between source and target system",
    "Perform action",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, how it ended, one sentence, and the details an administrator can open."""

    name: str
    status: Status
    sentence: str
    details: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class OnDemandResult:
    """The five steps, those after a failure or a skip included as skipped, and the entry in the log."""

    user: DirectoryUser
    steps: tuple[Step, ...]
    entry: Entry

    @property
    def ok(self) -> bool:
        """Whether nothing failed; a skipped person is no failure."""
        return self.entry.status is not Status.FAILURE


def choose(directory: Directory, reference: UserRef) -> DirectoryUser:
    """Return the person; raises DirectoryError for somebody Entra's search does not offer."""
    user = directory.find(reference)
    if not user.active:
        raise DirectoryError(
            f"{user.display_name} is blocked or deleted, and on-demand provisioning does not offer such people. "
            "Run an incremental cycle instead."
        )
    return user


async def probe(client: EntraClient, kind: ObjectKind) -> None:
    """Look for an object named after a random GUID; raises ProvisioningFailure unless the list is empty."""
    attribute = "userName" if kind is ObjectKind.USER else "displayName"
    found = await client.find(kind, attribute, str(uuid4()))
    if found is not None:
        raise incompatible(
            "Test connection", "a random GUID was matched: the application ignores the filter."
        )


async def provision(run: EntraRun, user: DirectoryUser) -> OnDemandResult:
    """Take one person through the five steps."""
    attempt = Attempt()
    told = _Told()
    work = _steps(run, user, attempt, told)
    entry = await settle(run, user.object_id, ObjectKind.USER, attempt, work)
    if entry is None:
        raise RuntimeError("An on-demand run always has an outcome.")
    if entry.status is Status.FAILURE:
        told.add(Status.FAILURE, f"{entry.code}: {entry.reason}", attempted=entry.modified_properties)
    while len(told.steps) < len(STEPS):
        told.add(Status.SKIPPED, "Not reached.")
    return OnDemandResult(user, tuple(told.steps), entry)


class _Told:
    def __init__(self) -> None:
        self.steps: list[Step] = []

    def add(self, status: Status, sentence: str, **details: Any) -> None:
        """Tell the next step; underscores in the names of details stand for spaces."""
        named = tuple((name.replace("_", " "), value) for name, value in details.items())
        self.steps.append(Step(STEPS[len(self.steps)], status, sentence, named))


async def _steps(run: EntraRun, user: DirectoryUser, attempt: Attempt, told: _Told) -> Outcome:
    await probe(run.client, ObjectKind.USER)
    told.add(Status.SUCCESS, "The application accepts the token and answers an empty list for a random GUID.")
    step = UserStep(run, user, attempt)
    told.add(Status.SUCCESS, f"{user.display_name} was read from the directory.", **_imported(step))
    scope = step.scope
    entitled = step.concerns_the_application
    sentence = "The person is assigned and active." if scope.holds else scope.reason
    told.add(
        Status.SUCCESS if entitled else Status.SKIPPED,
        sentence,
        Active_in_source_system=scope.active,
        Assigned_to_application=scope.assigned,
    )
    if not entitled:
        return skipped(NOT_ENTITLED, scope.reason)
    await step.match()
    told.add(Status.SUCCESS, *_matched(step))
    outcome = await step.act()
    told.add(outcome.status, _performed(outcome), modified=_modified(outcome))
    return outcome


def _imported(step: UserStep) -> dict[str, Any]:
    shown: dict[str, Any] = {flow.source: flow.value(step.user) for flow in step.run.mapping.flows}
    shown["appRoleAssignments"] = [role.value for role in step.roles]
    return {name: value for name, value in shown.items() if value}


def _matched(step: UserStep) -> tuple[str]:
    if step.target is None:
        return ("Nobody at the application matches: the person will be created.",)
    return (f"The person is {step.target['id']} at the application, found by {step.matched_by}.",)


def _performed(outcome: Outcome) -> str:
    if outcome.reason:
        return outcome.reason
    return f"{outcome.action.value.capitalize()}: {len(outcome.modified)} attributes were sent."


def _modified(outcome: Outcome) -> list[dict[str, Any]]:
    return [{"displayName": op.path, "oldValue": op.old, "newValue": op.value} for op in outcome.modified]
