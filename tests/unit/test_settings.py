from __future__ import annotations

from pathlib import Path

import pytest

from syncline.settings import SETTINGS, SettingError, read_settings


def test_without_anything_set_the_defaults_hold() -> None:
    settings = read_settings({})

    assert ("127.0.0.1", 8080, None, True) == (
        settings.host,
        settings.port,
        settings.public_url,
        settings.worker,
    )
    assert f"sqlite:///{Path.cwd() / 'data' / 'gateway.db'}" == settings.database


def test_the_command_line_wins_over_the_environment() -> None:
    settings = read_settings({"SYNCLINE_PORT": "9000", "SYNCLINE_HOST": "0.0.0.0"}, port="9001")

    assert (9001, "0.0.0.0") == (settings.port, settings.host)


def test_an_empty_variable_counts_as_unset() -> None:
    assert 8080 == read_settings({"SYNCLINE_PORT": ""}).port


def test_a_switch_given_as_false_is_off() -> None:
    assert not read_settings({"SYNCLINE_WORKER": "on"}, worker=False).worker


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SYNCLINE_PORT", "eighty"),
        ("SYNCLINE_PORT", "65536"),
        ("SYNCLINE_PORT", "-1"),
        ("SYNCLINE_PORT", "٨"),
        ("SYNCLINE_HOST", "http://here"),
        ("SYNCLINE_PUBLIC_URL", "sync.example.com"),
        ("SYNCLINE_PUBLIC_URL", "ftp://sync.example.com"),
        ("SYNCLINE_PUBLIC_URL", "https://me:pw@sync.example.com"),
        ("SYNCLINE_PUBLIC_URL", "https://sync.example.com/?a=b"),
        ("SYNCLINE_PUBLIC_URL", "https://sync.example.com:port"),
        ("SYNCLINE_PUBLIC_URL", "https://[::1"),
        ("SYNCLINE_DATABASE_URL", "mysql://host/db"),
        ("SYNCLINE_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("SYNCLINE_TRUSTED_PROXIES", "proxy.internal"),
        ("SYNCLINE_ALLOW_PRIVATE_HUBSPOT", "http://portal:8090"),
        ("SYNCLINE_ALLOW_PRIVATE_HUBSPOT", "portal:http"),
        ("SYNCLINE_WORKER", "perhaps"),
        ("SYNCLINE_LOG_LEVEL", "loud"),
        ("SYNCLINE_TENANT_IN_FLIGHT", "0"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(SettingError) as refused:
        read_settings({variable: value})

    assert str(refused.value).startswith(f"{variable} must be ")


def test_a_bad_value_from_the_command_line_is_named_as_its_option() -> None:
    with pytest.raises(SettingError) as refused:
        read_settings({}, public_url="nowhere")

    assert str(refused.value).startswith("--public-url must be an absolute address")


def test_the_refusal_of_a_secret_setting_does_not_repeat_it() -> None:
    with pytest.raises(SettingError) as refused:
        read_settings({"SYNCLINE_DATABASE_URL": "mysql://root:canary@host/db"})

    assert "canary" not in str(refused.value)


def test_a_misspelt_variable_is_refused_with_the_right_name() -> None:
    with pytest.raises(SettingError) as refused:
        read_settings({"SYNCLINE_PUBIC_URL": "https://sync.example.com"})

    assert "did you mean SYNCLINE_PUBLIC_URL?" in str(refused.value)


def test_variables_of_other_programs_with_our_prefix_are_left_alone() -> None:
    settings = read_settings({"SYNCLINE_SERVICE_HOST": "10.0.0.1", "SYNCLINE_PORT_8080_TCP_ADDR": "10.0.0.1"})

    assert 8080 == settings.port


def test_the_variable_kubernetes_sets_for_a_service_is_explained() -> None:
    with pytest.raises(SettingError) as refused:
        read_settings({"SYNCLINE_PORT": "tcp://10.0.0.1:8080"})

    assert "enableServiceLinks" in str(refused.value)


def test_secrets_are_not_shown_when_settings_are_printed() -> None:
    environ = {"SYNCLINE_SECRET_KEY": "canary-1", "SYNCLINE_DATABASE_URL": "postgresql://u:canary-2@h/d"}

    assert "canary" not in repr(read_settings(environ))


def test_every_setting_has_help_and_a_default_that_can_be_read() -> None:
    assert [] == [row.name for row in SETTINGS if not row.help.endswith(".")]
    for row in SETTINGS:
        row.parse(row.default)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"host": "0.0.0.0"}, "http://127.0.0.1:8080"),
        ({"host": "::1"}, "http://[::1]:8080"),
        ({"public_url": "https://sync.example.com/"}, "https://sync.example.com"),
    ],
)
def test_printed_addresses_begin_with_the_public_url_or_else_where_the_server_listens(
    given: dict[str, str], address: str
) -> None:
    assert address == read_settings({}, **given).address()


def test_the_port_really_bound_is_printed_when_any_free_one_was_asked_for() -> None:
    assert "http://127.0.0.1:43210" == read_settings({}, port=0).address(43210)


@pytest.mark.parametrize(
    ("public_url", "is_public"),
    [
        (None, False),
        ("http://localhost:8080", False),
        ("http://127.0.0.1", False),
        ("http://[::1]:80", False),
        ("https://sync.example.com", True),
        ("http://10.0.0.1", True),
    ],
)
def test_a_server_is_public_when_its_url_names_another_host_than_loopback(
    public_url: str | None, is_public: bool
) -> None:
    assert is_public == read_settings({}, public_url=public_url).is_public


def test_an_allowed_host_covers_its_port_or_all_ports() -> None:
    bare, with_port = read_settings({}, allow_private_hubspot="Portal, other:8090").allow_private_hubspot

    assert (True, True) == (bare.admits("portal", 1), bare.admits("PORTAL", 2))
    assert (True, False) == (with_port.admits("other", 8090), with_port.admits("other", 8091))


def test_plain_postgresql_addresses_name_the_driver() -> None:
    settings = read_settings({}, database_url="postgresql://u:p@h/d")

    assert "postgresql+psycopg://u:p@h/d" == settings.database
