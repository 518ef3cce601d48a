"""Plain text of what people write, and that no text can keep the service busy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.sources.slack.blocks import blocks_to_text
from integrations.sources.slack.mrkdwn import mrkdwn_to_text
from integrations.text.bbcode import without_quotes
from integrations.text.html import html_to_text
from integrations.text.markdown import markdown_to_text
from integrations.text.plain import sanitize
from tests.scenes.growth import grows_at_most


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("It **crashes** with `save()` and *always*.", "It crashes with save() and always."),
        (
            "[the guide](https://example.org) ![a shot](x.png) <https://a.example>",
            "the guide a shot https://a.example",
        ),
        ("# Title\n\nOne\ntwo  \nthree", "Title\n\nOne\ntwo\nthree"),
        ("- one\n- two\n  - three\n\n1. a\n2. b", "- one\n- two\n- three\n\n1. a\n2. b"),
        ("```py\nx = 1\n\n  y\n```", "x = 1\n\n  y"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a b\n1 2"),
        ("> their words\n> more\n\nmy words", "my words"),
        ("> only their words\n>> twice", "only their words\n\ntwice"),
        ("<!-- fill this in -->\nhello <b>you</b> <br> there", "hello you\nthere"),
        ("<details><summary>Log</summary>\n\nboom\n\n</details>", "Log\n\nboom"),
        ("before\n\n<script>alert(1)</script>\n\nafter", "before\n\nafter"),
        ("1 \\* 2 &amp; 3 < 4", "1 * 2 & 3 < 4"),
        ("", ""),
        ("\N{GRINNING FACE}", "\N{GRINNING FACE}"),
        ("مرحبا **بكم**", "مرحبا بكم"),
    ],
)
def test_markdown(source: str, text: str) -> None:
    assert markdown_to_text(source) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>It <b>cra</b>shes &amp; burns</p><p>twice</p>", "It crashes & burns\n\ntwice"),
        ("<ul>\n  <li>one</li>\n  <li>two</li>\n</ul>", "- one\n- two"),
        ("a<br>\nb<div>c</div>d", "a\nb\nc\nd"),
        ("<pre><code>x\n  y</code></pre>", "x\n  y"),
        ('<img alt=":smile:" src=x> <a href="https://a.example">label</a>', ":smile: label"),
        (
            '<aside class="quote no-group"><blockquote>theirs</blockquote></aside><p>mine</p>',
            "mine",
        ),
        ("<blockquote><p>only theirs</p></blockquote>", "only theirs"),
        ("<script>alert(1)</script><style>p{}</style>text<template>t</template>", "text"),
        ("<p>unclosed <b>bold", "unclosed bold"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("<!-- hidden -->shown", "shown"),
        ("", ""),
        ("no markup at all", "no markup at all"),
    ],
)
def test_html(source: str, text: str) -> None:
    assert html_to_text(source) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            "*bold* _it_ ~no~ but snake_case_name and 2 * 3 * 4",
            "bold it no but snake_case_name and 2 * 3 * 4",
        ),
        (
            "<@U1> <@U2|kim> <#C1|dev> <#C2> <!here> <!subteam^S1|@crew>",
            "@U1 @kim #dev #C2 @here @crew",
        ),
        (
            "<https://a.example|the page> <https://a.example>",
            "the page (https://a.example) https://a.example",
        ),
        (
            "<https://a.example/|a.example> <mailto:a@b.example|a@b.example>",
            "https://a.example/ a@b.example",
        ),
        ("<!date^1730538900^{date}|2 November>", "2 November"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("`a_b_c` and ```x *y* z```", "a_b_c and x *y* z"),
        ("&gt; theirs\nmine", "mine"),
        ("mine\n&gt;&gt;&gt; theirs\nmore of theirs", "mine"),
        ("&gt; only theirs", "only theirs"),
    ],
)
def test_mrkdwn(source: str, text: str) -> None:
    assert mrkdwn_to_text(source) == text


def test_blocks() -> None:
    section = {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*Hi* &amp; bye"},
        "fields": [None, 3],
    }
    quote = {"type": "rich_text_quote", "elements": [{"type": "text", "text": "theirs"}]}
    rich = {
        "type": "rich_text",
        "elements": [quote, {"type": "rich_text_section", "elements": [{"type": "emoji"}]}],
    }
    assert blocks_to_text([section, rich]) == "Hi & bye\n::"
    assert blocks_to_text([quote]) == "theirs"
    blocks: list[Any] = [None, "x", 7, {}, [[]], [None, 1, {"type": []}, {"elements": {"a": 1}}]]
    for nonsense in blocks:
        assert blocks_to_text(nonsense) == ""


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a\x00b\x07c", "abc"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("x\ud800y \ud83d", "x\ufffdy \ufffd"),
        ("  padded\n", "padded"),
        ("tab\tstays", "tab\tstays"),
        ("0123456789", "01234567"),
    ],
)
def test_sanitize(source: str, text: str) -> None:
    assert sanitize(source, 8 if source.isdigit() else 100) == text


HEAVY = {
    "one word": "a" * 1_000_000,
    "quotes": ">" * 100_000,
    "brackets": "[" * 100_000,
    "brackets below the guard": "[" * 9_999,
    "bracket lines": "[\n" * 100_000,
    "images": "![a](" * 20_000,
    "emphasis": "*a **b _c " * 10_000,
    "list on a line": "- " * 50_000,
    "nested lists": "".join(["  " * depth + "- x\n" for depth in range(300)]),
    "backticks": "".join(["`" * count + " " for count in range(400)]),
    "angle brackets": "<" * 100_000,
    "open comments": "<!--" * 25_000,
    "blank lines": " \n" * 50_000,
    "nested elements": "<div>" * 100_000,
    "closed nested elements": "<div>" * 50_000 + "</div>" * 50_000,
    "wrongly closed elements": "<div></p>" * 50_000,
    "nested list elements": "<ul><li>" * 50_000,
    "unclosed items": "<li>" * 100_000,
    "discourse quotes": "[quote" * 20_000 + "[quote=a]" * 10_000,
    "mrkdwn references": "<@U1|" * 20_000,
}


@pytest.mark.parametrize(
    "convert",
    [markdown_to_text, html_to_text, mrkdwn_to_text],
    ids=lambda convert: convert.__name__,
)
@pytest.mark.parametrize("name", HEAVY)
def test_work_grows_with_the_text_and_no_faster(convert: Callable[[str], str], name: str) -> None:
    heavy = HEAVY[name]
    assert grows_at_most(24, convert, heavy[: len(heavy) // 8], heavy)
    assert len(convert(heavy)) <= 1_000_000


@given(st.text(st.characters(), max_size=300))
def test_any_text_becomes_storable_text(source: str) -> None:
    for convert in (markdown_to_text, html_to_text, mrkdwn_to_text):
        text = convert(source)
        assert "\x00" not in text
        text.encode("utf-8")


MARKS = st.lists(
    st.sampled_from(
        [
            "> ",
            "\n",
            "- ",
            "<p>",
            "</p>",
            "<pre>",
            "</pre>",
            "*",
            "`",
            "[",
            "](x)",
            "a",
            " ",
            "&gt;",
        ]
    )
)


@given(MARKS)
def test_any_markup_becomes_tidy_text(parts: list[str]) -> None:
    for convert in (markdown_to_text, html_to_text, mrkdwn_to_text):
        text = convert("".join(parts))
        assert text == text.strip()
        assert "\n\n\n" not in text


@pytest.mark.parametrize(
    "source",
    ['[quote:3f8ac1="ana"]theirs[/quote:3f8ac1]mine', "[QUOTE=ana;12]theirs[/QUOTE]mine"],
)
def test_quotes_of_every_board_are_left_out(source: str) -> None:
    assert without_quotes(source) == "mine"
