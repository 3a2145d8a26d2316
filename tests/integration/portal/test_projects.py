"""Developer projects over HTTP, call by call as HubSpot's command line makes them.

What each answer must hold was recorded from the real command line, version 8.14.
"""

from __future__ import annotations

import io
import json
from typing import Any

import aiohttp
import msgspec
import pytest

from syncline.portal.domain.project_archive import LARGEST_ARCHIVE
from syncline.portal.domain.project_source import pack, source_files, upload_request
from syncline.portal.domain.project_template import APP_FILE, SCIM_FILE, project_files
from syncline.portal.web.projects.builds import LARGEST_REQUEST
from tests.integration.portal.conftest import Client, Reply, World

PROJECTS = "/developer/projects/v1"
UPLOAD = "/project-components-external/v3/upload/new-api"
DEPLOY = "/dfs/deploy/v3/deploys/queue/async"
INFO = "/localdevauth/v1/auth/install-info"
INSTALL = "/apps-hublets/external/static-token/v3/current-account"
SCOPES = ["crm.objects.users.read", "crm.objects.users.write", "settings.users.read", "settings.users.write"]


async def developer(world: World, key: str) -> Client:
    """Trade a personal access key for a token, and return a client with it."""
    reply = await world.client(None).post("/localdevauth/v1/auth/refresh", {"encodedOAuthRefreshToken": key})
    assert 200 == reply.status, reply.body
    return world.client(reply.body["oauthAccessToken"])


@pytest.fixture
async def fresh(world: World) -> Client:
    """Open an account without a SCIM app and return its developer."""
    account = await world.open_account("fresh", with_scim=False)
    return await developer(world, account["personal_access_key"])


def guide(uid: str = "scim-app", **scim: Any) -> dict[str, bytes]:
    files = source_files(project_files("scim-app", uid=uid))
    return {**files, SCIM_FILE: json.dumps({"uid": "scim", "type": "scim", "config": scim}).encode()}


async def send(
    client: Client,
    files: dict[str, bytes],
    *,
    name: str = "scim-app",
    auto_deploy: bool = True,
    archive: bytes | None = None,
    version: str = "2025.2",
    **instead: Any,
) -> Reply:
    """Upload files as the command line does; `instead` replaces members of the upload request."""
    request = msgspec.to_builtins(upload_request(name, files, message="first", auto_deploy=auto_deploy))
    form = aiohttp.FormData()
    zipped = io.BytesIO(pack(files) if archive is None else archive)
    form.add_field("projectFilesZip", zipped, filename="tmp-1.zip", content_type="application/zip")
    form.add_field("platformVersion", version)
    form.add_field("uploadRequest", json.dumps({**request, **instead}))
    async with client.session.post(
        client.base_url + UPLOAD, data=form, headers={"Authorization": f"Bearer {client.token}"}
    ) as response:
        return Reply(response.status, response.headers, await response.json())


async def make(client: Client, files: dict[str, bytes], *, name: str = "scim-app", **options: Any) -> int:
    """Make a project, upload into it and return the build's number."""
    await client.post(PROJECTS, {"name": name})
    reply = await send(client, files, name=name, **options)
    assert 200 == reply.status, reply.body
    build: int = reply.body["createdBuildId"]
    return build


async def install(client: Client, uid: str = "scim-app", name: str = "scim-app") -> int:
    """Install a project's app as the command line does, and return its number."""
    project = (await client.get(f"{PROJECTS}/by-name/{name}")).body
    asked = {
        "portalId": project["portalId"],
        "projectId": project["id"],
        "sourceId": uid,
        "requiredScopeGroups": SCOPES,
        "optionalScopeGroups": [],
    }
    info = (await client.post(INFO, asked)).body
    app = (await client.get(f"/apps-dev/external/public/v3/{info['appId']}/full")).body
    order = {
        "appId": app["id"],
        "targetInstallPortalId": project["portalId"],
        "scopeGroupIds": app["scopeGroupIds"],
    }
    reply = await client.post(INSTALL, order)
    assert 200 == reply.status, reply.body
    return int(app["id"])


async def test_a_personal_access_key_is_traded_for_a_token_of_half_an_hour(world: World) -> None:
    key = world.account["personal_access_key"]
    reply = await world.client(None).post("/localdevauth/v1/auth/refresh", {"encodedOAuthRefreshToken": key})
    client = world.client(reply.body["oauthAccessToken"])

    assert (world.account["portal_id"], "acme", "STANDARD", key) == (
        reply.body["hubId"],
        reply.body["hubName"],
        reply.body["accountType"],
        reply.body["encodedOAuthRefreshToken"],
    )
    assert world.clock.now() + 1_800_000 == reply.body["expiresAtMillis"]
    assert ({}, True) == (
        reply.body["enabledFeatures"],
        "developer.projects.write" in reply.body["scopeGroups"],
    )
    assert 200 == (await client.get("/settings/v3/users")).status
    await world.clock.advance(1_800_000)
    assert 401 == (await client.get(PROJECTS)).status


async def test_what_is_no_personal_access_key_opens_nothing(world: World) -> None:
    for key in ("nonsense", world.account["access_token"], world.account["scim_token"], "x" * 600):
        reply = await world.client(None).post(
            "/localdevauth/v1/auth/refresh", {"encodedOAuthRefreshToken": key}
        )
        assert (401, "INVALID_AUTHENTICATION") == (reply.status, reply.body["category"])


async def test_projects_are_open_to_developers_of_the_account_only(world: World, fresh: Client) -> None:
    other = world.account["portal_id"]

    assert (403, "MISSING_SCOPES") == (
        (await world.api.get(PROJECTS)).status,
        (await world.api.get(PROJECTS)).body["category"],
    )
    assert 401 == (await world.client(world.account["personal_access_key"]).get(PROJECTS)).status
    assert 403 == (await fresh.get(f"{PROJECTS}?portalId={other}")).status
    assert 404 == (await fresh.get(f"{PROJECTS}/by-name/scim-app")).status


async def test_the_small_calls_around_each_command_are_answered(world: World, fresh: Client) -> None:
    usage = {"eventName": "cli-interaction", "eventClass": "INTERACTION", "meta": {"action": "upload"}}

    assert [] == (await fresh.get("/firealarm/v4/alarm/hubspot-cli/1")).body
    assert {"enabledFeatures": {}} == (await fresh.get("/localdevauth/v1/auth/enabled-features")).body
    assert 204 == (await world.client(None).post("/local/dev/tools/proxy/v1/usage", usage)).status


async def test_schemas_are_served_for_each_known_platform_version(fresh: Client) -> None:
    path = "/project-components-external/project-schemas/v3"

    schemas = (await fresh.get(f"{path}/2025.2")).body
    unknown = await fresh.get(f"{path}/2023.1")

    assert {"APPLICATION", "SCIM_INTEGRATION"} == schemas.keys()
    assert "roleSyncEnabled" not in schemas["SCIM_INTEGRATION"].get("required", [])
    assert schemas == (await fresh.get(f"{path}/2026.03")).body
    assert (400, "VALIDATION_ERROR") == (unknown.status, unknown.body["category"])


async def test_an_upload_is_built_and_deployed(fresh: Client) -> None:
    build_id = await make(fresh, guide())

    build = (await fresh.get(f"/dfs/v1/projects/scim-app/builds/{build_id}/status")).body
    structure = (await fresh.get(f"/dfs/v1/builds/by-project-name/scim-app/builds/{build_id}/structure")).body
    deploy_id = build["deployStatusTaskLocator"]["id"]
    deploy = (await fresh.get(f"/dfs/deploy/v1/deploy-status/projects/scim-app/deploys/{deploy_id}")).body
    project = (await fresh.get(f"{PROJECTS}/by-name/scim-app")).body

    assert (1, "SUCCESS", "2025.2", "first", True, "DEPLOYABLE") == (
        build["buildId"],
        build["status"],
        build["platformVersion"],
        build["uploadMessage"],
        build["isAutoDeployEnabled"],
        build["deployableState"],
    )
    parts = {part["buildName"]: part for part in build["subbuildStatuses"]}
    assert ["APPLICATION", "SCIM_INTEGRATION"] == [parts["scim-app"]["buildType"], parts["scim"]["buildType"]]
    assert {parts["scim-app"]["id"]: [parts["scim"]["id"]]} == structure["topLevelComponentsWithChildren"]
    assert (build["autoDeployId"], "SUCCESS") == (deploy["deployId"], deploy["status"])
    assert {"INSTALL"} == {part["action"] for part in deploy["subdeployStatuses"]}
    assert (1, 1, False) == (
        project["deployedBuildId"],
        project["latestBuild"]["buildId"],
        project["isLocked"],
    )
    assert [project] == (await fresh.get(PROJECTS)).body["results"]


async def test_logs_tell_what_to_replace_and_what_is_still_missing(world: World, fresh: Client) -> None:
    app = json.loads(guide()[APP_FILE])
    app["config"]["auth"]["requiredScopes"] = ["crm.objects.contacts.read"]
    await make(fresh, {**guide(roleSyncEnabled=True), APP_FILE: json.dumps(app).encode()})
    await fresh.get(PROJECTS)
    logs = "/dfs/logging/v1/logs/projects/scim-app"

    (boilerplate,) = (await fresh.get(f"{logs}/builds/1/combined/warn")).body["logs"]

    assert "is not yet what HubSpot's SCIM guide tells you to put there" in boilerplate["message"]
    assert [] == (await fresh.get(f"{logs}/deploys/1/combined/warn")).body["logs"]


async def test_a_deploy_warns_of_what_keeps_scim_from_working(world: World) -> None:
    account = await world.open_account("bare", with_scim=False, role_sync=False, sso=False)
    client = await developer(world, account["personal_access_key"])
    await make(client, guide(roleSyncEnabled=True))

    logs = (await client.get("/dfs/logging/v1/logs/projects/scim-app/deploys/1/combined/warn")).body["logs"]

    assert ["single sign-on", "permission set management"] == [
        word
        for line in logs
        for word in ("single sign-on", "permission set management")
        if word in line["message"]
    ]


async def test_an_upload_without_deploy_waits_for_one(world: World, fresh: Client) -> None:
    await make(fresh, guide(), auto_deploy=False)
    project = (await fresh.get(f"{PROJECTS}/by-name/scim-app")).body

    queued = (await fresh.post(DEPLOY, {"projectName": "scim-app", "targetBuildId": 1})).body

    assert ("deployedBuild" in project, 0) == (False, project["latestBuild"]["autoDeployId"])
    assert "DEPLOY_QUEUED" == queued["buildResultType"]
    assert 200 == (await fresh.get(queued["links"]["status"])).status
    assert 1 == (await fresh.get(f"{PROJECTS}/by-name/scim-app")).body["deployedBuildId"]


async def test_a_failed_build_is_kept_with_its_errors_and_cannot_be_deployed(fresh: Client) -> None:
    await make(fresh, guide(roleSyncEnabled="yes"))

    build = (await fresh.get("/dfs/v1/projects/scim-app/builds/1/status")).body
    blocked = (await fresh.post(DEPLOY, {"projectName": "scim-app", "targetBuildId": 1})).body

    assert ("FAILURE", 0, "NOT_DEPLOYABLE") == (
        build["status"],
        build["autoDeployId"],
        build["deployableState"],
    )
    failed = next(part for part in build["subbuildStatuses"] if part["buildName"] == "scim")
    assert ["config.roleSyncEnabled: 'yes' is not of type 'boolean'."] == [
        error["message"] for error in failed["standardError"]["errors"]
    ]
    assert ("DEPLOY_BLOCKED", "scim") == (blocked["buildResultType"], blocked["issues"][0]["uid"])


async def test_builds_are_listed_by_page_newest_first_and_downloaded(fresh: Client) -> None:
    await make(fresh, guide())
    for _ in range(2):
        await send(fresh, guide())

    page = (await fresh.get("/dfs/v1/projects/scim-app/builds?limit=2")).body
    rest = (await fresh.get(f"/dfs/v1/projects/scim-app/builds?after={page['paging']['next']['after']}")).body
    async with fresh.session.get(
        f"{fresh.base_url}/dfs/v1/projects/scim-app/builds/1/archive-full",
        headers={"Authorization": f"Bearer {fresh.token}"},
    ) as response:
        content = await response.read()

    assert [3, 2, 1] == [build["buildId"] for build in (*page["results"], *rest["results"])]
    assert ("paging" in rest, pack(guide())) == (False, content)


async def test_an_app_is_installed_once_with_exactly_its_scopes(world: World, fresh: Client) -> None:
    await make(fresh, guide())
    project = (await fresh.get(f"{PROJECTS}/by-name/scim-app")).body
    asked = {"projectId": project["id"], "sourceId": "scim-app", "requiredScopeGroups": SCOPES}
    before = (await fresh.post(INFO, asked)).body
    forged = {"appId": before["appId"], "targetInstallPortalId": project["portalId"], "scopeGroupIds": [1]}
    elsewhere = {**forged, "targetInstallPortalId": world.account["portal_id"]}

    refused = [await fresh.post(INSTALL, order) for order in (forged, elsewhere)]
    app_id = await install(fresh)
    after = (await fresh.post(INFO, asked)).body

    assert [400, 400] == [reply.status for reply in refused]
    assert (app_id, False, []) == (
        before["appId"],
        before["isInstalledWithScopeGroups"],
        before["previouslyAuthorizedScopeGroups"],
    )
    assert (True, SCOPES) == (
        after["isInstalledWithScopeGroups"],
        [scope["name"] for scope in after["previouslyAuthorizedScopeGroups"]],
    )
    listed = (await fresh.get("/apps-dev/external/public/v3/full/portal")).body["results"]
    path = f"/apps-dev/external/public/v3/project-id/{project['id']}/source-id/scim-app?sourceId=scim-app"
    assert listed == [(await fresh.get(path)).body]
    assert ("STATIC", "PRIVATE", 1) == (
        listed[0]["authType"],
        listed[0]["distributionType"],
        listed[0]["publicApplicationInstallCounts"]["uniquePortalInstallCount"],
    )
    assert 404 == (await fresh.post(INFO, {**asked, "sourceId": "other"})).status


async def test_an_account_has_one_scim_app(world: World, fresh: Client) -> None:
    await make(fresh, guide(), auto_deploy=False)
    await fresh.post(PROJECTS, {"name": "second"})

    second = await send(fresh, guide("second-app"), name="second")

    assert (400, "ProjectErrors.SCIM_APP_LIMIT") == (second.status, second.body["subCategory"])
    assert "limit of one SCIM app" in second.body["message"]
    assert "latestBuild" not in (await fresh.get(f"{PROJECTS}/by-name/second")).body
    await fresh.delete(f"{PROJECTS}/scim-app")
    assert 200 == (await send(fresh, guide("second-app"), name="second")).status


async def test_an_old_build_cannot_bring_a_second_scim_app_back(fresh: Client) -> None:
    without = {path: content for path, content in guide().items() if path != SCIM_FILE}
    await make(fresh, guide())
    await send(fresh, without)
    await make(fresh, guide("second-app"), name="second")

    blocked = (await fresh.post(DEPLOY, {"projectName": "scim-app", "targetBuildId": 1})).body

    assert "DEPLOY_BLOCKED" == blocked["buildResultType"]
    (message,) = [one["message"] for one in blocked["issues"][0]["blockingMessages"]]
    assert "the project second of this account has it" in message


async def test_a_uid_is_distinct_within_the_account(fresh: Client) -> None:
    await make(fresh, guide())
    without = {path: content for path, content in guide().items() if path != SCIM_FILE}
    await fresh.post(PROJECTS, {"name": "second"})

    taken = await send(fresh, without, name="second")

    assert (400, "ProjectErrors.APP_UID_TAKEN") == (taken.status, taken.body["subCategory"])


async def test_scim_needs_professional_or_enterprise(world: World) -> None:
    account = await world.open_account("small", with_scim=False, tier="starter")
    client = await developer(world, account["personal_access_key"])
    await client.post(PROJECTS, {"name": "scim-app"})

    reply = await send(client, guide())

    assert (400, "ProjectErrors.SCIM_NOT_IN_TIER") == (reply.status, reply.body["subCategory"])


async def test_installing_needs_single_sign_on(world: World) -> None:
    account = await world.open_account("nosso", with_scim=False, sso=False)
    client = await developer(world, account["personal_access_key"])
    await make(client, guide())
    app = (await client.get("/apps-dev/external/public/v3/full/portal")).body["results"][0]
    order = {
        "appId": app["id"],
        "targetInstallPortalId": app["portalId"],
        "scopeGroupIds": app["scopeGroupIds"],
    }

    reply = await client.post(INSTALL, order)

    assert (400, True) == (reply.status, "single sign-on" in reply.body["message"])


async def test_switching_role_sync_takes_effect_with_the_deploy(world: World) -> None:
    client = await developer(world, world.account["personal_access_key"])
    await send(client, guide(roleSyncEnabled=False))
    await world.provision("off@acme.example", "Manager")

    await send(client, guide(roleSyncEnabled=True), auto_deploy=False)
    await world.provision("built@acme.example", "Manager")
    await client.post(DEPLOY, {"projectName": "scim-app", "targetBuildId": 3})
    await world.provision("on@acme.example", "Manager")
    await world.change(role_sync=False)
    await world.provision("forbidden@acme.example", "Manager")

    assert [[], [], ["Manager"], []] == [
        (await world.user(f"{name}@acme.example"))["permission_sets"]
        for name in ("off", "built", "on", "forbidden")
    ]


async def test_a_new_upload_keeps_the_token_and_deleting_the_project_ends_it(world: World) -> None:
    client = await developer(world, world.account["personal_access_key"])
    await send(client, guide())

    assert 200 == (await world.scim.get("/Users")).status
    removed = (
        await client.post("/dfs/deploy/v3/deploys/delete", {"projectName": "scim-app", "dryRun": True})
    ).body
    assert {"scim", "scim-app"} == {one["componentId"] for one in removed["componentsToRemove"]}
    assert 200 == (await world.scim.get("/Users")).status
    staged = (await client.post("/dfs/deploy/v3/deploys/delete", {"projectName": "scim-app"})).body
    deploy = (
        await client.get(f"/dfs/deploy/v1/deploy-status/projects/scim-app/deploys/{staged['deployId']}")
    ).body
    assert {"REMOVE"} == {part["action"] for part in deploy["subdeployStatuses"]}
    assert 401 == (await world.scim.get("/Users")).status
    assert 204 == (await client.delete(f"{PROJECTS}/scim-app")).status
    assert 404 == (await client.delete(f"{PROJECTS}/scim-app")).status


async def test_a_deploy_without_the_scim_component_ends_its_token(world: World) -> None:
    client = await developer(world, world.account["personal_access_key"])

    await send(client, {path: content for path, content in guide().items() if path != SCIM_FILE})

    assert 401 == (await world.scim.get("/Users")).status


async def test_project_names_are_checked_and_distinct(fresh: Client) -> None:
    await fresh.post(PROJECTS, {"name": "scim-app"})

    assert 409 == (await fresh.post(PROJECTS, {"name": "scim-app"})).status
    for name in ("", "../evil", "x" * 81, "a/b", "-x"):
        assert 400 == (await fresh.post(PROJECTS, {"name": name})).status


async def test_uploads_that_cannot_be_read_are_refused_in_the_envelope(fresh: Client) -> None:
    await fresh.post(PROJECTS, {"name": "scim-app"})
    oversized = await send(fresh, guide(), archive=b"\0" * (LARGEST_ARCHIVE + 2 * LARGEST_REQUEST))
    long_field = await send(fresh, guide(), buildMessage="x" * LARGEST_REQUEST)
    no_zip = await send(fresh, guide(), archive=b"no zip")
    no_request = await send(fresh, guide(), intermediateNodesIndexedByUid=[])
    version = await send(fresh, guide(), version="1999.1")
    missing = await fresh.call(
        "POST", UPLOAD, data=b"--b--\r\n", Content_Type="multipart/form-data; boundary=b"
    )
    unbounded = await fresh.call("POST", UPLOAD, data=b"x", Content_Type="multipart/form-data")
    other_type = await fresh.post(UPLOAD, {})
    nowhere = await send(fresh, guide(), name="nowhere")

    replies = (oversized, long_field, no_zip, no_request, version, missing, unbounded, other_type, nowhere)
    assert [413, 400, 400, 400, 400, 400, 400, 415, 404] == [reply.status for reply in replies]
    assert {"error"} == {reply.body["status"] for reply in replies}
    assert "latestBuild" not in (await fresh.get(f"{PROJECTS}/by-name/scim-app")).body


@pytest.mark.parametrize("path", ["builds/0/status", "builds/x/status", "builds/99999999999999999999/status"])
async def test_builds_that_are_not_there_are_refused(fresh: Client, path: str) -> None:
    await make(fresh, guide())

    assert (await fresh.get(f"/dfs/v1/projects/scim-app/{path}")).status in (400, 404)
    assert 404 == (await fresh.post(DEPLOY, {"projectName": "scim-app", "targetBuildId": 7})).status
