"""Entra's connection test over real HTTP, and the requests as such."""

import uuid

import pytest

from syncline.rehearsal import Directory, EntraSimulator
from tests.integration.rehearsal.recording_server import (
    TOKEN,
    Application,
    answer,
    error,
)


async def test_the_connection_test_asks_for_a_random_guid(
    application: Application, entra: EntraSimulator
) -> None:
    first, second = await entra.test_connection(), await entra.test_connection()
    users = [r.target.removeprefix("/Users?filter=userName+eq+%22") for r in application.of("GET", "/Users")]

    assert first.ok
    assert second.ok
    assert len({uuid.UUID(target.removesuffix("%22")) for target in users}) == 2


async def test_requests_carry_the_token_and_the_scim_media_type(
    application: Application, entra: EntraSimulator
) -> None:
    await entra.test_connection()
    headers = application.requests[0].headers

    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Accept"] == "application/scim+json"
    assert headers["Content-Type"] == "application/scim+json; charset=utf-8"


async def test_a_wrong_token_is_told_in_a_sentence_with_the_fix(
    application: Application, company: Directory
) -> None:
    result = await EntraSimulator(company, application.base_url, "wrong").test_connection()

    assert (result.ok, result.code) == (False, "Unauthorized")
    assert "401" in result.sentence
    assert "new token" in result.fix


async def test_an_application_that_answers_404_to_an_empty_match_fails_the_connection_test(
    application: Application, entra: EntraSimulator
) -> None:
    application.trouble = lambda _: error(404, "No such user.")
    result = await entra.test_connection()

    assert result.code == "SystemForCrossDomainIdentityManagementServiceIncompatible"
    assert "an empty match is 200" in result.sentence


async def test_an_application_that_ignores_the_filter_fails_the_connection_test(
    application: Application, entra: EntraSimulator
) -> None:
    everybody = {"totalResults": 1, "Resources": [{"id": "u1"}]}
    application.trouble = lambda _: answer(200, everybody)
    result = await entra.test_connection()

    assert "ignores the filter" in result.sentence


async def test_a_count_that_is_no_whole_number_is_incompatible(
    application: Application, entra: EntraSimulator
) -> None:
    application.trouble = lambda _: answer(200, {"totalResults": "0", "Resources": []})
    result = await entra.test_connection()

    assert result.code == "SystemForCrossDomainIdentityManagementServiceIncompatible"


async def test_nobody_listening_is_told_in_a_sentence(company: Directory) -> None:
    result = await EntraSimulator(company, "http://127.0.0.1:9", TOKEN).test_connection()

    assert (result.ok, result.code) == (False, "WebExceptionProtocolError")
    assert "reachable" in result.fix


async def test_an_answer_without_end_is_cut_and_incompatible(
    application: Application, entra: EntraSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncline.rehearsal.wire._LARGEST_ANSWER", 1000)
    padded = {"totalResults": 0, "Resources": [], "padding": "x" * 300_000}
    application.trouble = lambda _: answer(200, padded)

    assert not (await entra.test_connection()).ok
