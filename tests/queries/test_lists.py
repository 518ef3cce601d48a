"""Lists: filters, orders, and pages in which no row comes twice or is lost."""

import base64
import json
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from app.errors import Invalid, NotFound
from app.queries.comments import COMMENT_ORDERS, CommentFilter, list_comments, read_comment
from app.queries.deliveries import count_deliveries, list_deliveries, read_delivery
from app.queries.theme_filters import ThemeFilter
from app.queries.themes import THEME_ORDERS, list_themes, theme_comments
from app.storage.db import Database
from tests.scenes.reading import (
    NOW,
    add_author,
    add_comment,
    add_delivery,
    add_product,
    add_source,
    add_theme,
    ago,
)


@pytest.mark.parametrize("order", sorted(COMMENT_ORDERS))
@pytest.mark.parametrize("limit", [1, 7])
async def test_pages_of_comments_hold_every_row_once_while_rows_arrive(
    database: Database, order: str, limit: int
) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product)
        # Ties in every order, so that only the id tells rows apart.
        before = [
            await add_comment(
                c,
                product,
                source,
                created_at=ago(hours=n // 4),
                likes=n % 3,
                kind_reason="unsure",
                kind_confidence=0.1 * (n % 4),
            )
            for n in range(23)
        ]
    seen: list[int] = []
    cursor, arriving = None, 15
    while True:
        async with database.transaction() as c:
            found = await list_comments(c, CommentFilter(), order=order, cursor=cursor, limit=limit)
            seen += [row.id for row in found.items]
            assert len(seen) == len(set(seen))
            for n in range(2 if arriving > 0 else 0):
                await add_comment(c, product, source, created_at=ago(hours=n * 3), likes=n)
        arriving -= 1
        if found.next_cursor is None:
            break
        cursor = found.next_cursor
    assert len(seen) == len(set(seen))
    assert set(before) <= set(seen)


@pytest.mark.parametrize("sort", sorted(THEME_ORDERS))
async def test_pages_of_themes_follow_their_order(database: Database, sort: str) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        for n in range(11):
            await add_theme(
                c,
                product,
                f"Theme {n}",
                people=n % 3,
                confidence=(n % 4) / 7,
                created_at=ago(days=n % 5),
                last_seen=None if n == 3 else ago(days=n % 2),
            )
        seen, cursor = [], None
        while True:
            found = await list_themes(c, ThemeFilter(product), sort=sort, cursor=cursor, limit=2)
            seen += found.items
            assert len(seen) <= 11
            cursor = found.next_cursor
            if cursor is None:
                break
    by_order: dict[str, list[Any]] = {
        "people": [row.people for row in seen],
        "recent": [row.last_seen or row.created_at for row in seen],
        "new": [row.created_at for row in seen],
        "confidence": [row.confidence for row in seen],
        "weight": [(row.weight, row.people) for row in seen],
    }
    keys = by_order[sort]
    assert len({row.id for row in seen}) == 11
    assert keys == sorted(keys, reverse=True)


def _packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


FOREIGN_CURSORS = [
    "",
    "x",
    "%%%",
    "\x00",
    "\ud800",
    "äö",
    _packed({}),
    _packed(1),
    _packed([]),
    _packed(["comments.recent"]),
    _packed(["comments.oldest", "2026-01-01T00:00:00+00:00", 1]),
    _packed(["comments.recent", "yesterday", 1]),
    _packed(["comments.recent", "2026-01-01T00:00:00", 1]),
    _packed(["comments.recent", 1, 1]),
    _packed(["comments.recent", "2026-01-01T00:00:00+00:00", 2**63]),
    _packed(["comments.recent", "2026-01-01T00:00:00+00:00", True]),
    _packed(["comments.recent", "2026-01-01T00:00:00+00:00", "1", 2]),
    "W" * 9,
    _packed("[" * 100_000),
    base64.urlsafe_b64encode(b"[" * 100_000).decode(),
]


async def test_a_cursor_that_we_did_not_make_is_refused(database: Database) -> None:
    async with database.transaction() as c:
        for cursor in FOREIGN_CURSORS:
            with pytest.raises(Invalid) as refused:
                await list_comments(c, CommentFilter(), cursor=cursor)
            assert refused.value.reason == "cursor_invalid", cursor[:60]


async def test_not_a_number_is_no_place_in_an_order(database: Database) -> None:
    async with database.transaction() as c:
        for value in (float("nan"), float("inf"), "0.5", None):
            cursor = _packed(["themes.confidence", value, "00000000-0000-0000-0000-000000000000"])
            with pytest.raises(Invalid):
                await list_themes(c, ThemeFilter(), sort="confidence", cursor=cursor)


async def test_a_page_has_bounds(database: Database) -> None:
    async with database.transaction() as c:
        for limit in (-1, 0, 201):
            with pytest.raises(Invalid) as refused:
                await list_comments(c, CommentFilter(), limit=limit)
            assert refused.value.reason == "limit_invalid"


async def test_comments_are_found_by_what_they_are(database: Database) -> None:
    async with database.transaction() as c:
        product, other = await add_product(c), await add_product(c, "borea")
        forum, slack = await add_source(c, product), await add_source(c, product, "Chat", "slack")
        elsewhere = await add_source(c, other)
        ada = await add_author(c, product, "ada")
        theme = await add_theme(c, product)
        wanted = await add_comment(
            c,
            product,
            forum,
            "Exporting to CSV crashes on Windows",
            author_id=ada,
            theme_id=theme,
            language="de",
        )
        chat = await add_comment(
            c,
            product,
            slack,
            "Dark mode, please",
            platform="slack",
            kind="feature",
            stage="enriched",
            created_at=ago(days=3),
        )
        gone = await add_comment(
            c, product, forum, "never mind", deleted_at=NOW, created_at=ago(days=4)
        )
        far = await add_comment(c, other, elsewhere, "Export", kind="other")
        cases: list[tuple[CommentFilter, set[int]]] = [
            (CommentFilter(), {wanted, chat, far}),
            (CommentFilter(product_id=product), {wanted, chat}),
            (CommentFilter(product_id=product, deleted=None), {wanted, chat, gone}),
            (CommentFilter(deleted=True), {gone}),
            (CommentFilter(source_id=slack), {chat}),
            (CommentFilter(platform="slack"), {chat}),
            (CommentFilter(theme_id=theme), {wanted}),
            (CommentFilter(author_id=ada), {wanted}),
            (CommentFilter(kind="feature"), {chat}),
            (CommentFilter(language="de"), {wanted}),
            (CommentFilter(stage="enriched"), {chat}),
            (CommentFilter(q="export -windows"), {far}),
            (CommentFilter(q='"csv crash"'), {wanted}),
            (CommentFilter(q="& | ! ( :* '"), set()),
            (CommentFilter(since=NOW, product_id=product), {wanted}),
            (CommentFilter(until=NOW, product_id=product), {chat}),
            (CommentFilter(since=ago(days=3), until=ago(days=3)), set()),
        ]
        for wanted_filter, expected in cases:
            found = await list_comments(c, wanted_filter)
            assert {row.id for row in found.items} == expected, wanted_filter


async def test_what_is_worth_a_look_is_doubted_and_said_by_many(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product)
        wide, narrow = await add_theme(c, product, people=30), await add_theme(c, product, people=1)
        scores = Jsonb({"bug": 0.5, "feature": 0.4, "other": 0.1})
        for text, theme, confidence, reason in (
            ("alone, hardly doubted", None, 0.7, "unsure"),
            ("alone, doubted", None, 0.3, "unsure"),
            ("many, hardly doubted", wide, 0.7, "unsure"),
            ("two, doubted", narrow, 0.3, "unsure"),
            ("sure", wide, 0.95, ""),
            ("spam", None, 0.0, "spam"),
        ):
            await add_comment(
                c,
                product,
                source,
                text,
                theme_id=theme,
                kind_confidence=confidence,
                kind_reason=reason,
                kind_scores=scores,
            )
        first = await list_comments(c, CommentFilter(product), order="doubt", limit=3)
        rest = await list_comments(
            c, CommentFilter(product), order="doubt", cursor=first.next_cursor
        )
        found = [*first.items, *rest.items]
        assert [row.text for row in found] == [
            "many, hardly doubted",
            "two, doubted",
            "alone, doubted",
            "alone, hardly doubted",
        ]
        assert {row.runner_up for row in found} == {("feature", 0.4)}
        (sure,) = [
            row
            for row in (await list_comments(c, CommentFilter(product))).items
            if row.text == "sure"
        ]
        assert (sure.doubt, sure.runner_up) == ({}, ("", 0.0))


async def test_a_comment_is_read_with_its_history(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        source = await add_source(c, product)
        ada = await add_author(c, product, "ada", staff=True)
        comment = await add_comment(
            c, product, source, "second", external_id="7", author_id=ada, version="2"
        )
        for version, text in (("1", "first"), ("2", "second")):
            await c.execute(
                "insert into comment_version (product_id, source_id, external_id, version, text)"
                " values (%s, %s, '7', %s, %s)",
                (product, source, version, text),
            )
        read = await read_comment(c, comment)
        assert (read.row.author, read.row.author_is_staff, read.row.source_name) == (
            "ada",
            True,
            "Forum",
        )
        assert [(version.version, version.text) for version in read.versions] == [
            ("1", "first"),
            ("2", "second"),
        ]
        for missing in (comment + 1, 0, -1, 2**63, 10**40):
            with pytest.raises(NotFound):
                await read_comment(c, missing)


async def test_comments_of_a_theme_that_is_not_there(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        theme = await add_theme(c, product)
        assert (await theme_comments(c, theme)).items == []
        with pytest.raises(NotFound):
            await theme_comments(c, product)


async def test_deliveries_are_listed_counted_and_safe_to_look_at(database: Database) -> None:
    async with database.transaction() as c:
        product = await add_product(c)
        source, other = await add_source(c, product), await add_source(c, product, "Chat", "slack")
        first = await add_delivery(
            c,
            product,
            source,
            body=b"\xff\x00<script>\xe2\x82\xac",
            stage="failed",
            reason="invalid_json",
            headers={"x-gitlab-token": "s3cret", "content-type": "application/json"},
            query={"api_key": "s3cret"},
        )
        second = await add_delivery(c, product, other, event="message", body=b"x" * 100_001)
        assert [row.id for row in (await list_deliveries(c)).items] == [second, first]
        assert [row.id for row in (await list_deliveries(c, reason="invalid_json")).items] == [
            first
        ]
        assert [
            row.id for row in (await list_deliveries(c, stage="parsed", event="message")).items
        ] == [second]
        assert [
            row.id for row in (await list_deliveries(c, source_id=source, product_id=product)).items
        ] == [first]
        counts = await count_deliveries(c, product_id=product)
        assert {(n.stage, n.reason, n.count) for n in counts} == {
            ("failed", "invalid_json", 1),
            ("parsed", "", 1),
        }
        read = await read_delivery(c, first)
        assert (read.body, read.truncated, read.row.size) == ("\\xff\\x00<script>€", False, 13)
        assert "s3cret" not in str(read)
        assert read.headers["content-type"] == "application/json"
        long = await read_delivery(c, second)
        assert (len(long.body), long.truncated) == (100_000, True)
        with pytest.raises(NotFound):
            await read_delivery(c, second + 1)
