from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request

from syncline.webkit.forms import MOST_BYTES, MOST_FIELDS, Form, FormRefused, read_form

FORM = "application/x-www-form-urlencoded"


def request(body: bytes, media_type: str = FORM) -> Request:
    sent = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return sent.pop(0)

    headers = [(b"content-type", media_type.encode())]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)


async def test_values_are_kept_in_the_order_they_came() -> None:
    form = await read_form(request(b"name=+Ada+&set=1&set=2&empty="))

    assert ("Ada", ["1", "2"], True) == (form.one("name"), form.many("set"), form.has("empty"))


async def test_a_password_is_taken_exactly_as_it_was_sent() -> None:
    form = await read_form(request(b"password=+x+"))

    assert " x " == form.raw("password")


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"a=" + b"x" * MOST_BYTES, FORM, 413),
        (b"&".join(b"a=1" for _ in range(MOST_FIELDS + 1)), FORM, 400),
        (b"a=%ff", FORM, 400),
        (b"a=\xff", FORM, 400),
        (b"{}", "application/json", 415),
        (b"--x", "multipart/form-data; boundary=x", 415),
    ],
)
async def test_what_is_no_form_of_ours_is_refused(body: bytes, media_type: str, status: int) -> None:
    with pytest.raises(FormRefused) as refused:
        await read_form(request(body, media_type))

    assert status == refused.value.status


def test_a_form_is_shown_again_with_what_is_wrong_beside_each_field() -> None:
    form = Form.of(email="ada").wrong(email="That is no e-mail address.", whole="Look again.")

    assert "ada" == form.one("email")
    assert "That is no e-mail address." == form.error("email")
    assert "Look again." == form.error()
