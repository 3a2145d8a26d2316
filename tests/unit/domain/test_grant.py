from __future__ import annotations

from syncline.gateway.domain.grant import LEAST_LEFT, OAuthApp, OAuthGrant, TokenPair

LIFE = 1_800_000


def pair(obtained_at: int = 1_000_000) -> TokenPair:
    return TokenPair(
        access_token="canary", refresh_token="canary", obtained_at=obtained_at, expires_at=obtained_at + LIFE
    )


def grant(client_secret: str | None = None) -> OAuthGrant:
    return OAuthGrant(
        grant_id="g",
        client_id="app",
        client_secret=client_secret,
        tokens=pair(),
        scopes=(),
        holder=None,
        holder_id=None,
    )


def test_a_token_is_renewed_at_four_fifths_of_its_life() -> None:
    assert 1_000_000 + LIFE * 4 // 5 == pair().renew_at


def test_a_token_that_dies_within_a_call_is_not_usable() -> None:
    last = pair().expires_at - LEAST_LEFT

    assert (True, False) == (pair().is_usable(last - 1), pair().is_usable(last))


def test_no_secret_of_a_grant_is_in_its_text() -> None:
    assert "canary" not in repr(grant("canary")) + repr(OAuthApp("app", "canary"))


def test_a_grant_uses_the_secret_it_was_made_with() -> None:
    assert OAuthApp("app", "own") == grant("own").app(OAuthApp("app", "the server's"))


def test_a_grant_of_this_servers_app_uses_the_secret_of_the_settings() -> None:
    assert OAuthApp("app", "s") == grant().app(OAuthApp("app", "s"))


def test_the_secret_of_another_app_is_never_sent_for_a_grant() -> None:
    assert grant().app(OAuthApp("another", "s")) is None
    assert grant().app(None) is None
