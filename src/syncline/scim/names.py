"""String preparation: when two names are the same name, and which names are refused.

Identity providers and databases disagree about case and Unicode forms, and accounts were taken over through
the difference (Django CVE-2019-19844, Auth.js CVE-2026-73420). One key decides here for uniqueness, look-ups
and case-insensitive filters alike; what a person cannot see in a user name is refused, not folded.
"""

from __future__ import annotations

import re
import unicodedata

from syncline.scim.errors import InvalidValue

MAX_USER_NAME = 320
"""Characters: the longest address RFC 5321 can carry (64 before the @, 255 after it)."""

_DOTTED_SMALL_I = "i\u0307"
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Invisible although Unicode counts them as letters or marks: joiners, Hangul fillers, variation selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_LABEL = re.compile(r"[^\s@._+\-']+")
_LOOK_ALIKE_SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})
_CONTROL = re.compile("[\x00-\x1f\x7f]")


def comparison_key(text: str) -> str:
    """Return the key under which texts that name the same thing are equal.

    Compatibility forms (NFKC), case in every script, ß and ss, dotted and dotless i are folded. Nothing is cut
    off: long names that differ in the last character stay different. The key of a key is the key itself.
    """
    if text.isascii():
        return text.lower()
    # Upper-casing first joins the letters that only share a capital: dotless i, long s.
    folded = unicodedata.normalize("NFKC", text).upper().casefold()
    folded = unicodedata.normalize("NFKC", folded).casefold()
    return unicodedata.normalize("NFKC", folded.replace(_DOTTED_SMALL_I, "i"))


def check_user_name(text: str) -> str:
    """Return the user name exactly as sent, or raise InvalidValue.

    Refused: empty, blank at an end, longer than 320 characters, control, zero-width, bidirectional-control and
    unassigned characters, and one word that mixes scripts whose letters look alike (Latin with Cyrillic, …).
    """
    if len(text) > MAX_USER_NAME:
        raise InvalidValue(f"userName is longer than {MAX_USER_NAME} characters.")
    if not text or text != text.strip():
        raise InvalidValue("userName must not be empty and must not begin or end with a space.")
    if text.isascii():
        if _CONTROL.search(text):
            raise InvalidValue("userName contains a control character.")
        return text
    _check_visible(text)
    _check_scripts(unicodedata.normalize("NFKC", text))
    return text


def _check_visible(text: str) -> None:
    """Refuse what is not seen, also when it only appears after normalisation."""
    for form in (text, unicodedata.normalize("NFKC", text)):
        if _INVISIBLE.search(form) or not _REFUSED_CATEGORIES.isdisjoint(map(unicodedata.category, form)):
            raise InvalidValue("userName contains an invisible, control or unassigned character.")
    if comparison_key(text) != comparison_key(text).strip():
        raise InvalidValue("userName must not be empty and must not begin or end with a space.")


def _check_scripts(text: str) -> None:
    for label in _LABEL.findall(text):
        scripts = {unicodedata.name(character, "").split(" ", 1)[0] for character in label}
        if len(scripts & _LOOK_ALIKE_SCRIPTS) > 1:
            raise InvalidValue("userName mixes letters of scripts that look alike within one word.")
