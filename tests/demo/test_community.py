"""The sample community is large, varied and the same at every load."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from app.demo.community import COMMUNITY_DAYS, DemoComment, events, load, moment
from integrations.source_contract import EventType

EPOCH = datetime(2026, 11, 20, 16, 30, 5, 123456, tzinfo=UTC)
COMMENTS = load()


def themes() -> dict[str, list[DemoComment]]:
    found: dict[str, list[DemoComment]] = {}
    for comment in COMMENTS:
        if comment.truth.theme and not comment.truth.theme.startswith("single-"):
            found.setdefault(comment.truth.theme, []).append(comment)
    return found


def test_there_are_enough_comments_from_every_platform() -> None:
    platforms = Counter(comment.platform for comment in COMMENTS)
    assert len(COMMENTS) >= 350
    assert set(platforms) == {"discourse", "generic", "github", "slack"}
    assert min(platforms.values()) >= 60


def test_github_has_issues_and_discussions() -> None:
    places = Counter(
        comment.thread_id.partition("/")[0] for comment in COMMENTS if comment.platform == "github"
    )
    assert set(places) == {"issues", "discussions"}
    assert min(places.values()) >= 25


def test_every_kind_is_there() -> None:
    kinds = Counter(comment.truth.kind for comment in COMMENTS)
    assert set(kinds) == {"bug", "feature", "question", "praise", "other"}
    assert min(kinds.values()) >= 15


def test_themes_have_4_to_20_people_and_one_kind() -> None:
    found = themes()
    kinds = Counter(comments[0].truth.kind for comments in found.values())
    assert kinds["bug"] >= 12
    assert kinds["feature"] >= 10
    for theme, comments in found.items():
        assert len({comment.truth.kind for comment in comments}) == 1, theme
        assert 4 <= len({comment.truth.person for comment in comments}) <= 20, theme


def test_themes_reach_over_platforms() -> None:
    several = [
        theme
        for theme, comments in themes().items()
        if len({comment.platform for comment in comments}) >= 3
    ]
    assert len(several) >= 20


def test_single_reports_belong_to_nothing_else() -> None:
    singles = [comment for comment in COMMENTS if (comment.truth.theme or "").startswith("single-")]
    assert len(singles) >= 30
    assert len({comment.truth.theme for comment in singles}) == len(singles)


def test_about_140_handles_some_of_one_person() -> None:
    handles = {(comment.platform, comment.handle): comment.truth.person for comment in COMMENTS}
    assert 130 <= len(handles) <= 160
    assert len(set(handles.values())) <= len(handles) - 20


def test_texts_differ_but_for_one_copied_complaint() -> None:
    times = Counter(comment.text for comment in COMMENTS)
    repeated = {text: count for text, count in times.items() if count > 1}
    assert list(repeated.values()) == [5]
    assert next(iter(repeated)).startswith("The free plan now allows two devices only.")


def test_other_languages_staff_and_hostile_texts() -> None:
    languages = Counter(comment.truth.language for comment in COMMENTS)
    assert languages["de"] >= 4 <= languages["fr"]
    assert languages["es"] >= 4
    assert 10 <= sum(comment.staff for comment in COMMENTS) <= 40
    everything = "\n".join(comment.text for comment in COMMENTS)
    for part in ("<script>", "@everyone", "fixes #1", "\u202e", "שלום", "ملاحظة", "DROP TABLE"):
        assert part in everything


def test_edits_and_deletions_come_later() -> None:
    later = [(comment, change) for comment in COMMENTS for change in comment.later]
    assert sum(change.type is EventType.edited for _, change in later) >= 12
    assert sum(change.type is EventType.deleted for _, change in later) >= 6
    for comment, change in later:
        assert 0 < change.offset < comment.offset
        assert (change.type is EventType.deleted) == (not change.text)
        assert change.text != comment.text


def test_one_bug_breaks_out_in_the_last_five_days() -> None:
    recent = Counter(comment.truth.theme for comment in COMMENTS if comment.offset < 5 * 86_400)
    assert recent["sync-duplicates"] >= 18
    assert max(comment.offset for comment in themes()["sync-duplicates"]) < 5 * 86_400
    assert recent["sync-duplicates"] >= 3 * max(
        n for theme, n in recent.items() if theme not in (None, "sync-duplicates")
    )


def test_comments_spread_over_the_weeks() -> None:
    weeks = Counter(comment.offset // (7 * 86_400) for comment in COMMENTS)
    assert set(range(8)) <= set(weeks)
    assert min(weeks[week] for week in range(8)) >= 15


def test_parents_are_older_and_in_the_same_place() -> None:
    by_key = {comment.key: comment for comment in COMMENTS}
    answers = [comment for comment in COMMENTS if comment.parent]
    assert len(answers) >= 15
    for answer in answers:
        parent = by_key[answer.parent]
        assert (parent.platform, parent.thread_id) == (answer.platform, answer.thread_id)
        assert parent.offset > answer.offset


def test_events_happen_in_order_and_before_the_epoch() -> None:
    happened = events(COMMENTS, EPOCH)
    assert len(happened) == len(COMMENTS) + sum(len(comment.later) for comment in COMMENTS)
    assert [event.at for event in happened] == sorted(event.at for event in happened)
    assert all(EPOCH - timedelta(days=COMMUNITY_DAYS) <= event.at < EPOCH for event in happened)
    revisions: dict[str, int] = {}
    for event in happened:
        assert event.revision == revisions.get(event.comment.key, -1) + 1
        revisions[event.comment.key] = event.revision
        assert event.opened_at <= event.created_at <= event.changed_at <= event.at
        assert event.parent_at is None or event.parent_at <= event.created_at
    assert len({event.delivery for event in happened}) == len(happened)


def test_the_same_epoch_gives_the_same_events() -> None:
    assert events(load(), EPOCH) == events(COMMENTS, EPOCH)


@pytest.mark.parametrize("day", range(7))
def test_weekends_are_quieter_whatever_the_day_of_the_epoch(day: int) -> None:
    epoch = EPOCH + timedelta(days=day)
    days = Counter(event.at.weekday() for event in events(COMMENTS, epoch))
    weekday = sum(days[day] for day in range(5)) / 5
    weekend = (days[5] + days[6]) / 2
    assert weekend < 0.75 * weekday


def test_moments_keep_the_order_of_the_offsets() -> None:
    offsets = range(0, 70 * 86_400, 4_111)
    moments = [moment(EPOCH, offset) for offset in offsets]
    assert moments == sorted(moments, reverse=True)
    assert moments[0] == EPOCH.replace(microsecond=0)
    assert moment(EPOCH, COMMUNITY_DAYS * 86_400) == EPOCH.replace(microsecond=0) - timedelta(
        days=COMMUNITY_DAYS
    )
