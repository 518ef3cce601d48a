"""Quoting people safely: a stranger's words stay readable in a ticket, and nothing in them acts.

Three targets: GitHub Markdown (inside a block quote), Jira wiki markup (Data Center), and plain
text nodes (Atlassian Document Format, titles). In every one a zero-width space breaks what a
tracker would turn into a mention, a reference or a link; in GitHub Markdown a backslash alone does
not stop ``@name`` or ``#1``.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

BREAK = "\u200b"

_NEWLINES = re.compile(r"\r\n|[\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
# Controls, bidirectional overrides (they reorder what a reader sees), surrogates, noncharacters,
# tag characters.
_UNSAFE = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc"
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)
_SIGIL = re.compile(r"[@#＠＃]")
_GH_NUMBER = re.compile(r"(?i)\b(gh-)(?=\d)")
# What may be a commit's id: 7 to 40 hexadecimal digits that stand alone. GitHub links those that a
# repository has; words without a digit ("feedback") and numbers without a letter stay as they are.
_COMMIT_ID = re.compile(
    r"(?i)(?<![0-9a-z_])(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,40}(?![0-9a-z_])"
)
_URL_SCHEME = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*:)(?=//)|\b(mailto:|xmpp:)")
_WWW = re.compile(r"(?i)\b(www)(?=\.)")
_GITHUB_HOST = re.compile(r"(?i)\b(github)(?=\.com)")
_MARKDOWN_SPECIAL = re.compile(r"[\\`*_\[\]~|$]")
_MARKDOWN_LINE_START = re.compile(r"^(?:[-+=/:!>]|\d{1,9}(?=[.)]))")
_WIKI_SPECIAL = re.compile(r"[{}\[\]*_\-+^~?!|]")
_EMOTICON = re.compile(r"[(:;]")
_HOST = re.compile(r"[A-Za-z0-9.:_-]+")
_PLAIN_LINK = re.compile(r"https?://[^\s<>\"'\[\]`|\\\u200b]+")
_SLACK_SIGIL = re.compile(r"[@#*_~`]")
_URL_SAFE = "/%:@&+,=?._-"


def clean(text: str) -> str:
    """The text without control characters and invisible reordering, lines ended by ``\\n``, tabs as
    spaces."""
    return _UNSAFE.sub("", _NEWLINES.sub("\n", text)).replace("\t", "    ")


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut at a space where one is near, with an ellipsis where
    something is missing."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ", limit * 3 // 4)
    return (cut[:space] if space > 0 else cut).rstrip() + "…"


def one_line(text: str, limit: int) -> str:
    """Cleaned text on one line of at most ``limit`` characters."""
    return shorten(" ".join(clean(text).split()), limit)


def break_references(text: str) -> str:
    """Put a zero-width space into every mention, reference, commit id and address of GitHub and
    GitLab.

    Closing keywords ("fixes #1") act through their reference alone, so they are inert with it.
    """
    text = _SIGIL.sub(lambda match: match[0] + BREAK, text)
    text = _GH_NUMBER.sub(lambda match: match[1] + BREAK, text)
    text = _URL_SCHEME.sub(lambda match: match[0] + BREAK, text)
    text = _WWW.sub(lambda match: match[1] + BREAK, text)
    text = _GITHUB_HOST.sub(lambda match: match[1] + BREAK, text)
    return _COMMIT_ID.sub(lambda match: BREAK.join(re.findall(".{1,6}", match[0])), text)


def title(text: str, limit: int) -> str:
    """A title for any tracker: one line, nothing in it a reference, never empty."""
    line = break_references(one_line(text, limit))
    # The breaks make it longer: cut again, so that the limit holds for what is sent.
    return shorten(line, limit) or "Untitled"


def markdown_inline(text: str, limit: int) -> str:
    """Text for the middle of a line of GitHub Markdown."""
    return _markdown_line(one_line(text, limit))


def markdown_quote(text: str, limit: int) -> str:
    """A block quote of GitHub Markdown: every line begins with ``>``, so nothing can stand at the
    start of a line."""
    lines = [_markdown_line(line) for line in shorten(clean(text).strip(), limit).split("\n")]
    shown = [line for index, line in enumerate(lines) if line or (index > 0 and lines[index - 1])]
    return "\n".join(f"> {line}".rstrip() for line in shown) or ">"


def markdown_code(text: str, limit: int) -> str:
    """A code block of GitHub Markdown, between fences that are longer than any in the text. What
    begins a comment of HTML is broken, since our own marks are such."""
    body = shorten(clean(text).strip("\n"), limit).replace("<!--", f"<!{BREAK}--")
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{body}\n{fence}"


def markdown_plain(text: str) -> str:
    """Plain text as Markdown that shows these very words; addresses alone stay links."""
    return "\n".join(
        _markdown_line(line, with_links=True) for line in clean(text).strip().split("\n")
    )


def slack_plain(text: str) -> str:
    """Plain text as Slack's mrkdwn that shows these very words: nobody is mentioned, nothing is
    formatted; addresses alone stay links."""
    return "".join(
        part if is_link else _slack_inert(part) for part, is_link in by_links(clean(text).strip())
    )


def _slack_inert(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SLACK_SIGIL.sub(lambda match: match[0] + BREAK, text)


def by_links(text: str) -> list[tuple[str, bool]]:
    """The text in parts, and whether a part is an address that may stay a link."""
    parts, end = [], 0
    for match in _PLAIN_LINK.finditer(text):
        address = match[0].rstrip(".,;:!?)")
        if link(address) != address:
            continue
        parts += [(text[end : match.start()], False), (address, True)]
        end = match.start() + len(address)
    return [*parts, (text[end:], False)]


def _markdown_line(line: str, *, with_links: bool = False) -> str:
    body = line.rstrip().lstrip(" ")
    indent = "\u00a0" * min(len(line) - len(line.lstrip(" ")), 16) if body else ""
    parts = by_links(body) if with_links else [(body, False)]
    shown = [part if is_link else _markdown_inert(part) for part, is_link in parts]
    body = _MARKDOWN_LINE_START.sub(_escape_start, "".join(shown))
    return indent + body


def _markdown_inert(text: str) -> str:
    text = _MARKDOWN_SPECIAL.sub(lambda match: "\\" + match[0], break_references(text))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _escape_start(match: re.Match[str]) -> str:
    if match[0][0].isdigit():
        return match[0] + BREAK
    return match[0] if match[0] == ">" else "\\" + match[0]


def wiki_inline(text: str, limit: int) -> str:
    """Text for the middle of a line of Jira wiki markup: every special character escaped.

    A backslash cannot be escaped (two of them are a line break), so it becomes the full-width one.
    """
    line = break_references(one_line(text, limit)).replace("\\", "＼")
    line = _EMOTICON.sub(lambda match: match[0] + BREAK, line)
    return _WIKI_SPECIAL.sub(lambda match: "\\" + match[0], line)


def wiki_quote(text: str, limit: int) -> str:
    """A ``{noformat}`` block of Jira wiki markup; no macro name can follow a brace inside it, so
    nothing closes it."""
    body = re.sub(r"\{(?=[A-Za-z])", "{" + BREAK, shorten(clean(text).strip(), limit))
    return "{noformat}\n" + body + "\n{noformat}"


def link(url: str) -> str | None:
    """The address with everything encoded that could end a link in any markup; None where it is not
    http or https."""
    try:
        parts = urlsplit(clean(url).strip())
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https") or parts.username is not None or not _HOST.fullmatch(host):
        return None
    authority = f"[{host}]" if ":" in host else host
    query = "?" + quote(parts.query, safe=_URL_SAFE) if parts.query else ""
    fragment = "#" + quote(parts.fragment, safe=_URL_SAFE) if parts.fragment else ""
    return f"{scheme}://{authority}{port}{quote(parts.path, safe=_URL_SAFE)}{query}{fragment}"
