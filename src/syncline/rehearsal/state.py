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
from syncline.rehearsal.job import JobState, Link
from syncline.rehearsal.objects import Change, DirectoryGroup, DirectoryUser, ObjectKind

FORMAT = 1


class StateError(Exception):
    """A state file that cannot be used; the message says why and what to do."""


def save(path: Path, base_url: str, directory: Directory, job: JobState) -> None:
    """Write the file whole or not at all."""
    document = {
        "format": FORMAT,
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


def load(path: Path, base_url: str | None = None) -> tuple[Directory, JobState]:
    """Return the company and the job of a file.

    Raises StateError for a file that is none of ours, or whose cached ids belong to another tenant URL.
    """
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise StateError(f"The state cannot be read from {path}: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        raise StateError(f"{path} is no state of a rehearsal. Name another file.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise StateError(f"{path} is no state this version reads. Name another file.")
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
        "links": {key: {**asdict(link), "members": list(link.members)} for key, link in job.links.items()},
        "retry": job.retry,
        "references": job.references,
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
        retry={key: ObjectKind(kind) for key, kind in document["retry"].items()},
        references={key: ObjectKind(kind) for key, kind in document["references"].items()},
    )
