"""The zip of a project is opened without trusting it."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest

from syncline.portal.domain.errors import ValidationError
from syncline.portal.domain.project_archive import (
    LARGEST_FILE,
    LARGEST_PROJECT,
    MOST_FILES,
    read_archive,
)
from syncline.portal.domain.project_source import pack
from syncline.portal.domain.project_template import template_archive


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content, method)
    return buffer.getvalue()


def refusal(content: bytes) -> str:
    with pytest.raises(ValidationError) as caught:
        read_archive(content)
    return str(caught.value.sub_category).removeprefix("ProjectErrors.")


def test_files_come_back_by_path_and_folders_do_not() -> None:
    files = {"app/app-hsmeta.json": b"{}", "app/scim/scim-hsmeta.json": b"[]"}

    assert files == read_archive(pack(files))


def test_the_same_files_make_the_same_zip() -> None:
    files = {"b": b"2", "a/c": b"1"}

    assert pack(files) == pack(dict(reversed(files.items())))


@pytest.mark.parametrize(
    "path",
    [
        "../evil",
        "app/../../evil",
        "/etc/passwd",
        "C:/evil",
        "app\\evil",
        "app//evil",
        "./app",
        "a\nb",
        "x" * 256,
    ],
)
def test_a_path_that_leads_out_of_the_project_is_refused(path: str) -> None:
    assert "ARCHIVE_PATH_NOT_ALLOWED" == refusal(zipped((path, b"")))


def test_a_name_cut_at_a_zero_byte_is_refused() -> None:
    assert "ARCHIVE_PATH_NOT_ALLOWED" == refusal(
        zipped(("goodXevil", b"")).replace(b"goodXevil", b"good\0evil")
    )


def test_a_link_is_refused() -> None:
    link = zipfile.ZipInfo("app/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16

    assert "ARCHIVE_LINK" == refusal(zipped((link, b"/etc/passwd")))


def test_a_bomb_is_refused_by_what_it_would_unpack_to() -> None:
    half = b"\0" * (LARGEST_FILE - 1)
    bomb = zipped(*((f"{number}", half) for number in range(LARGEST_PROJECT // len(half) + 1)))

    assert len(bomb) < 100_000
    assert "ARCHIVE_TOO_LARGE" == refusal(bomb)


def test_one_file_may_not_be_too_large() -> None:
    assert "ARCHIVE_FILE_TOO_LARGE" == refusal(zipped(("big", b"\0" * (LARGEST_FILE + 1))))


def test_a_file_that_unpacks_to_more_than_it_says_is_refused() -> None:
    honest = zipped(("app/file", b"a" * 1_000))
    size = (1_000).to_bytes(4, "little")

    assert "ARCHIVE_UNREADABLE" == refusal(honest.replace(size, (10).to_bytes(4, "little")))


def test_there_may_not_be_too_many_files() -> None:
    many = zipped(*((f"{number}", b"") for number in range(MOST_FILES + 1)))

    assert "ARCHIVE_TOO_MANY_FILES" == refusal(many)


def test_a_file_may_not_be_there_twice_in_any_case() -> None:
    assert "ARCHIVE_DUPLICATE_FILE" == refusal(zipped(("app/A.json", b"1"), ("app/a.json", b"2")))


def test_packing_other_than_deflate_is_refused() -> None:
    assert "ARCHIVE_METHOD" == refusal(zipped(("app/file", b"x" * 500), method=zipfile.ZIP_LZMA))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all" * 100])
def test_what_is_no_zip_is_refused(content: bytes) -> None:
    assert "ARCHIVE_UNREADABLE" == refusal(content)


def test_a_cut_or_changed_zip_is_refused() -> None:
    whole = bytearray(zipped(("app/file", bytes(range(256)) * 20), method=zipfile.ZIP_STORED))
    whole[100] ^= 0xFF

    assert "ARCHIVE_UNREADABLE" == refusal(bytes(whole))
    assert "ARCHIVE_UNREADABLE" == refusal(bytes(whole[:-30]))


def test_the_template_repository_is_one_folder() -> None:
    files = read_archive(template_archive())

    assert {"hubspot-project-components-main"} == {path.partition("/")[0] for path in files}
