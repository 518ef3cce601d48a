"""Rules choose the tracker and the policy of a theme, in their order; saving one pushes nothing
old, and what a trial shows is what is done."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from app.config import Settings
from app.errors import Conflict, Invalid, NotFound
from app.models.states import Policy
from app.setup.products import update_product
from app.setup.routing_filters import RuleFilters, checked_filters
from app.setup.routing_rules import Rule, list_rules
from app.setup.trackers import create_tracker, delete_tracker
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.retrying import retry_ticket
from app.triage import decisions
from app.triage.routing_trial import Trial, save_rules, try_rules
from tests.scenes.forum import ME, Forum, open_forum

GITHUB = {"repository": "tide/app"}


@dataclass
class Routed:
    """A product on ``review`` with two trackers, and what was said in its forum."""

    forum: Forum
    trackers: dict[str, uuid.UUID]

    async def save(self, *rules: Rule, history: bool = False) -> list[Rule]:
        async with self.forum.database.transaction() as connection:
            return await save_rules(
                connection, self.forum.product_id, rules, apply_to_history=history
            )

    async def attempt(self, *rules: Rule) -> Trial:
        async with self.forum.database.transaction() as connection:
            return await try_rules(connection, self.forum.product_id, rules)

    async def say(self, text: str, *authors: str, **fields: Any) -> None:
        for author in authors:
            await self.forum.say(text, author, **fields)
        await self.forum.work()

    async def accept(self, word: str) -> None:
        (theme,) = await self.forum.rows("select id from theme where title ilike %s", f"%{word}%")
        async with self.forum.database.transaction() as connection:
            await decisions.accept(connection, theme["id"], actor=ME, undo_seconds=0)

    async def tickets(self) -> set[tuple[str, str, str]]:
        """Of each ticket the first word of its theme, its tracker, and the rule that sent it."""
        rows = await self.forum.rows(
            "select split_part(lower(t.title), ' ', 1) as theme, r.name, k.rule_name "
            "from ticket k join theme t on t.id = k.theme_id join tracker r on r.id = k.tracker_id "
            "where k.state <> 'cancelled'"
        )
        return {(row["theme"], row["name"], row["rule_name"]) for row in rows}


@pytest.fixture
async def routed(database: Database, settings: Settings, vault: Vault) -> Routed:
    forum = await open_forum(database, settings, vault)
    trackers = {}
    async with database.transaction() as connection:
        for name in ("app", "desktop"):
            tracker = await create_tracker(
                connection, vault, forum.product_id, "github", name, GITHUB, {"token": "t"}
            )
            trackers[name] = tracker.id
    return Routed(forum, trackers)


def shown(trial: Trial) -> Sequence[tuple[str, dict[str, int]]]:
    return [
        (one.rule.name if one.rule else "", {str(k): v for k, v in one.counts.items()})
        for one in trial.rules
    ]


async def test_a_new_rule_pushes_nothing_old_and_a_trial_says_what_history_would_get(
    routed: Routed,
) -> None:
    await routed.say("export to pdf crashes always", "ann", "bob")
    await routed.say("login with google is broken", "ann", "bob", "cid")
    await routed.say("please add a dark mode", "ann")
    crashes = Rule(
        "Crashes",
        RuleFilters(words=("CRASHES",), min_people=2),
        routed.trackers["desktop"],
        Policy.auto,
        auto_min_confidence=0,
    )
    everything = Rule("Bugs", RuleFilters(kinds=("bug",)), None, Policy.auto, 4, 0.0)

    trial = await routed.attempt(crashes, everything)
    assert shown(trial) == [
        ("Crashes", {"ticket": 1}),
        ("Bugs", {"too_few": 1}),
        ("", {"review": 1}),
    ]
    (theme,) = trial.rules[0].themes
    assert (theme.trackers, theme.why) == (
        ("desktop",),
        "it says “CRASHES”; 2 people speak of it, 2 are enough",
    )
    assert (trial.themes, trial.tickets) == (3, 1)
    assert await routed.forum.rows("select id from routing_rule") == [], "a trial writes nothing"

    rules = await routed.save(crashes, everything)
    assert await routed.forum.work() == 0
    assert await routed.tickets() == set(), "nothing old is pushed"
    # Somebody speaks of it again: now the rule decides.
    await routed.say("login with google is broken", "dan")
    assert await routed.tickets() == {("login", "app", "Bugs"), ("login", "desktop", "Bugs")}

    trial = await routed.attempt(*rules)
    assert shown(trial)[:2] == [("Crashes", {"ticket": 1}), ("Bugs", {"decided": 1})]
    await routed.save(*rules, history=True)
    await routed.forum.work()
    made = await routed.tickets()
    assert made - {("login", "app", "Bugs"), ("login", "desktop", "Bugs")} == {
        ("export", "desktop", "Crashes")
    }
    assert len(made) == 2 + trial.tickets
    (ticket,) = await routed.forum.rows("select rule_why from ticket where rule_name = 'Crashes'")
    assert ticket["rule_why"] == theme.why


async def test_a_theme_with_a_ticket_stays_where_that_is(routed: Routed) -> None:
    await routed.say("export to pdf crashes always", "ann", "bob")
    bugs = Rule("Bugs", RuleFilters(kinds=("bug",)), routed.trackers["app"])
    (saved,) = await routed.save(bugs)
    await routed.accept("export")
    await routed.forum.change("update ticket set state = 'created', remote_id = '1'")
    moved = replace(saved, tracker_id=routed.trackers["desktop"])
    assert shown(await routed.attempt(moved))[0] == ("Bugs", {"stays": 1})
    await routed.save(moved)
    (theme,) = await routed.forum.themes()
    for decide in (decisions.reopen, decisions.accept):
        async with routed.forum.database.transaction() as connection:
            options = {"undo_seconds": 0} if decide is decisions.accept else {}
            await decide(connection, theme["id"], actor=ME, **options)
    assert await routed.tickets() == {("export", "app", "Bugs")}
    # What was never sent follows the rules of the day on which it is accepted.
    await routed.forum.change("update ticket set state = 'cancelled', remote_id = ''")
    async with routed.forum.database.transaction() as connection:
        await decisions.reopen(connection, theme["id"], actor=ME)
        await decisions.accept(connection, theme["id"], actor=ME, undo_seconds=0)
    assert await routed.tickets() == {("export", "desktop", "Bugs")}


async def test_what_a_rule_holds_is_visible_and_goes_when_a_person_or_the_rule_says_so(
    routed: Routed,
) -> None:
    async def waiting() -> list[tuple[bool, str, str]]:
        rows = await routed.forum.rows("select due_at, reason, detail from ticket order by id")
        return [(row["due_at"] is None, row["reason"], row["detail"]) for row in rows]

    await routed.say("export to pdf crashes always", "ann", "bob", "cid")
    held = Rule("Legal", RuleFilters(), routed.trackers["app"], Policy.hold)
    (saved,) = await routed.save(held, history=True)
    assert await routed.forum.work() == 0, "nothing is accepted by itself"
    await routed.accept("export")
    sentence = (
        "The rule “Legal” holds it back. It is made when you press Retry, or when that rule holds "
        "no more."
    )
    assert await waiting() == [(True, "held_by_rule", sentence)]
    # The product's own policy is another matter.
    async with routed.forum.database.transaction() as connection:
        for policy in (Policy.hold, Policy.review):
            await update_product(connection, routed.forum.product_id, policy=policy)
    assert await waiting() == [(True, "held_by_rule", sentence)]
    await routed.save(replace(saved, policy=Policy.review))
    assert await waiting() == [(False, "", "")]
    await routed.save(saved)
    assert await waiting() == [(True, "held_by_rule", sentence)]
    (ticket,) = await routed.forum.rows("select id from ticket")
    await retry_ticket(routed.forum.database, ticket["id"])
    assert await waiting() == [(False, "", "")]


FILTERS = [
    (RuleFilters(kinds=("feature",)), False),
    (RuleFilters(words=("pdf",)), True),
    (RuleFilters(words=("export  TO pdf",)), True),
    (RuleFilters(words=("port",)), False),
    (RuleFilters(words=("クラッシュ",)), True),
    (RuleFilters(words=("absent", "fullwidth")), True),
    (RuleFilters(words=("c++",)), True),
    (RuleFilters(areas=("General",)), True),
    (RuleFilters(areas=("channel:general",)), True),
    (RuleFilters(areas=("random",)), False),
    (RuleFilters(languages=("de",)), True),
    (RuleFilters(languages=("pt",)), False),
    (RuleFilters(tones=("hostile",)), True),
    (RuleFilters(tones=("friendly",)), False),
    (RuleFilters(tones=("unfriendly",)), True),
    (RuleFilters(min_people=1, kinds=("bug",)), True),
    (RuleFilters(min_people=2), False),
]


async def test_each_filter_matches_what_it_says(routed: Routed) -> None:
    await routed.say("export to pdf crashes always", "ann")
    await routed.forum.change(
        "update comment set text = 'Der Ｆｕｌｌｗｉｄｔｈ C++ PDFのクラッシュ', language = 'de', "
        "place = 'channel:general', tone = 'hostile'"
    )
    await routed.forum.change("update theme set sentiment = -0.5, kind = 'bug'")
    for filters, matched in FILTERS:
        trial = await routed.attempt(Rule("One", filters))
        counts = (trial.rules[0].matched, trial.rules[1].matched)
        assert counts == ((1, 0) if matched else (0, 1)), filters


async def test_what_cannot_be_a_rule_is_refused(routed: Routed) -> None:
    named = Rule("Bugs", RuleFilters(kinds=("bug",)), routed.trackers["app"])

    async def refused(*rules: Rule) -> str:
        with pytest.raises((Invalid, NotFound, Conflict)) as refusal:
            await routed.save(*rules)
        return refusal.value.reason

    assert await refused(replace(named, name=" ")) == "name_length"
    assert await refused(named, named) == "name_taken"
    assert await refused(replace(named, id=uuid.uuid4())) == "rule_not_found"
    assert await refused(replace(named, tracker_id=uuid.uuid4())) == "rule_tracker_unknown"
    assert await refused(replace(named, auto_min_people=0)) == "threshold_invalid"
    elsewhere = RuleFilters(sources=(str(uuid.uuid4()),))
    assert await refused(replace(named, filters=elsewhere)) == "filter_invalid"
    assert await refused(*[replace(named, name=str(n)) for n in range(101)]) == "too_many_rules"
    for filters, reason in (
        ({"kind": ["bug"]}, "filter_unknown"),
        ({"kinds": ["praise"]}, "filter_invalid"),
        ({"words": "pdf"}, "filter_invalid"),
        ({"words": [" "]}, "filter_invalid"),
        ({"languages": ["german"]}, "filter_invalid"),
        ({"tones": ["sad"]}, "filter_invalid"),
        ({"min_people": "3"}, "filter_invalid"),
    ):
        with pytest.raises(Invalid) as refusal:
            checked_filters(filters)
        assert refusal.value.reason == reason, filters

    # Names may change places, and a tracker that rules send tickets to is not forgotten.
    first, second = await routed.save(named, replace(named, name="Others"))
    await routed.save(replace(second, name="Bugs"), replace(first, name="Others"))
    async with routed.forum.database.transaction() as connection:
        rules = await list_rules(connection, routed.forum.product_id)
    assert [(rule.name, rule.id) for rule in rules] == [("Bugs", second.id), ("Others", first.id)]
    with pytest.raises(Conflict, match="'Bugs' sends tickets to this tracker"):
        async with routed.forum.database.transaction() as connection:
            await delete_tracker(connection, routed.trackers["app"])
