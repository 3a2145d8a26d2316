"""Text from outside, made safe to look at: escaped, isolated from its neighbours, nothing in it invisible."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from markupsafe import Markup, escape

from syncline.clock import Milliseconds

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Controls, bidi controls and what has no width: characters that change how others look without being seen."""


def shown(value: object) -> Markup:
    """Return text as a run of its own: a name written from right to left leaves its neighbours alone.

    What would be invisible is written out, as `U+202E`. Nothing is shown for None.
    """
    if value is None:
        return Markup("")
    if isinstance(value, Markup):
        return value
    named = _UNSEEN.sub(_named, str(escape(value)))
    return Markup(f"<bdi>{named}</bdi>")  # noqa: S704 - escaped in the line above


def plain(value: object) -> str:
    """Return text for a place that holds no markup, such as a title, with the invisible written out."""
    return _UNSEEN.sub(lambda match: f"[U+{ord(match.group()):04X}]", str(value))


def _named(match: re.Match[str]) -> str:
    return f'<span class="unseen">U+{ord(match.group()):04X}</span>'


def pretty(value: object) -> str:
    """Return what JSON can hold as indented text, with the invisible written out."""
    lines = json.dumps(value, ensure_ascii=False, indent=2, default=str).split("\n")
    return "\n".join(plain(line) for line in lines)


def moment(at: Milliseconds | str | None, *, precise: bool = False) -> Markup:
    """Return a moment as a `<time>`: UTC for everybody, in the reader's own zone where the script runs."""
    if at is None:
        return Markup('<span class="none">never</span>')
    when = _parsed(at)
    pattern = "%Y-%m-%d %H:%M:%S" if precise else "%Y-%m-%d %H:%M"
    return Markup('<time datetime="{}" data-precise="{}">{} UTC</time>').format(
        when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "yes" if precise else "no",
        when.strftime(pattern),
    )


def _parsed(at: Milliseconds | str) -> datetime:
    if isinstance(at, str):
        return datetime.fromisoformat(at).astimezone(UTC)
    return datetime.fromtimestamp(at / 1000, UTC)


def number(value: float | None) -> str:
    """Return a number with its thousands apart; an en dash for none."""
    if value is None:
        return "–"
    return f"{value:,}".replace(",", "\u202f")


_SPANS = ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second"))


def span(milliseconds: Milliseconds | None) -> str:
    """Return a span in words, rounded to its largest unit: `about 3 hours`."""
    if milliseconds is None:
        return "–"
    for size, word in _SPANS:
        if milliseconds >= size:
            count = round(milliseconds / size)
            return f"about {count} {word}{'' if count == 1 else 's'}"
    return "less than a second"
