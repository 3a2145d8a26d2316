from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from syncline.telemetry import logging as telemetry

CANARY = "syncline_abcdefghij_CaNaRy0123456789abcdefghijklmnopqrstuvwxyz-_A"


@pytest.fixture
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def written(form: str, *args: Any, **kwargs: Any) -> str:
    stream = io.StringIO()
    telemetry.configure("debug", form, stream)
    logging.getLogger("syncline.test").error(*args, **kwargs)
    return stream.getvalue()


@pytest.mark.usefixtures("restored")
class TestEveryForm:
    @pytest.mark.parametrize("form", ["text", "json"])
    def test_a_secret_in_the_message_its_arguments_or_its_fields_does_not_pass(self, form: str) -> None:
        secret = "CaNaRy"

        line = written(form, "used %s", CANARY, extra={"request": {"Authorization": f"Bearer {CANARY}"}})

        assert secret not in line

    @pytest.mark.parametrize("form", ["text", "json"])
    def test_a_field_with_a_secret_name_is_masked_whatever_it_holds(self, form: str) -> None:
        assert "plainword" not in written(form, "checked", extra={"password": "plainword"})

    @pytest.mark.parametrize("form", ["text", "json"])
    def test_a_secret_in_an_exception_does_not_pass(self, form: str) -> None:
        try:
            raise ValueError(f"cannot use {CANARY}")
        except ValueError:
            line = written(form, "failed", exc_info=True)

        assert "cannot use syncline_abcdefghij_[redacted]" in line

    @pytest.mark.parametrize("form", ["text", "json"])
    @pytest.mark.parametrize("breaks", ["\n", "\r", "\u2028", "\x85", "\x1b[2J", "\x00", "\x0b"])
    def test_a_name_with_control_characters_stays_on_one_line(self, form: str, breaks: str) -> None:
        line = written(
            form, "created %s", f"anna{breaks}2026-01-01 error all is lost", extra={"user": f"a{breaks}b"}
        )

        assert 1 == len(line.splitlines())
        assert breaks not in line.removesuffix("\n")


@pytest.mark.usefixtures("restored")
def test_a_traceback_in_text_form_cannot_pretend_to_be_a_line_of_its_own() -> None:
    try:
        raise ValueError("first\n2026-01-01 error forged")
    except ValueError:
        lines = written("text", "failed", exc_info=True).splitlines()

    assert all(line.startswith("  | ") for line in lines[1:])


@pytest.mark.usefixtures("restored")
def test_a_json_line_says_when_how_severe_who_and_what() -> None:
    line = json.loads(written("json", "delivered %d", 3, extra={"tenant": "t1"}))

    assert {"level": "error", "logger": "syncline.test", "message": "delivered 3", "tenant": "t1"} == {
        name: value for name, value in line.items() if name != "at"
    }


@pytest.mark.usefixtures("restored")
def test_lines_below_the_level_are_not_written() -> None:
    stream = io.StringIO()
    telemetry.configure("warning", "text", stream)

    logging.getLogger("syncline.test").info("unheard")

    assert "" == stream.getvalue()
