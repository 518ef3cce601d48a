"""Nothing a stranger writes can act in a ticket: checked with a real Markdown renderer on any text
at all."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from integrations import neutralize
from tests.scenes.hostile import HOSTILE_TEXTS

HOSTILE = [
    *(text for text in HOSTILE_TEXTS if len(text) < 5000),
    "@octocat please look, cc @acme/team",
    "fixes #12, closes acme/app#3 and resolves GH-7",
    "closes https://github.com/acme/app/issues/9 and github.com/acme/app/pull/3",
    "commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904 and 4b825dc",
    "![x](https://evil.example/p.png) [click](javascript:alert(1)) <https://evil.example>",
    "<img src=x onerror=alert(1)><script>alert(1)</script><!-- relay-1:end -->",
    "# heading\n## another\n- list\n* list\n+ list\n1. one\n2) two",
    "text\n===\nmore\n---\n***\n___",
    "```\nfence\n```\n~~~\nfence\n~~~\n    indented code",
    "| a | b |\n|---|---|\n| 1 | 2 |\n:--|--:",
    "> nested\n\nafter a blank line\n/close\n/assign @me",
    "www.evil.example mail me@evil.example mailto:me@evil.example",
    "a\r@octocat\x0b#1\u2028# heading\x85- item\x1c1. x",
    "{noformat} h1. out {noformat} {panel} {html}<b>{html} [~admin] !x.png! {anchor:relay-1-end}",
    "back\\slash \\@me \\#1 `code` $x$ $$y$$ ~~gone~~ **bold** __bold__ [^1]: note\n[ref]: "
    "https://evil.example",
    "&lt;b&gt; &#64;octocat &commat;octocat &#35;1",
    "\u202egnp.exe\u2066 \x00 \ud800 \ufeff",
]
ANY_TEXT = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [*HOSTILE, "@", "#", "1", "\n", "\r", " ", "http", "://", "www.", "`", "<", "&", "]("]
        ),
        max_size=9,
    ).map("".join),
)
ACTIVE = re.compile(
    r"(?i)[@＠][a-z0-9]|[#＃]\d|\bgh-\d|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}\b"
    r"|\b(https?|ftp)://|\b(xmpp|mailto):[^\u200b]|\bwww\.|github\.com"
)


def tokens(markdown: str) -> list[Token]:
    renderer = MarkdownIt("js-default", {"html": True}).enable(["table", "strikethrough"])
    return [t for token in renderer.parse(markdown) for t in [token, *(token.children or [])]]


def text_of(parsed: list[Token]) -> str:
    """What a reader, and the filters that look for mentions and references, see."""
    parts = {"softbreak": "\n", "hardbreak": "\n"}
    return "".join(
        parts.get(t.type, t.content if t.type == "text" or t.type == "text_special" else "")
        for t in parsed
    )


@settings(max_examples=150, deadline=None)
@given(ANY_TEXT)
@example("\n".join(HOSTILE))
def test_markdown_quote_is_only_a_quote_of_text(text: str) -> None:
    parsed = tokens(neutralize.markdown_quote(text, 5000) + "\n\nnext\n")
    assert {t.type for t in parsed} <= {
        "blockquote_open",
        "blockquote_close",
        "paragraph_open",
        "paragraph_close",
        "inline",
        "text",
        "text_special",
        "softbreak",
    }
    assert [t.type for t in parsed].count("blockquote_open") == 1
    assert [t.content for t in parsed if t.type == "inline" and t.level == 1] == ["next"]
    assert not ACTIVE.search(text_of(parsed))


@settings(max_examples=80, deadline=None)
@given(ANY_TEXT)
@example(" ".join(HOSTILE))
def test_markdown_inline_is_only_text_in_a_list_item_or_a_heading(text: str) -> None:
    inline = neutralize.markdown_inline(text, 5000)
    assert "\n" not in inline
    parsed = tokens(f"before {inline} after")
    assert {t.type for t in parsed} <= {
        "paragraph_open",
        "paragraph_close",
        "inline",
        "text",
        "text_special",
    }
    assert not ACTIVE.search(text_of(parsed))


@pytest.mark.parametrize("text", HOSTILE)
def test_quoted_text_reads_as_it_was_written(text: str) -> None:
    """Only invisible characters are added: with those taken away the words are the writer's own."""
    shown = text_of(tokens(neutralize.markdown_quote(text, 5000)))
    want = neutralize.clean(text)
    assert re.sub(r"[\s\u200b\u00a0]+", "", shown) == re.sub(r"[\s\u200b\u00a0]+", "", want)


@pytest.mark.parametrize(
    "words",
    [
        "My feedback: the facade is defaced for a decade",
        "order 20261130 of 1234567 pieces",
        "0xdeadbeef1 and v1a2b3c4d_e stand in other words",
        "a1" * 21,
    ],
)
def test_words_and_numbers_that_are_no_commit_stay_as_they_are(words: str) -> None:
    assert neutralize.BREAK not in neutralize.title(words, 200)


@pytest.mark.parametrize(
    "commit", ["4b825dc", "4B825DC642CB6EB9A060E54BF8D69288FBEE4904", "/c0ffee1/", "1234567a"]
)
def test_what_github_takes_for_a_commit_is_broken(commit: str) -> None:
    assert not ACTIVE.search(neutralize.title(f"see {commit}.", 200))


@settings(max_examples=80, deadline=None)
@given(ANY_TEXT, st.integers(min_value=10, max_value=300))
@example("\n".join(HOSTILE), 255)
@example("HTTP:0", 255)  # no address: what GitHub links to begins with "http://"
def test_title_is_one_inert_line_within_its_limit(text: str, limit: int) -> None:
    title = neutralize.title(text, limit)
    assert title
    assert len(title) <= limit
    assert not ACTIVE.search(title)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e]", title)
    assert title.splitlines() == [title]


@settings(max_examples=80, deadline=None)
@given(ANY_TEXT)
@example("\n".join(HOSTILE))
def test_wiki_quote_is_closed_by_us_alone(text: str) -> None:
    quote = neutralize.wiki_quote(text, 5000)
    assert quote.startswith("{noformat}\n")
    assert quote.endswith("\n{noformat}")
    assert not re.search(
        r"\{[A-Za-z]", quote.removeprefix("{noformat}\n").removesuffix("\n{noformat}")
    )


@settings(max_examples=80, deadline=None)
@given(ANY_TEXT)
@example(" ".join(HOSTILE))
def test_wiki_inline_has_no_unescaped_special_character(text: str) -> None:
    line = neutralize.wiki_inline(text, 5000)
    assert not re.search(r"(?<!\\)[{}\[\]*_+^~?!|\-]", line)
    assert "\\\\" not in line
    assert "\n" not in line
    assert not ACTIVE.search(line)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        (
            "https://forum.example/t/a-b/12/3?u=x&y=1#p4",
            "https://forum.example/t/a-b/12/3?u=x&y=1#p4",
        ),
        (
            "https://forum.example/a) [x](javascript:1)",
            "https://forum.example/a%29%20%5Bx%5D%28javascript:1%29",
        ),
        ("https://forum.example/a>b|c]", "https://forum.example/a%3Eb%7Cc%5D"),
        ("https://forum.example/%E2%9C%93", "https://forum.example/%E2%9C%93"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("javascript:alert(1)", None),
        ("https://user:secret@forum.example/", None),
        ("https://", None),
        ("//forum.example/a", None),
        ("https://exa mple/", None),
        ("https://forum.example:99999/", None),
        ("", None),
    ],
)
def test_link_cannot_end_early_and_leads_to_the_web_only(url: str, safe: str | None) -> None:
    assert neutralize.link(url) == safe


@settings(max_examples=80, deadline=None)
@given(st.one_of(ANY_TEXT, ANY_TEXT.map("https://forum.example/".__add__)))
def test_any_link_is_one_token_of_safe_characters(url: str) -> None:
    safe = neutralize.link(url)
    assert safe is None or re.fullmatch(
        r"https?://[A-Za-z0-9.:_\[\]-]+[A-Za-z0-9/%:@&+,=?._~#-]*", safe
    )


def test_shorten_cuts_at_a_space_and_says_so() -> None:
    assert neutralize.shorten("one two three four", 16) == "one two three…"
    assert neutralize.shorten("short", 16) == "short"
    assert len(neutralize.shorten("x" * 1_000_000, 700)) == 700
