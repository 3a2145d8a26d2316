"""Log lines: text for people or JSON for machines, one line an event, never a secret.

Whatever is logged, by us or by a library, passes through one handler; it redacts and escapes last, so a
user name with line breaks in it cannot pretend to be a line of its own.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from syncline.telemetry.redaction import MASK, is_secret_name, redact

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def configure(level: str, form: str, stream: TextIO | None = None) -> None:
    """Send every log line of the process to one stream (standard error), from that level on.

    `level` is debug, info, warning or error; `form` is text or json.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for library in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "aiohttp.access"):
        known = logging.getLogger(library)
        known.handlers.clear()
        known.propagate = True
    # One line per request is what events and metrics are for.
    logging.getLogger("uvicorn.access").disabled = True


class JsonLines(logging.Formatter):
    """One JSON object a line: `at`, `level`, `logger`, `message`, the record's own fields, `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        line |= _fields(record)
        trouble = _trouble(self, record)
        if trouble:
            line["exception"] = redact(trouble)
        return json.dumps(line, default=str)


class TextLines(logging.Formatter):
    """`moment level logger: message field=value`; a traceback follows, each of its lines marked with a bar."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        said = _one_line(redact(record.getMessage() + fields))
        line = f"{_moment(record)} {record.levelname.lower():<7} {record.name}: {said}"
        trouble = _trouble(self, record)
        if not trouble:
            return line
        return "\n".join([line, *(f"  | {_one_line(part)}" for part in redact(trouble).split("\n"))])


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return what the caller added with `extra=`, made safe."""
    added = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    return {name: MASK if is_secret_name(name) else _safe(value) for name, value in added.items()}


def _safe(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redact(str(value))


def _trouble(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts = []
    if record.exc_info:
        parts.append(formatter.formatException(record.exc_info))
    if record.stack_info:
        parts.append(record.stack_info)
    return "\n".join(parts)


def _one_line(text: str) -> str:
    """Escape whatever could start a new line or move the cursor of a terminal."""
    if text.isprintable():
        return text
    return "".join(part if part.isprintable() else part.encode("unicode_escape").decode() for part in text)
