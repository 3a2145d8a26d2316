"""From an upload to components: the guide's rules, by our schemas."""

from __future__ import annotations

import json
from typing import Any

import pytest

from syncline.portal.domain.errors import SetupError, ValidationError
from syncline.portal.domain.project import Component
from syncline.portal.domain.project_components import boilerplate_warnings, components_of, role_sync_of
from syncline.portal.domain.project_source import is_ignored, source_files, upload_request
from syncline.portal.domain.project_template import APP_FILE, SCIM_FILE, project_files

App = dict[str, Any]


def source(**instead: Any) -> dict[str, bytes]:
    """Return the source files of the guide's project, with fields of `config` replaced by dotted name."""
    files = source_files(project_files("scim-app", uid="scim-app"))
    app = json.loads(files[APP_FILE])
    for path, value in instead.items():
        *parents, last = path.split("__")
        place = app["config"]
        for parent in parents:
            place = place[parent]
        place[last] = value
    return {**files, APP_FILE: json.dumps(app).encode()}


def scim(config: Any, uid: str = "scim") -> dict[str, bytes]:
    return {**source(), SCIM_FILE: json.dumps({"uid": uid, "type": "scim", "config": config}).encode()}


def built(files: dict[str, bytes]) -> tuple[Component, ...]:
    return components_of(upload_request("scim-app", files), files)


def errors(files: dict[str, bytes]) -> list[str]:
    return [error for component in built(files) for error in component.errors]


def refusals(files: dict[str, bytes]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        built(files)
    return [detail.message for detail in caught.value.details]


def test_the_guides_project_builds_without_a_word() -> None:
    components = built(source())

    assert [("scim-app", "APPLICATION"), ("scim", "SCIM_INTEGRATION")] == [
        (one.uid, one.type) for one in components
    ]
    assert [] == [error for one in components for error in one.errors]
    assert () == boilerplate_warnings(components)


def test_name_description_and_uid_are_free() -> None:
    files = source(name="Our SCIM", description="Ours")
    app = {**json.loads(files[APP_FILE]), "uid": "Our_scim.app-1"}

    assert [] == errors({**files, APP_FILE: json.dumps(app).encode()})


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("distribution", "marketplace", "config.distribution must be 'private'."),
        ("auth__type", "oauth", "config.auth.type must be 'static'."),
        ("auth__requiredScopes", ["nonsense"], "config.auth.requiredScopes[0]: 'nonsense' is not a scope"),
        ("auth__requiredScopes", [], "config.auth.requiredScopes:"),
        ("auth__requiredScopes", "all", "config.auth.requiredScopes:"),
        ("auth__optionalScopes", ["oauth"], "config.auth.optionalScopes must be empty"),
        (
            "auth__conditionallyRequiredScopes",
            ["oauth"],
            "config.auth.conditionallyRequiredScopes must be empty",
        ),
        ("auth__redirectUrls", ["https://x.example"], "config.auth:"),
        ("permittedUrls__fetch", "everything", "config.permittedUrls.fetch:"),
        ("surprise", True, "config:"),
        ("name", "", "config.name:"),
    ],
)
def test_every_other_field_of_the_app_is_as_the_guide_has_it(field: str, value: Any, message: str) -> None:
    (error,) = errors(source(**{field: value}))

    assert error.startswith(message)


@pytest.mark.parametrize(("config", "expected"), [({}, False), ({"roleSyncEnabled": True}, True)])
def test_role_sync_is_off_unless_it_is_switched_on(config: App, expected: bool) -> None:
    _, component = built(scim(config))

    assert ((), expected) == (component.errors, role_sync_of(component))


@pytest.mark.parametrize("config", [{"roleSyncEnabled": "yes"}, {"roleSyncEnabled": None}, {"roles": True}])
def test_the_scim_component_has_one_switch_and_nothing_else(config: App) -> None:
    assert 1 == len(errors(scim(config)))


@pytest.mark.parametrize("uid", ["", "a b", "ä", "x" * 65, "a/b"])
def test_a_uid_has_its_characters_and_its_length(uid: str) -> None:
    (message,) = refusals(scim({}, uid))

    assert message.startswith("A uid is 1 to 64 letters")


def test_a_project_needs_an_app() -> None:
    files = source()

    assert "It has no app: src/app/app-hsmeta.json is missing." in refusals({SCIM_FILE: files[SCIM_FILE]})


def test_there_is_one_scim_component_at_most() -> None:
    second = json.dumps({"uid": "scim2", "type": "scim", "config": {}}).encode()

    assert "Only one scim component is allowed." in refusals({**source(), "app/scim/b-hsmeta.json": second})


def test_a_component_lies_in_its_folder() -> None:
    files = source()

    assert ["scim-hsmeta.json: a component of the type scim belongs into app/scim/."] == refusals(
        {APP_FILE: files[APP_FILE], "scim-hsmeta.json": files[SCIM_FILE]}
    )


def test_what_the_upload_says_must_stand_in_its_files() -> None:
    request, files = upload_request("scim-app", source()), source()
    forged = {**files, SCIM_FILE: files[SCIM_FILE].replace(b'"scim"', b'"app"', 1)}

    with pytest.raises(ValidationError, match="can't be built"):
        components_of(request, {APP_FILE: files[APP_FILE]})
    with pytest.raises(ValidationError, match="can't be built"):
        components_of(request, {**files, SCIM_FILE: b"{"})
    with pytest.raises(ValidationError, match="can't be built"):
        components_of(request, forged)


def test_components_of_other_kinds_are_not_built() -> None:
    card = json.dumps({"uid": "card", "type": "card", "config": {}}).encode()

    (error,) = errors({**source(), "app/cards/card-hsmeta.json": card})

    assert error.startswith("This portal builds app and scim components; CARD is not one of them")


def test_the_boilerplate_is_told_what_to_replace() -> None:
    scopes = ["crm.objects.contacts.read", "settings.users.read"]
    (warning,) = boilerplate_warnings(built(source(auth__requiredScopes=scopes, support={"supportUrl": "x"})))

    for part in ("lacks crm.objects.users.read", "has crm.objects.contacts.read", "support block"):
        assert part in warning


def test_two_files_with_one_uid_are_named() -> None:
    with pytest.raises(
        SetupError, match=r"the uid scim: app/scim/a-hsmeta.json and app/scim/scim-hsmeta.json"
    ):
        upload_request("scim-app", {**source(), "app/scim/a-hsmeta.json": source()[SCIM_FILE]})


def test_a_file_that_is_no_json_is_named_with_its_line() -> None:
    with pytest.raises(SetupError, match=r"app/app-hsmeta.json can't be read at line 2"):
        upload_request("scim-app", {**source(), APP_FILE: b'{\n "uid": oops}'})


@pytest.mark.parametrize("path", [".env", "app/.git/config", "node_modules/a.js", "app/debug.log"])
def test_hidden_files_modules_and_logs_stay_at_home(path: str) -> None:
    assert is_ignored(path)
