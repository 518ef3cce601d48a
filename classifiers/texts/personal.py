"""Personal data in what people write: found by shape and replaced by a word in brackets.

Names cannot be told by their shape; they stay.
"""

from __future__ import annotations

import ipaddress
import re

from classifiers.texts.secrets import without_secrets
from classifiers.texts.text import MAX_READ_CHARACTERS

_MAIL_ADDRESS = re.compile(
    r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
    r"|[\w.+-]{1,64}\s?[\[({]\s?at\s?[\])}]\s?[\w-]{1,63}"
    r"(?:\s?(?:\.|[\[({]\s?dot\s?[\])}])\s?[\w-]{1,63}){1,8}",
    re.IGNORECASE,
)
_SPELLED_AT = re.compile(r"[\[({]\s?at\s?[\])}]", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_BANK_ACCOUNT = re.compile(
    r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b", re.IGNORECASE
)
_IPV4_ADDRESS = re.compile(
    r"(?P<before>(?:\b[\w+-]{1,30}[ :=]{1,2})?)(?<![\w.])"
    r"(?P<address>(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3})(?![\w.]*\d)"
)
_IPV6_ADDRESS = re.compile(
    r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}(?![\w:])", re.IGNORECASE
)
_HOME_FOLDER = re.compile(r"((?:/home/|/Users/|[A-Za-z]:[\\/]Users[\\/]))[^\s/\\:\"'<>|]{1,64}")
_QUERY_VALUE = re.compile(
    r"(?P<key>[?&;#](?:[\w.-]{0,40}(?:token|secret|password|signature|session|auth|api_?key)|key"
    r"|sig"
    r"|code|sid|pwd|e?mail|user(?:name|_?id)?|login|phone|name|u)=)[^\s&#;\"'<>\])]{1,2000}",
    re.IGNORECASE,
)
_LABELLED_PHONE = re.compile(
    r"(?P<label>\b(?:tel|phone|mobile|cell|fax|whatsapp|sms)\s?[:.]\s?)"
    r"(?P<number>\+?\(?\d[\d ()./-]{5,22}\d)",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"(?<![\w.,:/$€£#-])\+?\(?\d[\d ()./-]{7,22}\d(?![\w-])")
_DATE_START = re.compile(r"^\d{4}-\d{2}-\d{2}|^\d{1,2}[./]\d{1,2}[./]\d{2,4}")
_VERSION_WORDS = re.compile(
    r"^(?:v|ver|version|release|build|firmware|driver|update|sdk|kernel|app|from|to)$", re.I
)
_WORDS_BEFORE_HOSTS = """
ip ips ipv4 address addresses server host client peer gateway dns router proxy from at on via
my our the is was ping ssh http https to and
"""
_HOST_WORDS = frozenset(_WORDS_BEFORE_HOSTS.split())
_NEW_VERSION = re.compile(
    r"\b(?:upgrad\w*|bump\w*|downgrad\w*|updat\w*)\s"
    r"(?:(?!\b(?:ips?|dns|server|host|proxy|router|address\w*|gateway)\b)[^\n.;]"
    r"|\.(?=\w)){0,80}\b(?:from|to)\s$",
    re.IGNORECASE,
)
"""What stands before the version of a library that is raised: *bump avro from*."""
_NEW_VERSION_CHARACTERS = 100
_FOUR_PARTS = re.compile(r"^[1-9]\d*(?:\.\d+){3}$")
"""A browser's version; telephone numbers with dots have three groups or five."""
PRIVACY_PLACEHOLDER = re.compile(r"\[(?:e-mail address|number|secret|account|IP address|name)\]")
MENTION = re.compile(r"(?<![\w/.@])@[\w][\w.-]{0,63}")
"""A mention of somebody, as most platforms write it."""


def redact(text: str) -> str:
    """The text without personal data that shows by its shape.

    ==================================================  =================
    mail addresses, also ``ann [at] example [dot] org``  [e-mail address]
    telephone and card numbers                           [number]
    bank accounts (IBAN)                                 [account]
    IP addresses of either version, but not loopback     [IP address]
    keys, tokens, passwords, webhook addresses           [secret]
    values of a link's query that name or let in a person  [secret]
    the names of home folders                            [name]
    ==================================================  =================

    Linear in the length, of which ``MAX_READ_CHARACTERS`` characters are looked at and kept.
    """
    text = without_secrets(text[:MAX_READ_CHARACTERS])
    if "=" in text:
        text = _QUERY_VALUE.sub(r"\g<key>[secret]", text)
    if "@" in text or _SPELLED_AT.search(text):
        text = _MAIL_ADDRESS.sub("[e-mail address]", text)
    text = _HOME_FOLDER.sub(r"\1[name]", text)
    if text.count(":") > 1:
        text = _IPV6_ADDRESS.sub(_address_6, text)
    if not _DIGIT.search(text):
        return text
    text = _BANK_ACCOUNT.sub(_account, text)
    text = _IPV4_ADDRESS.sub(_address_4, text)
    text = _LABELLED_PHONE.sub(r"\g<label>[number]", text)
    return _LONG_NUMBER.sub(_number, text)


def redact_name(name: str) -> str:
    """An author's name as others may read it: ``[name]`` where it is an address or a number."""
    redacted = redact(name)
    if PRIVACY_PLACEHOLDER.search(redacted):
        return "[name]"
    return redacted


def without_handles(text: str) -> str:
    """The text with *somebody* for every mention."""
    return MENTION.sub("somebody", text)


def _account(match: re.Match[str]) -> str:
    """Accounts pass the check of ISO 7064 (mod 97-10), or are written in groups and capitals."""
    letters = re.sub(r"\s", "", match[0]).upper()
    moved = letters[4:] + letters[:4]
    valid = int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1
    written = match[0].isupper() and " " in match[0]
    if valid or written:
        return "[account]"
    return match[0]


def _address_4(match: re.Match[str]) -> str:
    """Four numbers are a version behind a version's word or a product's name: ``Chrome 10.0.1.2``;
    behind anything else they are an address."""
    address = ipaddress.IPv4Address(_without_zeros(match["address"]))
    if address.is_loopback or address.is_unspecified or _names_a_product(match["before"]):
        return match[0]
    start = match.start("address")
    said_before = match.string[max(0, start - _NEW_VERSION_CHARACTERS) : start]
    if _NEW_VERSION.search(said_before):
        return match[0]
    return f"{match['before']}[IP address]"


def _names_a_product(before: str) -> bool:
    word = before.strip(" :=")
    if not word or word.lower() in _HOST_WORDS:
        return False
    return bool(_VERSION_WORDS.match(word)) or word[0].isupper()


def _without_zeros(address: str) -> str:
    return ".".join(str(int(part)) for part in address.split("."))


def _address_6(match: re.Match[str]) -> str:
    """Times (``10:15:30``) and C++ names (``abc::def``) look alike, and are no address."""
    try:
        address = ipaddress.IPv6Address(match[0])
    except ValueError:
        return match[0]
    groups = [group for group in match[0].split(":") if group]
    if address.is_loopback or len(groups) < 3 or not any(map(str.isdigit, match[0])):
        return match[0]
    return "[IP address]"


def _number(match: re.Match[str]) -> str:
    """*[number]* for a phone or card number, any other as it is.

    Phone numbers have 9 to 15 digits (ITU-T E.164) and more than one group, a plus or a zero in
    front; cards pass Luhn's check.
    """
    number = match[0]
    if _DATE_START.match(number) or _FOUR_PARTS.match(number):
        return number
    digits = re.sub(r"\D", "", number)
    if 9 <= len(digits) <= 15:
        if number.startswith(("+", "(", "00")) or len(re.split(r"[ ()./-]+", number.strip())) > 1:
            return "[number]"
        if digits[0] == "0" and len(digits) in (10, 11):
            return "[number]"
    if 13 <= len(digits) <= 19 and _passes_luhn(digits):
        return "[number]"
    return number


def _passes_luhn(digits: str) -> bool:
    """Whether the check digit at the end is right (ISO/IEC 7812-1, annex B).

    *4111 1111 1111 1111* passes: every second digit doubled gives 8 + 7 * 2, the others are 8.
    """
    doubled = sum(sum(divmod(int(digit) * 2, 10)) for digit in digits[-2::-2])
    plain = sum(int(digit) for digit in digits[-1::-2])
    return (plain + doubled) % 10 == 0
