"""The portal's commands, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from syncline.portal.cli import portal
from tests.support.dns_server import running_dns


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(portal, [*arguments, "--data", str(data)])


def read(data: Path, *arguments: str) -> Any:
    result = run(data, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_a_new_account_is_ready_for_scim(data: Path) -> None:
    created = read(data, "account", "create", "Acme Corp", "--with-scim")

    assert {
        "portal_id",
        "name",
        "base_url",
        "access_token",
        "personal_access_key",
        "admin_password",
        "scim_token",
        "scim_base_url",
    } == created.keys()
    assert "http://127.0.0.1:8090/scim/v2" == created["scim_base_url"]
    shown = read(data, "account", "show", "acme corp")
    assert ("enterprise", True, True, "at-once", ["acme-corp.example"], 1) == (
        shown["tier"],
        shown["sso"],
        shown["role_sync"],
        shown["invites"],
        shown["domains"],
        shown["users"],
    )
    assert [False] * 4 + [True, False] == [one["paid"] for one in shown["permission_sets"]]
    assert [False] * 5 + [True] == [one["super_admin"] for one in shown["permission_sets"]]
    assert 4 == len(shown["teams"])
    (admin,) = read(data, "user", "list", "Acme Corp")["users"]
    assert ("admin@acme-corp.example", True) == (admin["email"], admin["super_admin"])


def test_without_scim_there_is_no_scim_token(data: Path) -> None:
    assert "scim_token" not in read(data, "account", "create", "acme")


def test_credentials_are_not_in_the_database(data: Path) -> None:
    created = read(data, "account", "create", "acme", "--with-scim")

    content = b"".join(path.read_bytes() for path in data.iterdir())

    for name in ("access_token", "personal_access_key", "scim_token"):
        assert created[name].encode() not in content


def test_settings_are_chosen_at_creation_and_changed_later(data: Path) -> None:
    read(
        data, "account", "create", "acme", "--tier", "professional", "--no-sso", "--invites", "30",
        "--domain", "acme.example", "--domain", "Acme.Test",
    )  # fmt: skip
    before = read(data, "account", "show", "acme")
    after = read(
        data, "account", "set", "acme", "--sso", "--invites", "never", "--flag", "duplicate_create=400"
    )

    assert ("professional", False, "30", ["acme.example", "acme.test"]) == (
        before["tier"],
        before["sso"],
        before["invites"],
        before["domains"],
    )
    flags = {**before["flags"], "duplicate_create": 400}
    assert {**before, "sso": True, "invites": "never", "flags": flags} == after


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("account", "create", "acme"), "exists already"),
        (("account", "create", " "), "printable characters"),
        (("account", "create", "???"), "--domain"),
        (("account", "create", "b", "--invites", "soon"), "at-once, never, or after a number of minutes"),
        (("account", "create", "b", "--time-zone", "Mars"), "IANA"),
        (("account", "create", "b", "--scope", "everything"), "the portal knows"),
        (("account", "create", "b", "--domain", "no domain"), "no domain for e-mail"),
        (("account", "set", "acme", "--flag", "nothing=on"), "flags are"),
        (("account", "set", "acme", "--flag", "duplicate_create=500"), "takes 409 or 400"),
        (("account", "set", "acme", "--flag", "deactivated_listed=maybe"), "takes on or off"),
        (("account", "set", "acme", "--flag", "removed_listed_seconds=-1"), "from 0 to 3600"),
        (("account", "set", "acme", "--seats", "Core=some"), "a number or unlimited"),
        (("account", "set", "acme", "--seats", "Sofa=1"), "there are Core"),
        (("app", "create", "acme", "--redirect-uri", "gateway"), "absolute http or https"),
        (("app", "create", "acme", "--redirect-uri", "https://a.example/#x"), "without a fragment"),
        (("app", "create", "acme", "--redirect-uri", "https://a.example/", "--scope", "all"), "nknown scope"),
        (("app", "uninstall", "acme", "nobody"), "no app with the client id"),
        (("user", "password", "acme", "nobody@acme.example"), "No user was found"),
        (("user", "password", "acme", "admin@acme.example", "--password", "x"), "8 to 200"),
        (("permission-set", "add", "acme", "Manager"), "already"),
        (("permission-set", "add", "acme", "Boss", "--seat", "Sofa"), "there are Core"),
        (("permission-set", "rename", "acme", "Manager", " "), "printable characters"),
        (("permission-set", "delete", "acme", "Nobody"), "there are Standard User"),
        (("permission-set", "delete", "acme", "Super Admin"), "last super admin"),
        (("team", "add", "acme", "Sales"), "already exists"),
        (("fault", "add", "acme", "latency"), "needs milliseconds"),
        (("account", "show", "nobody"), "syncline portal account list"),
        (("user", "show", "acme", "nobody@acme.example"), "no user nobody@acme.example"),
        (("user", "remove", "acme", "nobody@acme.example"), "no user nobody@acme.example"),
        (("user", "add", "acme", "--email", "x"), "invalid"),
        (("user", "add", "acme", "--email", "x@acme.example", "--team", "Chess"), "there are Sales"),
        (("user", "deactivate", "acme", "admin@acme.example"), "last super admin"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    data: Path, arguments: tuple[str, ...], says: str
) -> None:
    read(data, "account", "create", "acme")
    before = read(data, "account", "list")

    result = run(data, *arguments)

    assert 1 == result.exit_code
    assert says in result.output
    assert result.output.startswith("Error: ")
    assert before == read(data, "account", "list")


def test_apps_are_registered_listed_and_taken_out(data: Path) -> None:
    read(data, "account", "create", "acme")
    created = read(
        data, "app", "create", "acme", "--redirect-uri", "http://127.0.0.1:8080/oauth/callback",
        "--scope", "oauth", "--scope", "settings.users.read", "--optional-scope", "automation",
    )  # fmt: skip
    (listed,) = read(data, "app", "list", "acme")["apps"]

    assert {**listed, "client_secret": created["client_secret"]} == created
    assert ["oauth", "settings.users.read"] == created["scopes"]
    assert "not installed" in run(data, "app", "uninstall", "acme", created["client_id"]).output
    assert created["client_secret"].encode() not in b"".join(path.read_bytes() for path in data.iterdir())


def test_a_password_is_set_or_made(data: Path) -> None:
    read(data, "account", "create", "acme")

    made = read(data, "user", "password", "acme", "admin@acme.example")
    chosen = read(data, "user", "password", "acme", "admin@acme.example", "--password", "correct horse")

    assert 12 <= len(made["password"])
    assert {"email": "admin@acme.example", "password": "correct horse"} == chosen


def test_permission_sets_teams_and_seats_are_furnished_by_hand(data: Path) -> None:
    read(data, "account", "create", "acme", "--seats", "Core=3")
    read(data, "permission-set", "add", "acme", "Boss", "--seat", "Core")
    read(data, "permission-set", "rename", "acme", "Manager", "Lead")
    read(data, "permission-set", "delete", "acme", "Sales User")
    read(data, "team", "add", "acme", "Night shift", "--parent", "Sales")
    read(data, "user", "add", "acme", "--email", "ada@acme.example", "--permission-set", "Boss")
    read(data, "account", "set", "acme", "--seats", "Core=unlimited", "--seats", "View-Only=0")

    shown = read(data, "account", "show", "acme")
    assert ["Standard User", "Lead", "Marketing User", "Sales Hub Seat", "Super Admin", "Boss"] == [
        one["name"] for one in shown["permission_sets"]
    ]
    assert "Night shift" in [team["name"] for team in shown["teams"]]
    assert {"Core": (None, 1), "Sales Hub": (None, 0), "Service Hub": (None, 0), "View-Only": (0, 0)} == {
        seat["name"]: (seat["purchased"], seat["used"]) for seat in shown["seats"]
    }


def test_faults_are_ordered_listed_and_cleared(data: Path) -> None:
    read(data, "account", "create", "acme")
    ordered = read(
        data, "fault", "add", "acme", "error", "--call", "PUT /settings/*", "--nth", "3", "--status", "502"
    )
    read(data, "fault", "add", "acme", "rate-limit", "--after", "5", "--for", "60", "--policy", "DAILY")

    listed = read(data, "fault", "list", "acme")["faults"]
    assert ordered == listed[0]
    assert ("rate-limit", 0, "DAILY") == (listed[1]["kind"], listed[1]["times"], listed[1]["policy"])
    assert "PUT /settings/*" in run(data, "fault", "list", "acme").output
    assert {"cleared": 1} == read(data, "fault", "clear", "acme", str(ordered["number"]))
    assert {"cleared": 1} == read(data, "fault", "clear", "acme")


def test_people_are_changed_by_hand(data: Path) -> None:
    read(data, "account", "create", "acme", "--invites", "never")
    added = read(
        data, "user", "add", "acme", "--email", "ada@acme.example", "--first-name", "Ada",
        "--permission-set", "Manager", "--team", "Sales", "--further-team", "Service",
    )  # fmt: skip
    accepted = read(data, "user", "accept", "acme", "ada@acme.example")
    deactivated = read(data, "user", "deactivate", "acme", added["id"])
    reactivated = read(data, "user", "reactivate", "acme", "ADA@acme.example")

    assert (["Manager"], "Sales", ["Service"]) == (
        added["permission_sets"],
        added["primary_team"],
        added["secondary_teams"],
    )
    assert ["invited", "active", "deactivated", "active"] == [
        one["standing"] for one in (added, accepted, deactivated, reactivated)
    ]
    assert {"removed": "ada@acme.example"} == read(data, "user", "remove", "acme", "ada@acme.example")
    assert 1 == read(data, "account", "show", "acme")["users"]


def test_people_see_tables_and_nothing_a_terminal_would_obey(data: Path) -> None:
    run(data, "account", "create", "acme")
    run(data, "user", "add", "acme", "--email", "ada@acme.example", "--first-name", "[red]Ada")

    listed = run(data, "user", "list", "acme").output
    shown = run(data, "account", "show", "acme").output

    assert "[red]Ada" in listed
    assert all(character.isprintable() or character == "\n" for character in listed + shown)
    assert "Sales Hub Seat" in shown
    assert "acme" in run(data, "account", "list").output


def test_a_list_goes_on_after_its_page(data: Path) -> None:
    read(data, "account", "create", "acme")
    for name in ("a", "b"):
        read(data, "user", "add", "acme", "--email", f"{name}@acme.example")

    first = read(data, "user", "list", "acme", "--limit", "2")
    rest = read(data, "user", "list", "acme", "--limit", "2", "--after", str(first["next"]))

    assert ["admin@acme.example", "a@acme.example", "b@acme.example"] == [
        user["email"] for user in first["users"] + rest["users"]
    ]
    assert rest["next"] is None
    assert f"--after {first['next']}" in run(data, "user", "list", "acme", "--limit", "2").output


def test_a_domain_is_added_listed_checked_and_removed(data: Path, tmp_path: Path) -> None:
    read(data, "account", "create", "acme")
    added = run(data, "domain", "add", "acme", "Corp.Test")
    record = read(data, "domain", "add", "acme", "corp.test")
    with running_dns(tmp_path, {"corp.test": []}) as dns:
        missing = run(data, "domain", "check", "acme", "corp.test", "--resolver", dns.address)
        dns.hold({record["host"]: [record["value"]]})
        found = run(data, "domain", "check", "acme", "corp.test", "--resolver", dns.address)
    states = {one["domain"]: one["state"] for one in read(data, "domain", "list", "acme")["domains"]}
    removed = run(data, "domain", "remove", "acme", "corp.test")

    assert record["host"] in added.output
    assert record["value"] in added.output
    assert (2, 0) == (missing.exit_code, found.exit_code)
    assert "There is no TXT record at _hubspot-scim.corp.test yet." in missing.output
    assert {"acme.example": "verified", "corp.test": "verified"} == states
    assert "corp.test is no longer a domain of acme.\n" == removed.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("domain", "add", "acme", "ada@corp.test"), "Enter the domain alone"),
        (("domain", "check", "acme", "corp.test"), "The account has no domain corp.test"),
        (("domain", "check", "acme", "corp.test", "--resolver", "here"), "A DNS server is an IP address"),
    ],
)
def test_a_domain_that_cannot_be_used_is_refused_with_what_would_help(
    data: Path, arguments: tuple[str, ...], says: str
) -> None:
    read(data, "account", "create", "acme")

    result = run(data, *arguments)

    assert 0 != result.exit_code
    assert says in result.output


def test_a_user_is_changed_by_hand(data: Path) -> None:
    read(data, "account", "create", "acme", "--seats-pricing")
    read(data, "user", "add", "acme", "--email", "ada@acme.example", "--seat", "Sales Hub")

    changed = read(
        data,
        "user",
        "set",
        "acme",
        "ada@acme.example",
        "--permission-set",
        "Sales Hub Seat",
        "--team",
        "Sales",
    )

    assert (["Sales Hub Seat"], "Sales", ["Sales Hub"]) == (
        changed["permission_sets"],
        changed["primary_team"],
        changed["seats"],
    )


def test_seats_based_pricing_is_a_setting_of_the_account(data: Path) -> None:
    before = read(data, "account", "create", "acme") and read(data, "account", "show", "acme")
    read(data, "account", "set", "acme", "--seats-pricing")

    after = read(data, "account", "show", "acme")

    assert (False, True) == (before["seats_pricing"], after["seats_pricing"])
