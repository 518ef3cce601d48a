"""Whatever people write, nothing of it acts in GitLab: judged by readers of its quick actions and
references that share nothing with ours, on the text that CommonMark makes of a ticket."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from markdown_it import MarkdownIt

from integrations.own_marks import is_own_ticket
from integrations.tracker_contract import Draft, Quote
from integrations.trackers.gitlab import body
from integrations.trackers.gitlab.text import gitlab_plain, gitlab_title
from tests.scenes.hostile import HOSTILE_TEXTS

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
OURS = "https://relay.acme.example/themes/7"
ACTS = (
    "/close",
    "/assign @root",
    '/label ~bug ~"needs triage"',
    "Fine\n/close\n/confidential",
    "```\n/close\n```\n/reopen",
    "````\n```\n/close\n````",
    "<!--\n-->\n/close",
    ">>>\n/close\n>>>",
    "  /close",
    "\u2060/close \u2060@root",
    '!1 &2 $3 %4 ~5 ~bug %"1.0" *iteration:3 [vulnerability:4] [epic:a&5] GL-6',
    "acme/app!1 acme/app~bug acme&7 acme/app$8 ~\u2060bug",
    "@all @acme/team #1 acme/app#2 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    ":x: :+1: {+ new +} [- old -] [[wiki]] [TOC] %{project_name} :smile:",
    "$`a^2`$ $$b$$ `$c$` - [ ] task [x]: https://evil.example",
    "![a](https://evil.example/a.png) https://gitlab.com/acme/app/-/issues/1",
)
ORDINARY = (
    "It happens at 12:30:45, on 10/10 tries; 100 % of us see it.",
    "The price is 5 dollars: and/or more (see /usr/local/bin).",
    "C:\\Users and ~ and & and ! stand alone.",
)


def draft(text: str) -> Draft:
    return Draft(
        marker="relay-" + "0" * 32,
        title=text,
        kind="bug",
        product="app",
        people=2,
        mentions=3,
        first_seen=AT,
        last_seen=AT,
        quotes=(Quote(text, text, text, f"https://forum.acme.example/{text}", AT, text),),
        threads=((text, "https://forum.acme.example/t/1"),),
        labels=(),
        theme_url=OURS,
        phrases=(text,),
        summary=text,
        summary_by=text,
        logs=(text,),
        workarounds=(text,),
    )


def quick_actions(markdown: str) -> list[str]:
    """What GitLab would carry out: lines with a slash outside code, HTML and block quotes."""
    outside = re.sub(
        r"^```.+?\n```$|^~~~.+?\n~~~$|^<[^>]+?>\n.+?\n</[^>]+?>$|^>>>.+?\n>>>$",
        "",
        markdown,
        flags=re.MULTILINE | re.DOTALL,
    )
    return re.findall(r"^\s*/[A-Za-z_]+(?=\s|$).*", outside, re.MULTILINE)


REFERENCE = re.compile(
    r"""(?<![\w/])@[\w.-]            # people
    | (?:^|[\s(\w])[\#!&$]\d           # issues, merge requests, epics, snippets
    | [~%][\w"']                      # labels, milestones
    | \[(?:vulnerability|epic|issue|work_item|feature_flag):
    | \bGL-\d | \*iteration: | :[a-z+-][a-z0-9_+-]*:
    | \{\+.+?\+\} | \[-.+?-\] | \[\[ | %\{
    | \b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}\b
""",
    re.VERBOSE | re.IGNORECASE,
)


LINK = re.compile(r"https?://(?!forum\.acme\.example|relay\.acme\.example)", re.IGNORECASE)


def references(markdown: str) -> list[str]:
    """What GitLab would make references of: it looks at the text that CommonMark leaves, code
    apart."""
    found: list[str] = []
    for block in MarkdownIt("commonmark").parse(markdown):
        for token in block.children or []:
            if token.type == "text":
                found += REFERENCE.findall(token.content)
                found += LINK.findall(token.content)
            if token.type == "image":
                found.append("image")
    return found


@pytest.mark.parametrize("text", [*ACTS, *HOSTILE_TEXTS])
def test_nothing_of_it_acts(text: str) -> None:
    shown = draft(text)
    assert quick_actions(body.new_body(shown)) == []
    assert references(body.new_body(shown)) == []
    comment = gitlab_plain(text)  # whose addresses stay links: we wrote them
    assert quick_actions(comment) == []
    assert [one for one in references(comment) if not LINK.match(one)] == []
    assert REFERENCE.findall(gitlab_title(text, 255)) == []
    assert is_own_ticket(body.new_body(shown))
    assert body.new_body(shown).count(body.marker_line(shown.marker)) == 1


def test_the_readers_see_what_acts() -> None:
    acting = [text for text in ACTS if quick_actions(text) or references(text)]
    assert len(acting) >= len(ACTS) - 2


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_come_out_as_they_were(text: str) -> None:
    (line,) = [
        "".join(token.content for token in block.children or [])
        for block in MarkdownIt("commonmark").parse(gitlab_plain(text))
        if block.type == "inline"
    ]
    assert line.replace("\u200b", "") == text
    assert gitlab_title(text, 255).replace("\u200b", "") == text
