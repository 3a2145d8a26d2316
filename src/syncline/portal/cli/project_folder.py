"""A project's folder on disk: written new, and read to be uploaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.project_archive import LARGEST_PROJECT, MOST_FILES
from syncline.portal.domain.project_source import ProjectConfig, is_ignored, read_config
from syncline.portal.domain.project_template import PROJECT_FILE


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a project into a folder, which must be empty or not there yet."""
    try:
        if folder.exists() and any(folder.iterdir()):
            raise click.ClickException(f"{folder} is not empty; choose another folder with --dest.")
        for path, content in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"The project can't be written to {folder}: {error.strerror}.") from None


def read_folder(folder: Path) -> tuple[ProjectConfig, dict[str, bytes]]:
    """Return what a project's `hsproject.json` says and its source files, by their paths below the source folder."""
    try:
        config = read_config((folder / PROJECT_FILE).read_bytes())
        source = folder / config.src_dir
        if not source.resolve().is_relative_to(folder.resolve()):
            raise SetupError(f"srcDir {config.src_dir!r} lies outside of the project.")
        files = dict(_files(source))
    except SetupError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(
            f"{error.filename} can't be read: {error.strerror}. Name the folder with {PROJECT_FILE} in it."
        ) from None
    if not files:
        raise click.ClickException(f"There is nothing to upload in {source}.")
    return config, files


def _files(source: Path) -> Iterator[tuple[str, bytes]]:
    size = count = 0
    for file in sorted(source.rglob("*")):
        path = file.relative_to(source).as_posix()
        if is_ignored(path) or file.is_dir():
            continue
        if file.is_symlink():
            raise SetupError(f"{file} is a link; a project holds files only.")
        size, count = size + file.stat().st_size, count + 1
        if size > LARGEST_PROJECT or count > MOST_FILES:
            raise SetupError(f"A project is at most {MOST_FILES} files of {LARGEST_PROJECT} bytes together.")
        yield path, file.read_bytes()
