"""Builds: the schemas a project is checked with, the upload, and how a build is going."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from syncline.portal.domain.errors import UnsupportedMediaType, ValidationError
from syncline.portal.domain.project import PLATFORM_VERSIONS
from syncline.portal.domain.project_archive import LARGEST_ARCHIVE, read_archive
from syncline.portal.domain.project_components import UploadRequest, components_of
from syncline.portal.domain.project_schemas import SCHEMAS
from syncline.portal.store import project_reads
from syncline.portal.store.commands.builds import Upload
from syncline.portal.store.project_rows import no_build
from syncline.portal.web.answer import Answer
from syncline.portal.web.call import Call, read_body
from syncline.portal.web.paging import page_answer, page_bounds
from syncline.portal.web.projects.bodies import build_body, log_lines, structure
from syncline.portal.web.projects.developer import developers, number
from syncline.portal.web.projects.projects import named, numbered_build

LARGEST_REQUEST = 500_000
"""Bytes of a field beside the zip."""
_LARGEST_PAGE = 100
_LARGEST_UPLOAD = LARGEST_ARCHIVE + 2 * LARGEST_REQUEST


async def schemas(call: Call) -> Answer:
    """Return the JSON Schemas of a platform version's components."""
    _check_version(call.request.path_params["version"])
    return Answer(200, SCHEMAS)


async def upload(call: Call) -> Answer:
    """Build what was sent: the zip of a project's source, and what the command line made of it."""
    form = await _form(call)
    try:
        version, content = form.get("platformVersion"), form.get("uploadRequest")
        archive = form.get("projectFilesZip")
        if (
            not isinstance(version, str)
            or not isinstance(content, str)
            or not isinstance(archive, UploadFile)
        ):
            raise ValidationError(
                "An upload has the fields projectFilesZip (a file), platformVersion and uploadRequest."
            )
        zipped = await archive.read()
    finally:
        await form.close()
    _check_version(version)
    request = _upload_request(content)
    components = components_of(request, await asyncio.to_thread(read_archive, zipped))
    build = await call.store.writer.submit(
        Upload(
            portal_id=call.portal_id,
            name=request.project_name,
            platform_version=version,
            message=request.build_message or "",
            components=components,
            archive=zipped,
            auto_deploy=not request.skip_auto_deploy,
            user_id=call.grant.user_id,
            now=call.now,
        )
    )
    return Answer(200, {"createdBuildId": build.id})


async def list_builds(call: Call) -> Answer:
    """Return a project's builds, newest first."""
    project, (before, limit) = await named(call), page_bounds(call, _LARGEST_PAGE)
    found = await call.store.reader.scan(
        lambda connection: project_reads.builds_of(connection, project, limit + 1, before)
    )
    return page_answer(call, found, limit, lambda build: build_body(project, build), lambda build: build.id)


async def status(call: Call) -> Answer:
    """Return how a build went."""
    project = await named(call)
    return Answer(200, build_body(project, await numbered_build(call, project, number(call, "build_id"))))


async def parts(call: Call) -> Answer:
    """Return which part of a build lies below which."""
    build = await numbered_build(call, await named(call), number(call, "build_id"))
    return Answer(200, structure(build.id, build.components))


async def warnings(call: Call) -> Answer:
    """Return what a build warns of."""
    build = await numbered_build(call, await named(call), number(call, "build_id"))
    return Answer(200, log_lines(build.warnings, build.created_at))


async def download(call: Call) -> Answer:
    """Return the zip a build was made from."""
    project, build_id = await named(call), number(call, "build_id")
    found = await call.store.reader.point(
        lambda connection: project_reads.archive(connection, project, build_id)
    )
    if found is None:
        raise no_build(project.name, build_id)
    return Answer(200, found, {"Content-Type": "application/zip"})


async def _form(call: Call) -> FormData:
    """Return the fields of a multipart body, which is read within limits before anything looks into it."""
    request = call.request
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise UnsupportedMediaType("An upload is multipart/form-data.")
    content = await read_body(request, _LARGEST_UPLOAD)

    parser = MultiPartParser(
        request.headers, _whole(content), max_files=1, max_fields=10, max_part_size=LARGEST_REQUEST
    )
    try:
        return await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        raise ValidationError(f"The upload can't be read: {error}.") from None


async def _whole(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content


def _upload_request(content: str) -> UploadRequest:
    try:
        return msgspec.json.decode(content, type=UploadRequest)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValidationError(f"The field uploadRequest can't be read: {error}.") from None


def _check_version(version: str) -> None:
    if version not in PLATFORM_VERSIONS:
        message = f"{version[:40]!r} is no platform version of this portal; it knows {', '.join(PLATFORM_VERSIONS)}."
        raise ValidationError(message, sub_category="ProjectErrors.UNKNOWN_PLATFORM_VERSION")


_BUILD = "/dfs/v1/projects/{name}/builds"
ROUTES = {
    "/project-components-external/project-schemas/v3/{version}": {"GET": developers(schemas)},
    "/project-components-external/v3/upload/new-api": {"POST": developers(upload)},
    _BUILD: {"GET": developers(list_builds)},
    f"{_BUILD}/{{build_id}}/status": {"GET": developers(status)},
    f"{_BUILD}/{{build_id}}/archive-full": {"GET": developers(download)},
    "/dfs/v1/builds/by-project-name/{name}/builds/{build_id}/structure": {"GET": developers(parts)},
    "/dfs/logging/v1/logs/projects/{name}/builds/{build_id}/combined/warn": {"GET": developers(warnings)},
}
"""The addresses, each whole."""
