"""What somebody wrote themselves in a reply by e-mail: without the line that introduces a quoted
message, without a forwarded original, and without the signature."""

from __future__ import annotations

import re

_WROTE = (
    "wrote|schrieb|a écrit|escribió|ha scritto|schreef|escreveu|skrev|napisał|napisała|пишет"
    "|написал|написала|kirjoitti|írta|napsal|napsala|a scris|yazdı"
)
# One line, or two where a mail program wrapped it; a quotation or the end has to follow.
_INTRODUCTION = re.compile(
    r"^[ \t]*(?:(?:on|am|le|el|il|op|em|den|dnia)\b[^\n]{0,300}\n(?!>)[^\n]{0,200}?"
    rf"|(?!>)[^\n]{{0,300}}?)\b(?:{_WROTE})\b[^\n]{{0,100}}:[ \t]*\n(?=\s*(?:>|\Z))",
    re.IGNORECASE | re.MULTILINE,
)
_DATED = re.compile(r"\d{1,2}[:.]\d{2}|\b(?:19|20)\d\d\b|@|\*\*\*")
"""An introduction names a day, a time or an address; a sentence that ends so does not."""
_ORIGINAL = re.compile(
    r"^[ \t]*(?:-{2,} ?(?:original message|forwarded message|ursprüngliche nachricht"
    r"|message d'origine|mensaje original|messaggio originale|oorspronkelijk bericht) ?-{2,}"
    r"|_{10,}[ \t]*\n+[*]{0,2}(?:from|von|de|da|van):"
    r"|[*]{0,2}(?:from|von|de|da|van):[^\n]{1,200}\n[*]{0,2}(?:sent|date|gesendet|datum|envoyé"
    r"|enviado|inviato|verzonden):).*",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_DELIMITER = re.compile(r"(?:\A|\n)(?:-- |(?<=\n\n)--)\n(.*)", re.DOTALL)
"""RFC 3676, 4.3: two hyphens and a space. Without the space, an empty line has to stand above it,
since in Markdown it makes a heading of the line before."""
_NOTICE = re.compile(
    r"\n(?:—|--)[ \t]*\n(?=[^\n]{0,40}(?:reply to this email directly|view it on github"
    r"|you are receiving this)).*",
    re.IGNORECASE | re.DOTALL,
)
_SENT_FROM = re.compile(
    r"\n[ \t]*(?:sent from (?:my )?[^\n.]{1,40}|get outlook for [^\n]{1,60}"
    r"|von meinem [^\n.]{1,40} gesendet|envoyé de mon [^\n.]{1,40}|enviado desde mi [^\n.]{1,40})"
    r"\.?[ \t]*\Z",
    re.IGNORECASE,
)
_SIGNATURE_LINES_MOST = 15
_SIGNATURE_MAX_CHARACTERS = 1_000


def own_reply(source: str) -> str:
    """The text without what a mail program added; all of it where nothing else is left.

    >>> own_reply("Same here.\\n\\nOn Mon, 2 Nov 2026 Ana wrote:\\n> It crashes\\n\\n-- \\nIan")
    'Same here.\\n\\n> It crashes'
    """
    text = _ORIGINAL.sub("", _NOTICE.sub("", source))
    text = _INTRODUCTION.sub(_unless_a_sentence, text)
    text = _without_signature(text)
    text = _SENT_FROM.sub("", text.rstrip()).rstrip()
    has_own = any(line.strip() and not line.lstrip().startswith(">") for line in text.split("\n"))
    return text if has_own else source


def _unless_a_sentence(introduction: re.Match[str]) -> str:
    return "" if _DATED.search(introduction[0]) else introduction[0]


def _without_signature(text: str) -> str:
    for delimiter in _DELIMITER.finditer(text):
        inside_code = text.count("```", 0, delimiter.start()) % 2
        signature = delimiter[1].strip()
        lines = signature.count("\n") + 1
        short = len(signature) <= _SIGNATURE_MAX_CHARACTERS and lines <= _SIGNATURE_LINES_MOST
        if not inside_code and short:
            return text[: delimiter.start()]
    return text
