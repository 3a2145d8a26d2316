"""The operations that keep an installation well, by name; they join those of `services.operations`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from syncline.clock import Clock
from syncline.gateway.services.backups import Backups
from syncline.gateway.services.calling import Operation
from syncline.gateway.services.diagnosis import Diagnosis
from syncline.gateway.services.ports import Links, Store
from syncline.gateway.services.retention import Reads
from syncline.gateway.services.tenants import Tenants
from syncline.gateway.services.upkeep import LogKeeping, Upkeep, Visitor


def maintenance(
    store: Store,
    links: Links,
    logs: LogKeeping,
    upkeep: Upkeep,
    visit: Visitor,
    clock: Clock,
    *,
    folder: Path,
    address: Callable[[], str],
    serving: bool,
) -> Mapping[str, Operation]:
    """Return the table. `folder` is the data folder, `serving` says whether this process is its server."""
    tenants = Tenants(store, clock, address, lambda _tenant: None)
    backups = Backups(upkeep, clock)
    diagnosis = Diagnosis(
        store,
        tenants,
        links,
        logs,
        upkeep,
        visit,
        clock,
        folder=folder,
        public_url=address,
        serving=serving,
    )
    return {
        "backup.create": backups.create,
        "key.rotate": backups.rotate_key,
        "events.reads": Reads(logs, tenants).list,
        "doctor.run": diagnosis.run,
    }
