"""Personal data in what people write: found by shape and replaced by a word in brackets, before a
text goes elsewhere.

Names cannot be told by their shape; they stay.
"""

from __future__ import annotations

import re

from classifiers.texts.text import MAX_READ

_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_SECRET = re.compile(
    r"\b(?:sk-[\w-]{16,200}|gh[opsu]_\w{20,200}|github_pat_\w{20,200}|xox[abprs]-[\w-]{10,200}|AKIA[0-9A-Z]{16}"
    r"|eyJ[\w-]{10,2000}\.[\w-]{10,2000}\.[\w-]{0,2000}|glpat-[\w-]{16,200})"
    r"|\b(?P<named>(?:password|passwd|api[_ -]?key|secret|token)\s{0,3}(?:\bis\s(?=\s{0,3}\S{0,40}\d)|[:=])\s{0,3}"
    r"|bearer\s{1,3})[^\s\[]{6,500}",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_ADDRESS = re.compile(
    r"(?<![\w.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?![\w.]*\d)"
)
_HOME = re.compile(r"((?:/home/|/Users/|[A-Za-z]:\\Users\\))[^\s/\\:\"'<>|]{1,64}")
_DIGITS = re.compile(r"(?<![\w.,:/$€£#-])\+?\(?\d[\d ()./-]{7,22}\d(?![\w-])")
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}|^\d{1,2}[./]\d{1,2}[./]\d{2,4}")
PLACEHOLDER = re.compile(r"\[(?:e-mail address|number|secret|account|IP address|name)\]")
HANDLE = re.compile(r"(?<![\w/.@])@[\w][\w.-]{0,63}")
"""A mention of somebody, as most platforms write it."""


def redact(text: str) -> str:
    """The text with mail and IP addresses, phone, card and account numbers, passwords and keys, and
    the names of home folders replaced. Linear in the length, of which ``MAX_READ`` characters are
    looked at and kept."""
    text = _MAIL.sub("[e-mail address]", text[:MAX_READ])
    text = _SECRET.sub(lambda match: f"{match['named'] or ''}[secret]", text)
    text = _ACCOUNT.sub("[account]", text)
    text = _ADDRESS.sub("[IP address]", text)
    text = _HOME.sub(r"\1[name]", text)
    return _DIGITS.sub(_number, text)


def without_handles(text: str) -> str:
    """The text with *somebody* for every mention."""
    return HANDLE.sub("somebody", text)


def _number(match: re.Match[str]) -> str:
    """Phone numbers have 9 to 15 digits (ITU-T E.164) and more than one group or a plus; cards pass
    Luhn's check."""
    found = match[0]
    digits = re.sub(r"\D", "", found)
    if _DATE.match(found):
        return found
    grouped = len(re.split(r"[ ()./-]+", found.strip())) > 1 or found.startswith(("+", "(", "00"))
    phone = 9 <= len(digits) <= 15 and (grouped or (digits[0] == "0" and len(digits) in (10, 11)))
    return "[number]" if phone or (13 <= len(digits) <= 19 and _luhn(digits)) else found


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    return (
        sum(map(int, digits[-1::-2])) + sum(each - 9 if each > 9 else each for each in doubled)
    ) % 10 == 0
