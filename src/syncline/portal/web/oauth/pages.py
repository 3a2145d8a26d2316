"""The HTML of the consent page, rendered here on the server: no script, one style, every text escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import urlsplit

from starlette.types import Send

from syncline.portal.domain.account import Account
from syncline.portal.domain.oauth import AuthorizationRequest
from syncline.portal.domain.scopes import IN_WORDS
from syncline.portal.web.oauth.sessions import Session

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; color: #1d2733; background: #f4f6f8; }
.banner { background: #7a1f3d; color: #fff; padding: .6rem 1rem; text-align: center; }
main { max-width: 34rem; margin: 2rem auto; padding: 1.5rem 2rem; background: #fff; border: 1px solid #cbd5df;
       border-radius: .4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin-top: 0; }
.warning { border-left: .3rem solid #b45309; background: #fef3c7; padding: .6rem 1rem; }
.error { border-left: .3rem solid #b91c1c; background: #fee2e2; padding: .6rem 1rem; }
label { display: block; margin: .8rem 0 .2rem; }
input:not([type=radio]) { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem; }
button { font: inherit; padding: .5rem 1.2rem; margin: 1rem .5rem 0 0; cursor: pointer; }
button:focus-visible, input:focus-visible { outline: 3px solid #1d4ed8; outline-offset: 2px; }
code { font-size: .85em; color: #52606d; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def sign_in(request: AuthorizationRequest, session: Session, *, error: str | None, email: str = "") -> str:
    """Return the page that asks who is there."""
    return _page(
        "Sign in",
        f"<p>To connect the app <strong>{escape(request.app.name)}</strong>, sign in as a super admin of the "
        "account.</p>",
        _error(error),
        "<form method=post>",
        _csrf(session),
        "<label for=email>E-mail address</label>",
        f'<input id=email name=email type=email autocomplete=username required value="{escape(email)}">',
        "<label for=password>Password</label>",
        "<input id=password name=password type=password autocomplete=current-password required>",
        "<button name=action value=sign-in>Sign in</button></form>",
        "<p>The password was shown when the account was created; a new one is set with "
        "<code>syncline portal user password ACCOUNT EMAIL</code>.</p>",
    )


def consent(request: AuthorizationRequest, session: Session, accounts: Sequence[Account]) -> str:
    """Return the page that says what the app wants, and asks for one account's consent."""
    host = urlsplit(request.redirect_uri).netloc
    return _page(
        f"Connect {request.app.name}",
        f"<p>You are signed in as <strong>{escape(session.email or '')}</strong>.</p>",
        "<p class=warning role=note><strong>This app is not verified.</strong> Nobody has reviewed "
        f"{escape(request.app.name)}. Connect it only if you know who runs it. You will be sent back to "
        f"<strong>{escape(host)}</strong>.</p>",
        "<form method=post>",
        _csrf(session),
        *_choice(accounts),
        "<p>The app will be able to:</p><ul>",
        *_wishes(request.scopes),
        "</ul>",
        "<button name=action value=approve>Connect app</button>",
        "<button name=action value=deny>Cancel</button>",
        "<button name=action value=sign-out>Sign in as somebody else</button></form>",
    )


def cannot(message: str, session: Session | None = None) -> str:
    """Return the page for a request that leads nowhere; a signed-in person may sign out there."""
    way_out: tuple[str, ...] = ()
    if session is not None:
        way_out = (
            "<form method=post>",
            _csrf(session),
            "<button name=action value=sign-out>Sign in as somebody else</button></form>",
        )
    return _page("This app can't be connected", _error(message), *way_out)


async def send_page(
    send: Send,
    status: int,
    page: str,
    *,
    redirect_uri: str | None = None,
    headers: Iterable[tuple[str, str]] = (),
) -> None:
    """Send a page that no other site may frame, and whose forms lead nowhere but here and to the app."""
    content = page.encode()
    # A browser applies form-action to the redirect that answers a form, so the app's own origin must be in it.
    origin = "" if redirect_uri is None else " {0.scheme}://{0.netloc}".format(urlsplit(redirect_uri))
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'{origin}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    all_headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("content-length", str(len(content))),
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        *headers,
    ]
    raw = [(name.encode(), value.encode("latin-1")) for name, value in all_headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": content})


def _page(title: str, *parts: str) -> str:
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{escape(title)} – REHEARSAL</title>"
        '<meta name=viewport content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>"
        "<div class=banner role=banner><strong>REHEARSAL</strong> – this is not HubSpot. "
        "Never type a HubSpot password here.</div>"
        f"<main><h1>{escape(title)}</h1>{''.join(parts)}</main></body></html>"
    )


def _error(message: str | None) -> str:
    return "" if message is None else f"<p class=error role=alert>{escape(message)}</p>"


def _csrf(session: Session) -> str:
    return f'<input type=hidden name=csrf value="{escape(session.csrf)}">'


def _choice(accounts: Sequence[Account]) -> Iterable[str]:
    yield "<fieldset><legend>Account</legend>"
    for position, account in enumerate(accounts):
        checked = " checked" if position == 0 else ""
        yield (
            f"<label><input type=radio name=portal_id value={account.portal_id}{checked}> "
            f"{escape(account.name)} ({account.portal_id})</label>"
        )
    yield "</fieldset>"


def _wishes(scopes: Sequence[str]) -> Iterable[str]:
    for scope in scopes:
        yield f"<li>{escape(IN_WORDS[scope])} <code>{escape(scope)}</code></li>"
