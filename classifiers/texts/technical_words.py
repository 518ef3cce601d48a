"""The words and shapes by which ``technical`` reads what a developer looks for. None of them
repeats a part that can match in two ways, so each takes time linear in the text."""

from __future__ import annotations

import re

_NUMBER = r"\d{1,4}(?:\.\d{1,5}){1,3}"
_VERSION_TAIL = r"(?:[-.](?:alpha|beta|rc|preview|dev|nightly)(?:\.?\d{1,3})?)?"
NAMED_VERSION = re.compile(
    r"\b(?:v\.?|versions?|ver\.?|release|build|updated? to|upgraded? to|downgraded? to)[ :]{0,2}"
    rf"v?({_NUMBER}{_VERSION_TAIL})(?![\w.]*\w)",
    re.IGNORECASE,
)
BARE_VERSION = re.compile(
    r"\b(?:since|in|on|with|after|from|until|before|using) (?:version )?v?"
    rf"(\d{{1,3}}(?:\.\d{{1,5}}){{2}}{_VERSION_TAIL})"
    r"(?![\w.]*\w)",
    re.IGNORECASE,
)
DATE_WRITTEN = re.compile(r"(?:[012]?\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?:19|20)\d\d")
"""A day, as many countries write it; it looks like a version."""
SYSTEM_NAMED = re.compile(
    r"\b(windows server|windows|macos|mac os x|os x|ios|ipados|android|ubuntu|debian|fedora"
    r"|linux mint|arch linux|chromeos|linux)(?:[ -](?:version )?"
    r"(\d{1,4}(?:\.\d{1,3}){0,2}|xp|vista|sequoia|sonoma|ventura|monterey|tahoe)\b)?(?!\w)",
    re.IGNORECASE,
)
SYSTEM_SPELLINGS = {
    "windows server": "Windows Server",
    "windows": "Windows",
    "macos": "macOS",
    "mac os x": "macOS",
    "os x": "macOS",
    "ios": "iOS",
    "ipados": "iPadOS",
    "android": "Android",
    "ubuntu": "Ubuntu",
    "debian": "Debian",
    "fedora": "Fedora",
    "linux mint": "Linux Mint",
    "arch linux": "Arch Linux",
    "chromeos": "ChromeOS",
    "linux": "Linux",
}
BROWSER_NAMED = re.compile(
    r"\b(chrome|chromium|firefox|safari|edge|opera|brave|vivaldi)"
    r"(?:[ /](?:version )?(\d{1,4}(?:\.\d{1,5}){0,3})\b)?"
    r"(?!\w)",
    re.IGNORECASE,
)
EVERYDAY_NAMES = frozenset({"windows", "edge", "opera", "brave", "safari"})
"""Words of everyday language as well: they count with a capital letter or a number alone."""
DEVICE_NAMED = re.compile(
    r"\b(iPhone(?: \d{1,2}(?: Pro(?: Max)?| Plus| mini)?| SE)?|iPad(?: Pro| Air| mini)?"
    r"|Pixel \d{1,2}a?(?: Pro)?|Galaxy (?:S|A|Z|Note|Tab)[ ]?\w{1,4}(?: Ultra)?"
    r"|MacBook(?: Pro| Air)?|Surface(?: Pro| Go| Laptop)?(?: \d{1,2})?|Steam Deck|Apple Watch"
    r"|Chromebook|Raspberry Pi(?: \d)?)\b"
)
PLAN_NAMED = re.compile(
    r"\b(free|pro|plus|premium|business|teams?|enterprise|basic|starter) "
    r"(?:plan|tier|subscription)\b",
    re.IGNORECASE,
)
USER_AGENT_QUOTED = re.compile(r"Mozilla/\d\.\d \([^)\n]{1,200}\)[^\n]{0,300}")
AGENT_SYSTEMS = (
    (re.compile(r"Windows NT (\d{1,2}\.\d)"), "Windows NT {}"),
    (re.compile(r"iPhone OS (\d{1,2}(?:_\d{1,2}){0,2})"), "iOS {}"),
    (re.compile(r"Android (\d{1,2}(?:\.\d{1,2})?)"), "Android {}"),
    (re.compile(r"Mac OS X (\d{1,2}(?:[._]\d{1,2}){0,2})"), "macOS {}"),
    (re.compile(r"(?:X11; )?Linux()"), "Linux{}"),
)
# Whoever calls itself something else as well stands before what it calls itself.
AGENT_BROWSERS = (
    (re.compile(r"Edg(?:A|iOS)?/(\d{1,4})"), "Edge {}"),
    (re.compile(r"OPR/(\d{1,4})"), "Opera {}"),
    (re.compile(r"Firefox/(\d{1,4})"), "Firefox {}"),
    (re.compile(r"Chrome/(\d{1,4})"), "Chrome {}"),
    (re.compile(r"Version/(\d{1,3})[^\n]{0,60}Safari/"), "Safari {}"),
)
LOG_LINE = re.compile(
    r"^\s*(?:Traceback \(most recent call last\)|File \"[^\"]{1,200}\", line \d"
    r"|at [\w$.<>/\[\] ]{1,200}[(:]|(?:[\w.]{1,100})?(?:Error|Exception)\b[^\n]{0,3}:"
    r"|(?:Caused by|panicked at|thread '[^']{1,60}' panicked)"
    r"|\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[?(?:ERROR|FATAL|WARN(?:ING)?|PANIC|Uncaught)\b"
    r"|(?:error|fatal|exit) code:? ?-?(?:0x)?[0-9a-fA-F]{1,10}\b)"
)
LOG_CONTINUED = re.compile(r"^(?: {2,}|\t)\S")
ERROR_SAID = re.compile(r"\b(?:0x[0-9a-fA-F]{4,16}|E[A-Z]{3,12}\b|HTTP [45]\d\d|error \d{2,6})")
STEPS_TOLD = re.compile(
    r"(?im)^\s*(?:[12][.)] |steps to reproduce|expected(?: behaviou?r)?:|actual)"
)
SENTENCE_BREAK = re.compile(r"(?<=[.!?])\s+|\n+")
WORKAROUND_NAMED = re.compile(
    r"\b(?:work-?around|work around|(?:fixed|solved|resolved) (?:it|this|that) (?:by|with)"
    r"|(?:fixes|solves|helps|helped|works) (?:if|when) (?:i|you|we)"
    r"|what (?:helps|helped|works|worked) "
    r"|(?:going|rolling|rolled|went) back to|downgrad(?:ing|ed)|reinstall(?:ing|ed)"
    r"|clear(?:ing|ed) (?:the )?(?:cache|cookies)|(?:turning|switching|turned|switched) off"
    r"|(?:restarting|disabling|removing) [^.!?\n]{1,60} "
    r"(?:fixes|fixed|solves|solved|helps|helped|works)"
    r"|as a (?:temporary )?(?:fix|solution))\b",
    re.IGNORECASE,
)
NO_WORKAROUND = re.compile(
    r"\b(?:no|any|not|n't|never|nothing|without|didn't|doesn't|still)\b", re.IGNORECASE
)
FILE_LINK = re.compile(
    r"https?://[^\s<>\"'()\[\]]{3,400}"
    r"\.(?:png|jpe?g|gif|webp|mp4|mov|webm|log|txt|zip|dmp|har|pdf)\b",
    re.IGNORECASE,
)
