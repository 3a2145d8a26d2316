"""The storybook is rendered, and every page keeps what the policy asks of it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from syncline.webkit import storybook
from syncline.webkit.charts import lay_out
from syncline.webkit.frame import Frame, Theme, local_path, theme_of
from syncline.webkit.pages import Pages, own_statics
from syncline.webkit.policy import content_security_policy, protect


class Read(HTMLParser):
    """What of a page could break its policy, or leave somebody behind."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self.inline += [
            str(given[name]) for name in ("href", "src") if str(given.get(name, "")).startswith("java")
        ]
        self.ids += [str(given["id"])] if "id" in given else []
        if tag == "label" and "for" in given:
            self.labelled.add(str(given["for"]))
        if tag in ("input", "select", "textarea") and given.get("type") not in (
            "hidden",
            "radio",
            "checkbox",
        ):
            self.fields.append(str(given.get("id") or given.get("name")))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages(own_statics())


@pytest.mark.parametrize("story", storybook.STORIES)
def test_no_page_has_script_or_style_inside(pages: Pages, story: str) -> None:
    assert [] == Read(storybook.render(story, pages)).inline


@pytest.mark.parametrize("story", storybook.STORIES)
def test_canaries_are_text_and_nothing_else(pages: Pages, story: str) -> None:
    page = storybook.render(story, pages)

    assert "<script>alert" not in page
    assert "alert(1)" in page
    assert [] == re.findall("[\u202a-\u202e\x1b]", re.sub('value="[^"]*"', "", page))


@pytest.mark.parametrize("story", storybook.STORIES)
def test_no_id_is_given_twice_and_every_field_has_a_label(pages: Pages, story: str) -> None:
    read = Read(storybook.render(story, pages))

    assert len(set(read.ids)) == len(read.ids)
    assert set() == {each for each in read.fields if each not in read.labelled and each != "state"}


def test_a_page_is_small(pages: Pages) -> None:
    assert len(storybook.render("storybook.html", pages).encode()) <= 100_000


def test_the_storybook_is_written_with_every_file_its_pages_name(tmp_path: Path) -> None:
    written = storybook.write(tmp_path)
    named = {
        address
        for page in written
        for address in re.findall(r'(?:href|src)="(/static/[^"#]+)', page.read_text(encoding="utf-8"))
    }

    assert 4 == len(written)
    assert {f"/static/{each.name}" for each in (tmp_path / "static").iterdir()} == named


def test_a_name_a_template_does_not_get_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("{{ nobody }}", encoding="utf-8")

    with pytest.raises(UndefinedError):
        Pages(own_statics(), tmp_path).render("page.html", Frame())


def test_the_policy_allows_nothing_from_elsewhere() -> None:
    policy = content_security_policy(["https://app.hubspot.com"])

    assert "unsafe" not in policy
    assert {"default-src 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert policy.endswith("form-action 'self' https://app.hubspot.com")


def test_a_header_that_is_there_already_stays() -> None:
    headers = {"cache-control": "public"}
    protect(headers, secure=True)

    assert "public" == headers["cache-control"]
    assert "max-age=31536000" == headers["strict-transport-security"]


@pytest.mark.parametrize(
    "address", ["//evil.example", "/\\evil.example", "https://evil.example", "", None, "/a\r\nb", "/a\\b"]
)
def test_no_link_back_leads_elsewhere(address: str | None) -> None:
    assert "/" == local_path(address)


def test_a_theme_nobody_knows_is_that_of_the_system() -> None:
    assert (Theme.AUTO, Theme.DARK) == (theme_of("pink"), theme_of("dark"))


def test_a_chart_is_as_tall_as_its_greatest_value_needs() -> None:
    chart = lay_out([("a", 0), ("b", 7)])

    assert [0, 4, 8] == [value for _, value in chart.scale]
    assert 0 == chart.points[0].height


def test_an_empty_chart_can_be_drawn() -> None:
    assert [] == list(lay_out([]).points)
