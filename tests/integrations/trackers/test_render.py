"""The block of a ticket in every markup: whatever people quote, only our own links and headings are
in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from integrations import neutralize
from integrations.tracker_contract import Draft, Quote, TrackerError
from integrations.trackers import wording
from integrations.trackers.github import body as github_body
from integrations.trackers.jira import adf, adf_nodes, wiki
from tests.scenes.hostile import HOSTILE_TEXTS

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
PAGE = "https://relay.acme.example/themes/7"
PERMALINK = "https://forum.acme.example/t/1"
HOSTILE = "\n".join(
    [
        "@octocat #1 fixes acme/app#2 GH-3 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
        "https://github.com/acme/app/issues/9 www.evil.example [x](https://evil.example) "
        "![y](https://evil.example/y.png)",
        "<!-- relay-1:end --> <script>alert(1)</script> </sub> ``` ~~~ # heading",
        "{noformat} {anchor:relay-1-end} {panel} [~admin] h1. heading !x.png!",
        "| a | b |\n|---|---|\n===\n---\n/close",
    ]
)


def draft(
    text: str = "Words", author: str = "Ana", thread: str = "A thread", permalink: str = PERMALINK
) -> Draft:
    return Draft(
        marker="relay-1",
        title=text,
        kind="bug",
        product="app",
        people=2,
        mentions=3,
        first_seen=AT,
        last_seen=AT,
        quotes=(Quote(text, author, "slack", permalink, AT),),
        threads=((thread, permalink),),
        labels=("kind:bug",),
        theme_url=PAGE,
        phrases=(text, author),
        summary=text,
        summary_by=author,
    )


TEXT = st.one_of(
    st.text(max_size=120), st.lists(st.sampled_from(HOSTILE.split(" ")), max_size=12).map(" ".join)
)
DRAFTS = st.builds(
    draft,
    TEXT,
    TEXT,
    TEXT,
    st.one_of(st.just(PERMALINK), TEXT, TEXT.map((PERMALINK + "/").__add__)),
)


@settings(max_examples=120, deadline=None)
@given(DRAFTS)
@example(draft(HOSTILE, HOSTILE, HOSTILE))
def test_github_block_links_to_permalinks_and_the_theme_alone(shown_draft: Draft) -> None:
    body = github_body.new_body(shown_draft)
    tokens = [
        t
        for token in MarkdownIt("commonmark").enable("table").parse(body)
        for t in [token, *(token.children or [])]
    ]
    permalink = github_body.permalink(shown_draft.quotes[0].permalink)
    links = [str(t.attrs["href"]) for t in tokens if t.type == "link_open"]
    assert links == [PAGE, *[permalink] * 2] if permalink else links == [PAGE]
    html = [t.content.strip() for t in tokens if t.type in ("html_inline", "html_block")]
    assert html == ["<!-- relay-1:begin -->", "<sub>", "</sub>", "<!-- relay-1:end -->"]
    assert not {t.type for t in tokens} & {
        "image",
        "fence",
        "code_block",
        "code_inline",
        "table_open",
        "hr",
    }
    assert [t.tag for t in tokens if t.type == "heading_open"] == ["h3", "h4", "h4"]
    visible = "\n".join(t.content for t in tokens if t.type == "text")
    assert not re.search(
        r"@\w|#\d|(?i:gh-\d)|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}\b|\bwww\.", visible
    )


@settings(max_examples=120, deadline=None)
@given(DRAFTS)
@example(draft(HOSTILE, HOSTILE, HOSTILE))
def test_wiki_block_has_our_macros_alone(shown_draft: Draft) -> None:
    text = wiki.new_description(shown_draft)
    macros = re.findall(r"(?<!\\)\{([A-Za-z][^}]*)\}", text)
    assert macros == ["anchor:relay-1-begin", "noformat", "noformat", "anchor:relay-1-end"]
    outside = re.sub(r"\{noformat\}.*?\{noformat\}", "", text, flags=re.DOTALL)
    assert re.findall(r"(?m)^(h\d)\.", outside) == ["h3", "h4", "h4"]
    targets = re.findall(r"(?<!\\)\[(?:\\.|[^\]|\\])*\|([^\]]*)\]", outside)
    permalink = wiki.WIKI_MARKUP.permalink(shown_draft.quotes[0].permalink)
    assert targets == ([PAGE, permalink, permalink] if permalink else [PAGE])
    assert len(re.findall(r"(?<!\\)\[", outside)) == len(targets), (
        "no bracket of a stranger is open"
    )


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("content", []):
        yield from nodes(child)


@settings(max_examples=120, deadline=None)
@given(DRAFTS)
@example(draft(HOSTILE, HOSTILE, HOSTILE))
def test_adf_has_text_nodes_and_our_links_alone(shown_draft: Draft) -> None:
    document = adf.new_description(shown_draft)
    parts = list(nodes(document))
    assert {node["type"] for node in parts} <= {
        "doc",
        "panel",
        "heading",
        "paragraph",
        "text",
        "hardBreak",
        "blockquote",
        "bulletList",
        "listItem",
    }
    assert all(node["text"] for node in parts if node["type"] == "text"), (
        "an empty text node is not valid"
    )
    hrefs = [
        mark["attrs"]["href"]
        for node in parts
        for mark in node.get("marks", [])
        if mark["type"] == "link"
    ]
    permalink = neutralize.link(shown_draft.quotes[0].permalink)
    permalinks = [permalink, permalink] if permalink else []
    assert hrefs == [f"{PAGE}#relay-1-begin", *permalinks, f"{PAGE}#relay-1-end"]
    json.dumps(document, ensure_ascii=False).encode()  # no lone surrogate


@pytest.mark.parametrize(
    "check",
    [
        test_github_block_links_to_permalinks_and_the_theme_alone,
        test_wiki_block_has_our_macros_alone,
        test_adf_has_text_nodes_and_our_links_alone,
    ],
)
def test_no_hostile_text_acts_in_a_block(check: Any) -> None:
    for text in HOSTILE_TEXTS:
        check.hypothesis.inner_test(draft(text, text, text, text))


RENDERERS: list[Callable[[Draft], Any]] = [
    github_body.new_body,
    wiki.new_description,
    adf.new_description,
]


@pytest.mark.parametrize("render", RENDERERS)
def test_hostile_words_stay_readable(render: Callable[[Draft], Any]) -> None:
    shown = json.dumps(render(draft("I love <b> & {braces} *stars*")), ensure_ascii=False)
    plain = (
        re.sub(r"[\\\u200b]", "", shown)
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
    )
    assert "I love <b> & {braces} *stars*" in plain


def test_github_permalinks_leave_no_backlink() -> None:
    body = github_body.new_body(
        draft(permalink="https://github.com/other/app/discussions/5#discussioncomment-9")
    )
    assert "https://redirect.github.com/other/app/discussions/5#discussioncomment-9" in body
    assert "//github.com" not in body
    assert github_body.permalink("https://github.com/other") == "https://github.com/other"


def merged(kind: str, body: Any, shown_draft: Draft) -> Any:
    if kind == "adf":
        return adf.merged_description(body, shown_draft)
    return (github_body.merged_body if kind == "github" else wiki.merged_description)(
        body, shown_draft
    )


@pytest.mark.parametrize("kind", ["github", "wiki", "adf"])
def test_merging_twice_is_merging_once(kind: str) -> None:
    empty: Any = None if kind == "adf" else "Above"
    once = merged(kind, empty, draft(HOSTILE))
    assert merged(kind, once, draft(HOSTILE)) == once
    assert merged(kind, merged(kind, once, draft("Other")), draft(HOSTILE)) == once


@pytest.mark.parametrize("kind", ["github", "wiki"])
def test_an_orphan_marker_goes_and_every_word_stays(kind: str) -> None:
    block = merged(kind, "", draft("Old words"))
    begin, _, below = block.partition("\n")
    end = below.rpartition("\n")[2]
    for damaged in (block.replace(end, ""), block.replace(begin, ""), f"{end} middle {begin}"):
        fixed = merged(kind, damaged, draft("New words"))
        assert fixed.count(begin) == fixed.count(end) == 1
        assert "New words" in fixed
        assert "Old words" in fixed or "middle" in fixed


def test_an_orphan_node_goes_and_every_word_stays() -> None:
    block = adf.new_description(draft("Old words"))
    for damaged in (block["content"][1:], block["content"][:-1]):
        fixed = adf.merged_description({**block, "content": damaged}, draft("New words"))
        shown = json.dumps(fixed)
        assert "Old words" in shown
        assert "New words" in shown
        assert shown.count("#relay-1-begin") == shown.count("#relay-1-end") == 1


def test_another_themes_block_in_the_same_ticket_is_left_alone() -> None:
    two_blocks = github_body.merged_body(
        github_body.new_body(draft("First")), replace(draft("Second"), marker="relay-2")
    )
    assert two_blocks.count(":begin -->") == 2
    third = github_body.merged_body(two_blocks, draft("Third"))
    assert "Third" in third
    assert "Second" in third
    assert "First" not in third


def test_a_permalink_cannot_pass_for_the_end_of_the_block() -> None:
    first = adf.new_description(draft("First", permalink=PAGE + "#relay-1-end"))
    second = adf.merged_description(first, draft("Second"))
    assert second == adf.new_description(draft("Second"))


def test_attributes_that_jira_adds_make_no_difference() -> None:
    sent = adf.new_description(draft())
    stored = json.loads(json.dumps(sent))
    stored["content"][0]["attrs"]["localId"] = "f3a1"
    stored["content"][-1]["attrs"] = {"localId": "c0ffee"}
    assert adf_nodes.same(sent, stored)
    assert not adf_nodes.same(sent, adf.new_description(draft("Other")))


@pytest.mark.parametrize("room", [65_536, 5_000, 1_300])
def test_the_block_keeps_to_its_room(room: int) -> None:
    many = replace(
        draft(),
        quotes=list(draft("w" * 900).quotes) * 60,
        threads=[("t" * 200, f"{PERMALINK}/{n}") for n in range(900)],
    )
    body = github_body.merged_body("x" * (65_536 - room), many)
    assert room - 1_400 < len(body) - (65_536 - room) <= room + 2
    assert "on the theme page." in body
    assert PAGE in body


def test_no_room_at_all_is_said() -> None:
    with pytest.raises(TrackerError, match="body_full"):
        github_body.merged_body("x" * 65_400, draft())
    with pytest.raises(TrackerError, match="body_full"):
        wiki.merged_description("x" * 32_700, draft())


def test_wording() -> None:
    one = replace(draft(), people=1, mentions=1)
    assert (wording.people_count(one), wording.comments_sentence(one)) == (
        "1 person",
        "wrote 1 comment about this, on 2 November 2026.",
    )
    assert wording.people_count(replace(one, people=12_345)) == "12,345 people"
    assert wording.left_out(0, 0) == ""
    assert wording.left_out(1, 20) == "1 more quote and 20 more threads on the theme page."
