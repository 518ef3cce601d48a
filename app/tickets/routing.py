"""Which rule decides about a theme, and why: the first one that matches, or the product's own
policy. One function says so for what is done and for what is only tried."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.models.states import Policy
from app.setup.routing_rules import Rule, list_rules
from app.setup.trackers import Tracker
from app.storage.db import Connection
from app.storage.rows import fetch_one
from app.tickets.routing_facts import ThemeFacts, read_facts

SOUNDS_FROM = 0.2
"""A theme sounds friendly or unfriendly from this sentiment on, either way."""

SELECT_OWN_POLICY = """
    select policy, auto_min_people, auto_min_confidence from product where id = %s
"""


@dataclass(frozen=True, slots=True)
class OwnPolicy:
    """What a product does about themes that no rule matches."""

    policy: Policy
    auto_min_people: int
    auto_min_confidence: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about a theme. ``rule`` is None where the product's own policy decides;
    ``why`` is a part of a sentence for people; ``has_rules``: whether the product has any."""

    rule: Rule | None
    policy: Policy
    auto_min_people: int
    auto_min_confidence: float
    why: str
    has_rules: bool = True

    @property
    def rule_id(self) -> uuid.UUID | None:
        """The rule that decides."""
        return self.rule.id if self.rule else None

    @property
    def rule_name(self) -> str:
        """The name of the rule that decides; blank for the product's own policy."""
        return self.rule.name if self.rule else ""

    @property
    def tracker_id(self) -> uuid.UUID | None:
        """Where tickets go; None for every tracker that takes the theme's kind."""
        return self.rule.tracker_id if self.rule else None

    def is_ripe(self, people: int, confidence: float) -> bool:
        """Whether a theme that waits is accepted without a person's word."""
        heard = people >= self.auto_min_people and confidence >= self.auto_min_confidence
        return self.policy is Policy.auto and heard


def decide(rules: Sequence[Rule], own: OwnPolicy, facts: ThemeFacts) -> Decision:
    """The first rule that matches decides; where none does, the product's own policy."""
    for rule in rules:
        grounds = matching(rule, facts)
        if grounds is not None:
            why = "; ".join(grounds) or "it matches every theme"
            people, confidence = rule.auto_min_people, rule.auto_min_confidence
            return Decision(rule, rule.policy, people, confidence, why)
    return by_own_policy(own, "no rule matches")


def by_own_policy(own: OwnPolicy, why: str) -> Decision:
    """What the product does where no rule decides."""
    return Decision(None, own.policy, own.auto_min_people, own.auto_min_confidence, why)


def matching(rule: Rule, facts: ThemeFacts) -> list[str] | None:
    """Why the rule matches, a part for each of its filters; None where it does not."""
    filters = rule.filters
    grounds: list[str] = []
    tests = (
        (filters.kinds, "it is a {}", [one for one in filters.kinds if one == facts.kind]),
        (filters.words, "it says “{}”", [one for one in filters.words if facts.says(one)]),
        (filters.sources, "it was said in {}", facts.sources_among(filters.sources)),
        (filters.languages, "it is written in {}", sorted(facts.languages & {*filters.languages})),
        (filters.areas, "it stands in {}", facts.areas_among(filters.areas)),
        (filters.tones, "it sounds {}", [one for one in filters.tones if sounds(facts, one)]),
    )
    for chosen_values, words, met in tests:
        if chosen_values and not met:
            return None
        if chosen_values:
            grounds.append(words.format(met[0]))
    if filters.min_people > facts.people:
        return None
    if filters.min_people:
        grounds.append(f"{facts.people:,} people speak of it, {filters.min_people:,} are enough")
    return grounds


def sounds(facts: ThemeFacts, tone: str) -> bool:
    """Whether a theme sounds like this."""
    if tone == "hostile":
        return facts.hostile
    if tone == "friendly":
        return facts.sentiment > SOUNDS_FROM
    return facts.sentiment < -SOUNDS_FROM


async def read_own_policy(connection: Connection, product_id: uuid.UUID) -> OwnPolicy:
    """What the product does about themes that no rule matches."""
    own = await fetch_one(connection, SELECT_OWN_POLICY, [product_id], of=OwnPolicy)
    assert own is not None  # themes go with their product
    return own


async def decide_theme(
    connection: Connection, product_id: uuid.UUID, theme_id: uuid.UUID
) -> Decision:
    """What is to be done about a theme. Where the product has no rules, nothing is read of it."""
    own = await read_own_policy(connection, product_id)
    rules = await list_rules(connection, product_id)
    if not rules:
        return replace(by_own_policy(own, "there are no rules"), has_rules=False)
    facts = await read_facts(connection, [theme_id], texts=ask_for_words(rules))
    return decide(rules, own, facts[theme_id])


def ask_for_words(rules: Sequence[Rule]) -> bool:
    """Whether the words of comments matter to any rule."""
    return any(rule.filters.words for rule in rules)


def takers(decision: Decision, kind: str, trackers: Sequence[Tracker]) -> list[Tracker]:
    """The trackers that get a theme's tickets, of those that are switched on."""
    if decision.tracker_id is not None:
        return [tracker for tracker in trackers if tracker.id == decision.tracker_id]
    return [tracker for tracker in trackers if kind in tracker.kinds.split(",")]
