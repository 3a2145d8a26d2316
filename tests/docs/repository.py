"""What belongs to the repository: every file but those tools and runs leave behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

_LEFT_BEHIND = {
    ".git",
    ".hypothesis",
    ".import_linter_cache",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
    "__pycache__",
    "build",
    "data",
    "dist",
    "results",
}


def files(suffix: str = "") -> Iterator[Path]:
    """Yield the files of the repository whose name ends so, in the order of their paths."""
    for path in sorted(_walk(ROOT)):
        if path.name.endswith(suffix):
            yield path


def texts(suffix: str = "") -> Iterator[tuple[str, str]]:
    """Yield path (from the root) and content of every file that is text."""
    for path in files(suffix):
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in _LEFT_BEHIND or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.is_file() and not path.is_symlink():
            yield path
