"""Showing a ticket's body on the sandbox's page: Markdown, ADF and wiki markup as safe HTML."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markupsafe import Markup, escape

_MARKDOWN_RENDERER = MarkdownIt("js-default").disable("image")
_ADF_ELEMENTS = {
    "paragraph": "p",
    "blockquote": "blockquote",
    "bulletList": "ul",
    "orderedList": "ol",
    "listItem": "li",
}
_ADF_STYLES = {"strong": "strong", "em": "em", "code": "code", "underline": "u", "strike": "s"}
_WIKI_LINK = re.compile(r"(?<!\\)\[((?:\\.|[^\]|\\])*)\|([^\]]+)\]")
_WIKI_EMPHASIS = re.compile(r"(?<![\\\w])([*_])((?:\\.|[^*_\\])+)\1(?!\w)")
_WIKI_ESCAPED = re.compile(r"\\([{}\[\]*_\-+^~?!|])")


def body_html(body: Any, *, markdown: bool) -> Markup:
    """A ticket's body as safe HTML."""
    if isinstance(body, dict):
        return _adf(body)
    text = str(body or "")
    if markdown:
        text = re.sub(r"<!--.*?-->|</?sub>", "", text, flags=re.DOTALL)
        return Markup(_MARKDOWN_RENDERER.render(text))  # noqa: S704 - js-default escapes HTML and checks addresses
    return _wiki(text)


def _tag(name: str, inner: Markup) -> Markup:
    return Markup("<{0}>{1}</{0}>").format(name, inner)


def _anchor(href: str, inner: Markup) -> Markup:
    if urlsplit(href).scheme not in ("http", "https"):
        return inner
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(href, inner)


def _adf(node: dict[str, Any]) -> Markup:
    kind = node.get("type")
    if kind == "text":
        shown = escape(str(node.get("text", "")))
        for mark in node.get("marks") or []:
            if mark.get("type") == "link":
                shown = _anchor(str((mark.get("attrs") or {}).get("href", "")), shown)
            elif mark.get("type") in _ADF_STYLES:
                shown = _tag(_ADF_STYLES[mark["type"]], shown)
        return shown
    if kind == "hardBreak":
        return Markup("<br>")
    inner = Markup("").join(
        _adf(child) for child in node.get("content") or [] if isinstance(child, dict)
    )
    if kind == "heading":
        level = int((node.get("attrs") or {}).get("level", 3))
        return _tag(f"h{min(max(level, 1), 6)}", inner)
    if kind == "panel":
        return Markup('<div class="panel">{}</div>').format(inner)
    return _tag(_ADF_ELEMENTS[kind], inner) if kind in _ADF_ELEMENTS else inner


def _wiki(text: str) -> Markup:
    """Headings, bullets, links and ``{noformat}``: what our own tickets consist of. The rest is
    shown as it is."""
    shown: list[Markup] = []
    parts = re.split(r"\{noformat\}\n?", text)  # every second part is a quote
    for index, part in enumerate(parts):
        if index % 2:
            shown.append(_tag("blockquote", _tag("pre", escape(part.rstrip("\n")))))
        else:
            lines = re.sub(r"\{anchor:[^}]*\}", "", part).split("\n")
            shown += [_wiki_block(line) for line in lines]
    return Markup("").join(shown)


def _wiki_block(line: str) -> Markup:
    if heading := re.match(r"h([1-6])\. (.*)", line):
        return _tag(f"h{heading[1]}", _wiki_line(heading[2]))
    if line.startswith("* "):
        return Markup('<p class="bullet">{}</p>').format(_wiki_line(line[2:]))
    return _tag("p", _wiki_line(line)) if line.strip() else Markup("")


def _wiki_line(line: str) -> Markup:
    shown, at = Markup(""), 0
    for link in _WIKI_LINK.finditer(line):
        shown += _wiki_words(line[at : link.start()]) + _anchor(link[2], _wiki_words(link[1]))
        at = link.end()
    return shown + _wiki_words(line[at:])


def _wiki_words(text: str) -> Markup:
    words, at = Markup(""), 0
    for marked in _WIKI_EMPHASIS.finditer(text):
        words += _plain(text[at : marked.start()]) + _tag(
            "strong" if marked[1] == "*" else "em", _plain(marked[2])
        )
        at = marked.end()
    return words + _plain(text[at:])


def _plain(text: str) -> Markup:
    return escape(_WIKI_ESCAPED.sub(r"\1", text))
