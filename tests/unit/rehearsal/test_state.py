"""The state file: everything a provider remembers comes back as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncline.rehearsal import Directory, state
from syncline.rehearsal.escrow import Escrow
from syncline.rehearsal.job import JobState, Link
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.quarantine import Cause, Quarantine


def remembered() -> JobState:
    """Return a memory with something in every place."""
    escrow, references = Escrow(given_up=3), Escrow()
    escrow.failed("u1", ObjectKind.USER, 1_000)
    escrow.failed("u1", ObjectKind.USER, 2_000)
    references.failed("g1", ObjectKind.GROUP, 3_000)
    return JobState(
        links={"u2": Link(ObjectKind.USER, "t2", "Ada", False, "t1"), "g1": Link(ObjectKind.GROUP, "t3")},
        watermark=7,
        cycles=2,
        finished_at=5_000,
        pending={"u3": ObjectKind.USER},
        references={"g1": ObjectKind.GROUP},
        escrow=escrow,
        reference_escrow=references,
        quarantine=Quarantine(Cause.DELETIONS, "Too many.", 4_000),
        staged={"u4": ObjectKind.USER},
        deletions_allowed=True,
        departed={"u5": 6_000},
    )


def plain(job: JobState) -> dict[str, object]:
    """Return a memory in a form that compares."""
    values = {name: getattr(job, name) for name in JobState.__slots__}
    for name in ("escrow", "reference_escrow"):
        values[name] = (values[name].waiting, values[name].given_up)
    return values


def test_a_memory_comes_back_as_it_was(tmp_path: Path) -> None:
    company = Directory.seeded(size=3)
    state.save(tmp_path / "state", "Entra", "https://a.example", company, remembered())
    directory, job = state.load(tmp_path / "state", "Entra", "https://a.example")

    assert plain(remembered()) == plain(job)
    assert company.users == directory.users


def test_a_restart_remembers_nothing_but_how_often_it_ran() -> None:
    job = remembered()
    job.restart()

    assert plain(JobState(watermark=7, cycles=2, finished_at=5_000)) == plain(job)


def test_what_is_released_is_nowhere_any_more() -> None:
    job = remembered()
    for object_id in ("u1", "u2", "u3", "u5", "g1"):
        job.release(object_id)

    assert "{}" == str(job.links | job.pending | job.references | job.departed | job.escrow.waiting)
    assert 0 == len(job.reference_escrow)


def test_the_memory_of_another_provider_is_refused(tmp_path: Path) -> None:
    state.save(tmp_path / "state", "Okta", "https://a.example", Directory.seeded(size=1), JobState())

    with pytest.raises(state.StateError, match="what Okta remembers"):
        state.load(tmp_path / "state", "Entra")
