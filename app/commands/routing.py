"""`relay rule`: which tracker takes a theme, and who accepts it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import finding
from app.commands.options import AsJson, OfProduct, perform
from app.commands.routing_shown import show_rules, show_trial

if TYPE_CHECKING:
    from app.running.runtime import Services
    from app.setup.routing_rules import Rule
    from app.storage.db import Connection
    from app.triage.routing_trial import Trial

app = typer.Typer(
    no_args_is_help=True, help="Rules that say which tracker takes a theme, and who accepts it."
)
ANY = "any"
"""What takes a filter or a tracker away again."""

Named = Annotated[str, typer.Argument(help="The rule's name.")]
Kinds = Annotated[list[str] | None, typer.Option("--kind", help="bug or feature; repeatable.")]
Words = Annotated[
    list[str] | None, typer.Option("--word", help="A word or phrase people say; repeatable.")
]
Sources = Annotated[
    list[str] | None, typer.Option("--source", help="A source, by name; repeatable.")
]
Languages = Annotated[
    list[str] | None, typer.Option("--language", help="A code such as de; repeatable.")
]
Areas = Annotated[
    list[str] | None,
    typer.Option("--area", help="A channel, category or repository; repeatable."),
]
Tones = Annotated[
    list[str] | None,
    typer.Option("--tone", help="friendly, unfriendly or hostile; repeatable."),
]
MinPeople = Annotated[
    int | None, typer.Option("--people", help="People who have to speak of it for the rule.")
]
OfTracker = Annotated[
    str | None,
    typer.Option("--tracker", help="Where tickets go; any for each that takes the kind."),
]
Policy = Annotated[str | None, typer.Option(help="auto, review or hold.")]
AutoPeople = Annotated[
    int | None, typer.Option("--min-people", help="People that a theme needs under auto.")
]
Confidence = Annotated[
    float | None, typer.Option("--min-confidence", help="Confidence (0 to 1) it needs under auto.")
]
Position = Annotated[int | None, typer.Option(help="Its place in the list, from 1.")]
Title = Annotated[
    str | None, typer.Option(help="A template of the ticket's title, such as '{{ title }}'.")
]
Intro = Annotated[str | None, typer.Option(help="A template of a text above our block.")]
Labels = Annotated[
    list[str] | None, typer.Option("--label", help="A template of a label; repeatable.")
]
Values = Annotated[
    list[str] | None,
    typer.Option("--field", help="id=template of one of the tracker's own fields; repeatable."),
]
OnlyTry = Annotated[
    bool, typer.Option("--try", help="Show what the rules would make of history; save nothing.")
]
ApplyToHistory = Annotated[
    bool, typer.Option("--history", help="Apply the rules to what was said before, too.")
]
Change = Callable[["Connection", Any, list["Rule"]], Any]


@app.command("list")
def list_(product: OfProduct = None, as_json: AsJson = False) -> None:
    """Show a product's rules in their order."""
    from app.setup.routing_rules import list_rules

    async def work(services: Services) -> list[Rule]:
        async with services.database.transaction() as connection:
            row = await finding.product_or_only(connection, product)
            return await list_rules(connection, row.id)

    show_rules(perform(work), as_json)


@app.command("try")
def try_(product: OfProduct = None, as_json: AsJson = False) -> None:
    """Show what the saved rules make of everything that was said so far; changes nothing."""

    async def unchanged(connection: Connection, product_id: Any, rules: list[Rule]) -> list[Rule]:
        return rules

    _change(product, unchanged, only_try=True, history=False, as_json=as_json)


@app.command()
def add(
    name: Named,
    product: OfProduct = None,
    kinds: Kinds = None,
    words: Words = None,
    sources: Sources = None,
    languages: Languages = None,
    areas: Areas = None,
    tones: Tones = None,
    people: MinPeople = None,
    tracker: OfTracker = None,
    policy: Policy = None,
    auto_people: AutoPeople = None,
    confidence: Confidence = None,
    title: Title = None,
    intro: Intro = None,
    labels: Labels = None,
    values: Values = None,
    position: Position = None,
    only_try: OnlyTry = False,
    history: ApplyToHistory = False,
    as_json: AsJson = False,
) -> None:
    """Add a rule, at the end of the list unless told otherwise. It holds for what is said from now
    on."""
    from app.setup.routing_filters import RuleFilters
    from app.setup.routing_rules import Rule

    filters = _entered(kinds, words, sources, languages, areas, tones, people)
    contents = _contents(title, intro, labels, values)

    async def added(connection: Connection, product_id: Any, rules: list[Rule]) -> list[Rule]:
        rule = await _changed(
            connection,
            product_id,
            Rule(name, RuleFilters()),
            filters,
            contents,
            tracker,
            policy=policy,
            auto_min_people=auto_people,
            auto_min_confidence=confidence,
        )
        return _placed(rules, rule, position or len(rules) + 1)

    _change(product, added, only_try=only_try, history=history, as_json=as_json)


@app.command("set")
def set_(
    name: Named,
    product: OfProduct = None,
    new_name: Annotated[str | None, typer.Option("--name", help="A new name.")] = None,
    kinds: Kinds = None,
    words: Words = None,
    sources: Sources = None,
    languages: Languages = None,
    areas: Areas = None,
    tones: Tones = None,
    people: MinPeople = None,
    tracker: OfTracker = None,
    policy: Policy = None,
    auto_people: AutoPeople = None,
    confidence: Confidence = None,
    title: Title = None,
    intro: Intro = None,
    labels: Labels = None,
    values: Values = None,
    position: Position = None,
    only_try: OnlyTry = False,
    history: ApplyToHistory = False,
    as_json: AsJson = False,
) -> None:
    """Change what is given of a rule; a filter that is given replaces its values, and `any` takes
    it away."""
    filters = _entered(kinds, words, sources, languages, areas, tones, people)
    contents = _contents(title, intro, labels, values)

    async def changed(connection: Connection, product_id: Any, rules: list[Rule]) -> list[Rule]:
        before = _named(rules, name)
        place = position or rules.index(before) + 1
        rules.remove(before)
        rule = await _changed(
            connection,
            product_id,
            before,
            filters,
            contents,
            tracker,
            name=new_name,
            policy=policy,
            auto_min_people=auto_people,
            auto_min_confidence=confidence,
        )
        return _placed(rules, rule, place)

    _change(product, changed, only_try=only_try, history=history, as_json=as_json)


@app.command()
def remove(
    name: Named, product: OfProduct = None, only_try: OnlyTry = False, as_json: AsJson = False
) -> None:
    """Remove a rule; tickets that were made stay where they are."""

    async def removed(connection: Connection, product_id: Any, rules: list[Rule]) -> list[Rule]:
        rules.remove(_named(rules, name))
        return rules

    _change(product, removed, only_try=only_try, history=False, as_json=as_json)


def _change(
    product: str | None, change: Change, *, only_try: bool, history: bool, as_json: bool
) -> None:
    """Try or save the rules as ``change`` makes them of those that stand."""
    from app.setup.routing_rules import list_rules
    from app.triage.routing_trial import save_rules, try_rules

    async def work(services: Services) -> Trial | list[Rule]:
        async with services.database.transaction() as connection:
            row = await finding.product_or_only(connection, product)
            rules = await change(connection, row.id, await list_rules(connection, row.id))
            if only_try:
                return await try_rules(connection, row.id, rules)
            return await save_rules(connection, row.id, rules, apply_to_history=history)

    result = perform(work)
    if isinstance(result, list):
        show_rules(result, as_json)
    else:
        show_trial(result, as_json)


def _entered(*values: Any) -> dict[str, Any]:
    """The filters that were given, by name."""
    names = ("kinds", "words", "sources", "languages", "areas", "tones", "min_people")
    entered = {name: value for name, value in zip(names, values, strict=True) if value is not None}
    return {
        name: _values(value) if isinstance(value, list) else value
        for name, value in entered.items()
    }


def _values(entered: list[str]) -> tuple[str, ...]:
    return () if entered == [ANY] else tuple(entered)


def _contents(
    title: str | None, intro: str | None, labels: list[str] | None, values: list[str] | None
) -> dict[str, Any]:
    """The templates that were entered, by name."""
    entered: dict[str, Any] = {"title": title, "intro": intro}
    if labels is not None:
        entered["labels"] = _values(labels)
    if values is not None:
        pairs = [value.partition("=") for value in _values(values)]
        entered["values"] = {name: template for name, _, template in pairs}
    return {name: value for name, value in entered.items() if value is not None}


async def _changed(
    connection: Connection,
    product_id: Any,
    rule: Rule,
    filters: dict[str, Any],
    contents: dict[str, Any],
    tracker: str | None,
    **changes: Any,
) -> Rule:
    """The rule with what was given, which is checked when it is tried or saved. Raises NotFound."""
    if filters.get("sources"):
        names = filters["sources"]
        rows = [await finding.source(connection, name, str(product_id)) for name in names]
        filters = {**filters, "sources": tuple(str(source.id) for source in rows)}
    changes = {name: value for name, value in changes.items() if value is not None}
    changes["filters"] = replace(rule.filters, **filters)
    changes["contents"] = replace(rule.contents, **contents)
    if tracker == ANY:
        changes["tracker_id"] = None
    elif tracker is not None:
        changes["tracker_id"] = (await finding.tracker(connection, tracker, str(product_id))).id
    return replace(rule, **changes)


def _placed(rules: list[Rule], rule: Rule, position: int) -> list[Rule]:
    rules.insert(max(0, position - 1), rule)
    return rules


def _named(rules: Sequence[Rule], name: str) -> Rule:
    from app.errors import NotFound

    for rule in rules:
        if rule.name == name or str(rule.id) == name:
            return rule
    raise NotFound(
        f"No rule is named {name!r}: `relay rule list` shows them.", reason="rule_not_found"
    )
