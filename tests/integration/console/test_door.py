"""Coming in, staying in, and being led out: by real requests."""

from __future__ import annotations

import asyncio
from pathlib import Path

from syncline.gateway.domain.sessions import FRESH_LIFE, IDLE_LIFE
from tests.support.console import PASSWORD, World, console_world


async def test_before_the_first_owner_the_front_page_says_how_to_begin(world: World) -> None:
    seen = await world.browser().open("/")

    assert 200 == seen.status
    assert "Nobody owns this Syncline yet" in seen.words
    assert "syncline operator link" in seen.words
    assert f"{world.base}/scim/v2" in seen.words


async def test_the_first_owner_comes_in_by_the_link_and_is_signed_in(world: World) -> None:
    anna = await world.owner()

    assert anna.page is not None
    assert "Welcome, Anna." in anna.page.words
    assert "No tenants yet" in anna.page.words


async def test_looking_at_a_link_does_not_use_it(world: World) -> None:
    link = (await world.run("operator.link"))["link"].removeprefix(world.base)
    titles = [(await world.browser().open(link)).words for _ in range(3)]

    assert all("Become the owner" in each for each in titles)


async def test_a_link_is_used_once_also_when_it_is_sent_at_the_same_time(world: World) -> None:
    link = (await world.run("operator.link"))["link"].removeprefix(world.base)
    browsers = [world.browser() for _ in range(6)]
    for each in browsers:
        await each.open(link)
    came = await asyncio.gather(
        *(
            each.send(link, email=f"o{number}@acme.example", name="O", password=PASSWORD, follow=False)
            for number, each in enumerate(browsers)
        )
    )

    assert [303, 410, 410, 410, 410, 410] == sorted(each.status for each in came)
    assert 1 == len((await world.run("operator.list"))["operators"])


async def test_a_form_that_is_not_right_is_shown_again_with_what_was_typed(world: World) -> None:
    link = (await world.run("operator.link"))["link"].removeprefix(world.base)
    browser = world.browser()
    await browser.open(link)
    seen = await browser.send(link, email="anna@acme.example", name="Anna", password="short")

    assert 422 == seen.status
    assert "12 to 200 characters" in seen.words
    assert 'value="anna@acme.example"' in seen.text
    assert "short" not in seen.text


async def test_somebody_signs_in_and_out(world: World) -> None:
    await world.owner()
    browser = world.browser()
    wrong = await browser.sign_in("anna@acme.example", "something else")
    right = await browser.sign_in("anna@acme.example")
    out = await browser.send("/sign-out")
    after = await browser.open("/account")

    assert 422 == wrong.status
    assert "do not belong together" in wrong.words
    assert "Tenants" in right.words
    assert "You are signed out." in out.words
    assert "Sign in" in after.words


async def test_after_signing_in_one_is_where_one_wanted_to_be(world: World) -> None:
    await world.owner()
    browser = world.browser()
    door = await browser.open("/operators")
    seen = await browser.send("/sign-in", email="anna@acme.example", password=PASSWORD, next="/operators")

    assert 'name="next" value="/operators"' in door.text
    assert "/operators" == seen.path


async def test_nobody_is_led_elsewhere_by_the_address(world: World) -> None:
    await world.owner()
    browser = world.browser()
    await browser.open("/?next=//evil.example")
    seen = await browser.send(
        "/sign-in", email="anna@acme.example", password=PASSWORD, next="//evil.example", follow=False
    )

    assert "/" == seen.location


async def test_a_session_nobody_used_is_over_and_its_cookie_forgotten(world: World) -> None:
    anna = await world.owner()
    await world.clock.advance(IDLE_LIFE)
    seen = await anna.open("/account")
    again = await anna.sign_in("anna@acme.example")

    assert "Sign in" in seen.words
    assert "Tenants" in again.words


async def test_a_password_known_before_signing_in_opens_no_session_after(world: World) -> None:
    """No session fixation: the cookie a browser had before is not the one it is signed in with."""
    await world.owner()
    browser = world.browser()
    browser.session.cookie_jar.update_cookies({"session": "chosen-by-somebody-else"})
    await browser.sign_in("anna@acme.example")
    other = world.browser()
    other.session.cookie_jar.update_cookies({"session": "chosen-by-somebody-else"})
    seen = await other.open("/account")

    assert "Sign in" in seen.words


async def test_what_matters_asks_for_the_password_again(world: World) -> None:
    anna = await world.owner()
    tenant = await world.tenant("Acme")
    await world.clock.advance(FRESH_LIFE)
    await anna.open(f"/tenants/{tenant}/settings")
    asked = await anna.send(f"/tenants/{tenant}/tokens", days="30", description='"><b>IdP')
    wrong = await anna.prove("wrong")
    tokens = (await world.run("token.list", tenant="Acme"))["tokens"]
    made = await anna.prove()
    (token,) = (await world.run("token.list", tenant="Acme"))["tokens"]

    assert [403, 422] == [asked.status, wrong.status]
    back = f'<a href="/tenants/{tenant}/settings">Back without doing it</a>'
    assert [True, True] == [back in asked.text, back in wrong.text]
    assert "Is it still you?" in asked.words
    assert [] == tokens
    assert "Shown once" in made.words
    assert '"><b>IdP' == token["description"]


async def test_signing_out_everywhere_ends_every_browser(world: World) -> None:
    anna = await world.owner()
    other = world.browser()
    await other.sign_in("anna@acme.example")
    await anna.open("/account")
    await anna.send("/account/sign-out-everywhere")

    assert "Sign in" in (await other.open("/account")).words


async def test_another_password_is_chosen(world: World) -> None:
    anna = await world.owner()
    await anna.open("/account")
    seen = await anna.send("/account/password", password="snow falls on slate roofs")
    again = await world.browser().sign_in("anna@acme.example", "snow falls on slate roofs")

    assert "Your password is changed" in seen.words
    assert "Tenants" in again.words


async def test_who_tries_too_often_waits(world: World) -> None:
    await world.owner()
    browser = world.browser()
    for _ in range(10):
        await browser.sign_in("anna@acme.example", "wrong")
    seen = await browser.sign_in("anna@acme.example")

    assert 429 == seen.status
    assert "Wait 15 minutes" in seen.words


async def test_new_accounts_are_not_offered_unless_the_settings_allow_them(world: World) -> None:
    await world.owner()
    browser = world.browser()
    door = await browser.open("/")
    seen = await browser.open("/sign-up")

    assert "Make an account" not in door.words
    assert 404 == seen.status


async def test_where_it_is_allowed_a_new_account_has_a_tenant_of_its_own(tmp_path: Path) -> None:
    async with console_world(tmp_path, sign_up="on") as world:
        await world.owner()
        await world.tenant("Acme")
        browser = world.browser()
        await browser.open("/sign-up")
        seen = await browser.send(
            "/sign-up", email="eve@new.example", name="Eve", company="New Ltd", password=PASSWORD
        )

    assert "New Ltd" in seen.words
    assert "Acme" not in seen.words
    assert "Operators" not in seen.words


async def test_light_or_dark_is_remembered(world: World) -> None:
    browser = world.browser()
    await browser.open("/")
    await browser.send("/theme", theme="dark", back="/")
    seen = await browser.open("/nothing")

    assert 'data-theme="dark"' in seen.text


async def test_a_page_that_is_not_there_says_so_in_the_frame_of_the_others(world: World) -> None:
    anna = await world.owner()
    seen = await anna.open("/nothing/here")
    method = await anna.send("/account")

    assert 404 == seen.status
    assert "There is nothing at this address." in seen.words
    assert 405 == method.status
