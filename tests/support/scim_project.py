"""The project of HubSpot's SCIM guide, uploaded into an account as its command line would."""

from __future__ import annotations

from syncline.clock import Clock
from syncline.portal import administration
from syncline.portal.domain.project import PLATFORM_VERSIONS
from syncline.portal.domain.project_source import pack, source_files, upload_request
from syncline.portal.domain.project_template import SCIM_PROJECT, project_files
from syncline.portal.store.store import Store


async def upload_scim_project(
    store: Store, clock: Clock, account: str, *, name: str = SCIM_PROJECT, role_sync: bool = False
) -> None:
    """Upload the project and deploy it; a second time it is another build."""
    files = source_files(project_files(name, uid=name, role_sync=role_sync))
    await administration.upload_project(
        store,
        clock,
        account,
        request=upload_request(name, files),
        platform_version=PLATFORM_VERSIONS[0],
        archive=pack(files),
    )
