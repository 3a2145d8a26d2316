"""A simulated company and its job's memory in one file, so that cycles can run from one command to the next.

The file holds no secret: no token, only names that chance drew and ids the application gave.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from syncline.rehearsal.changelog import ChangeLog
from syncline.rehearsal.directory import Directory
from syncline.rehearsal.escrow import Escrow, Waiting
from syncline.rehearsal.job import JobState, Link
from syncline.rehearsal.objects import Change, DirectoryGroup, DirectoryUser, ObjectKind
from syncline.rehearsal.quarantine import Cause, Quarantine

FORMAT = 2


class StateError(Exception):
    """A state file that cannot be used; the message says why and what to do."""


def save(path: Path, provider: str, base_url: str, directory: Directory, job: JobState) -> None:
    """Write the file whole or not at all."""
    document = {
        "format": FORMAT,
        "provider": provider,
        "base_url": base_url,
        "directory": _directory_document(directory),
        "job": _job_document(job),
    }
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        scratch.write_bytes(orjson.dumps(document))
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise StateError(f"The state cannot be written to {path}: {error.strerror}.") from error


def load(path: Path, provider: str | None = None, base_url: str | None = None) -> tuple[Directory, JobState]:
    """Return the company and the job of a file.

    Raises StateError for a file that is none of ours, or whose memory is another provider's or of another
    tenant URL.
    """
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise StateError(f"The state cannot be read from {path}: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        raise StateError(f"{path} is no state of a rehearsal. Name another file.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise StateError(f"{path} is no state this version reads. Name another file.")
    if provider is not None and document["provider"] != provider:
        raise StateError(
            f"The state in {path} is what {document['provider']} remembers, and {provider} works otherwise. "
            "Name another file."
        )
    if base_url is not None and document["base_url"] != base_url:
        raise StateError(
            f"The state in {path} belongs to {document['base_url']}, and the ids in it are of no use at {base_url}. "
            "Name another file."
        )
    try:
        return _directory(document["directory"]), _job(document["job"])
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(f"{path} is damaged ({error!r}). Name another file to start anew.") from error


def _directory_document(directory: Directory) -> dict[str, Any]:
    return {
        "domain": directory.domain,
        "seed": directory.seed,
        "drawn": directory.drawn,
        "roles": list(directory.roles),
        "users": [asdict(user) for user in directory.users.values()],
        "groups": [{**asdict(group), "members": list(group.members)} for group in directory.groups.values()],
        "direct": {key: list(roles) for key, roles in directory.direct.items()},
        "assigned_groups": directory.assigned_groups,
        "changes": [[c.sequence, c.object_id, c.kind.value] for c in directory.log.since(0)],
    }


def _directory(document: dict[str, Any]) -> Directory:
    directory = Directory(domain=document["domain"], seed=document["seed"], roles=document["roles"])
    for properties in document["users"]:
        directory.put(DirectoryUser(**properties))
    directory.index_memberships(
        DirectoryGroup(**{**properties, "members": dict.fromkeys(properties["members"])})
        for properties in document["groups"]
    )
    directory.direct = {key: tuple(roles) for key, roles in document["direct"].items()}
    directory.assigned_groups = dict(document["assigned_groups"])
    directory.drawn = document["drawn"]
    directory.log = ChangeLog([Change(s, i, ObjectKind(kind)) for s, i, kind in document["changes"]])
    return directory


def _job_document(job: JobState) -> dict[str, Any]:
    return {
        "watermark": job.watermark,
        "cycles": job.cycles,
        "finished_at": job.finished_at,
        "links": {key: {**asdict(link), "members": list(link.members)} for key, link in job.links.items()},
        "pending": job.pending,
        "references": job.references,
        "escrow": _escrow_document(job.escrow),
        "reference_escrow": _escrow_document(job.reference_escrow),
        "quarantine": asdict(job.quarantine) if job.quarantine else None,
        "staged": job.staged,
        "deletions_allowed": job.deletions_allowed,
        "departed": job.departed,
    }


def _job(document: dict[str, Any]) -> JobState:
    links = {
        key: Link(**{**link, "kind": ObjectKind(link["kind"]), "members": dict.fromkeys(link["members"])})
        for key, link in document["links"].items()
    }
    return JobState(
        links=links,
        watermark=document["watermark"],
        cycles=document["cycles"],
        finished_at=document["finished_at"],
        pending=_kinds(document["pending"]),
        references=_kinds(document["references"]),
        escrow=_escrow(document["escrow"]),
        reference_escrow=_escrow(document["reference_escrow"]),
        quarantine=_quarantine(document["quarantine"]),
        staged=_kinds(document["staged"]),
        deletions_allowed=document["deletions_allowed"],
        departed=dict(document["departed"]),
    )


def _kinds(document: dict[str, str]) -> dict[str, ObjectKind]:
    return {key: ObjectKind(kind) for key, kind in document.items()}


def _escrow_document(escrow: Escrow) -> dict[str, Any]:
    waiting = {key: asdict(held) for key, held in escrow.waiting.items()}
    return {"waiting": waiting, "given_up": escrow.given_up}


def _escrow(document: dict[str, Any]) -> Escrow:
    waiting = {
        key: Waiting(**{**held, "kind": ObjectKind(held["kind"])})
        for key, held in document["waiting"].items()
    }
    return Escrow(waiting, document["given_up"])


def _quarantine(document: dict[str, Any] | None) -> Quarantine | None:
    return None if document is None else Quarantine(**{**document, "cause": Cause(document["cause"])})
