"""Routing rules of a product, for administrators: which tracker takes a theme, who accepts it, and
what rules would make of what was said so far before they are saved."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.errors import Invalid, NotFound, RelayError
from app.models.states import Policy
from app.setup.login_sessions import SessionUser
from app.setup.products import get_product
from app.setup.routing_filters import RULE_TONES, RuleFilters, checked_filters
from app.setup.routing_rules import Rule, list_rules
from app.setup.sources import list_sources
from app.setup.ticket_contents import checked_contents
from app.setup.ticket_fields import known_fields, read_fields, unfilled
from app.setup.ticket_templates import TEMPLATE_NAMES
from app.setup.trackers import list_trackers
from app.triage.routing_trial import Outcome, Trial, save_rules, try_rules
from app.web import guard, rendering
from app.web.guard import Act, Admin, Administering
from app.web.params import Word
from app.web.routes import PageRoute
from classifiers.kind_words import THEME_KINDS

router = APIRouter(route_class=PageRoute)
PAGE_THEMES_SHOWN = 20
OUTCOME_WORDS = {
    Outcome.ticket: "gets a ticket",
    Outcome.no_tracker: "is accepted, but no tracker takes it",
    Outcome.stays: "has a ticket, which stays where it is",
    Outcome.decided: "was decided before",
    Outcome.held: "is held",
    Outcome.review: "waits for a person",
    Outcome.too_few: "waits for more people",
}
FIELD_PREFIX = "field_"
TONE_WORDS = {"friendly": "Friendly", "unfriendly": "Unfriendly", "hostile": "Hostile"}


@router.get("/products/{product_id}/rules")
async def rules_page(
    request: Request, user: Admin, product_id: UUID, rule: UUID | None = None, attempt: Word = ""
) -> Response:
    """The rules in their order, and a form for a new one or, with ``rule``, for one that stands.
    With ``attempt`` what they make of what was said so far."""
    trial = None
    if attempt:
        async with guard.database(request).transaction() as connection:
            rules = await list_rules(connection, product_id)
            trial = await try_rules(connection, product_id, rules, shown=PAGE_THEMES_SHOWN)
    return await _page(request, user, product_id, chosen=rule, trial=trial)


@router.post("/products/{product_id}/rules")
async def save_or_try(act: Administering, product_id: UUID) -> Response:
    """Save the rule of the form, or show what the rules would make of history with it."""
    entered: Rule | None = None
    try:
        entered = _entered(act)
        async with act.database.transaction() as connection:
            rules = _with(await list_rules(connection, product_id), entered, act)
            if act.text("act") == "try":
                trial = await try_rules(connection, product_id, rules, shown=PAGE_THEMES_SHOWN)
                return await _page(
                    act.request, act.user, product_id, chosen=entered.id, form=entered, trial=trial
                )
            history = bool(act.text("history"))
            await save_rules(connection, product_id, rules, apply_to_history=history)
    except RelayError as error:
        return await _page(
            act.request, act.user, product_id, form=entered, complaint=error.detail, code=422
        )
    text = f"Saved. The rule “{entered.name}” holds for what is said from now on"
    text += ", and is applied to what was said before." if history else "."
    return act.done(text, to=f"/products/{product_id}/rules")


@router.post("/products/{product_id}/rules/{rule_id}/fields")
async def read_tracker_fields(act: Administering, product_id: UUID, rule_id: UUID) -> Response:
    """Ask the rule's tracker which fields its new tickets have."""
    state = act.request.app.state
    async with act.database.transaction() as connection:
        rules = await list_rules(connection, product_id)
        rule = rules[_place(rules, rule_id)]
        if rule.tracker_id is None:
            raise Invalid("Choose a tracker for the rule first.", reason="rule_tracker_unknown")
        fields = await read_fields(
            connection, state.vault, rule.tracker_id, network=state.settings.network
        )
    return act.done(f"The tracker tells of {len(fields)} fields that rules can fill in.")


@router.post("/products/{product_id}/rules/{rule_id}/move")
async def move(act: Administering, product_id: UUID, rule_id: UUID) -> Response:
    """Let a rule change places with the one above it."""
    async with act.database.transaction() as connection:
        rules = await list_rules(connection, product_id)
        place = _place(rules, rule_id)
        rules.insert(max(0, place - 1), rules.pop(place))
        await save_rules(connection, product_id, rules)
    return act.done("Moved up.")


@router.post("/products/{product_id}/rules/{rule_id}/remove")
async def remove(act: Administering, product_id: UUID, rule_id: UUID) -> Response:
    """Remove a rule; tickets that were made stay where they are."""
    async with act.database.transaction() as connection:
        rules = await list_rules(connection, product_id)
        rule = rules.pop(_place(rules, rule_id))
        await save_rules(connection, product_id, rules)
    return act.done(f"Removed the rule “{rule.name}”.")


async def _page(
    request: Request,
    user: SessionUser,
    product_id: UUID,
    *,
    chosen: UUID | None = None,
    form: Rule | None = None,
    trial: Trial | None = None,
    complaint: str = "",
    code: int = 200,
) -> Response:
    frame = await rendering.shell(request)
    async with guard.database(request).transaction() as connection:
        product = await get_product(connection, product_id)
        rules = await list_rules(connection, product_id)
        trackers = await list_trackers(connection, product_id)
        sources = await list_sources(connection, product_id)
        if form is None:
            form = Rule("", RuleFilters()) if chosen is None else rules[_place(rules, chosen)]
        fields = await known_fields(connection, form.tracker_id) if form.tracker_id else []
    return await rendering.page(
        request,
        user,
        "routing.html",
        frame=frame,
        code=code,
        product=product,
        rules=rules,
        trackers=trackers,
        tracker_names={tracker.id: tracker.name for tracker in trackers},
        sources=sources,
        source_names={str(source.id): source.name for source in sources},
        form=form,
        is_new=form.id is None or form.id not in {rule.id for rule in rules},
        trial=trial,
        complaint=complaint,
        kinds=sorted(THEME_KINDS),
        tones=[(tone, TONE_WORDS[tone]) for tone in RULE_TONES],
        outcomes=OUTCOME_WORDS,
        fields=fields,
        unfilled=unfilled(fields, form.contents.values),
        field_prefix=FIELD_PREFIX,
        template_names=TEMPLATE_NAMES,
    )


def _place(rules: list[Rule], rule_id: UUID) -> int:
    """Raises NotFound."""
    for place, rule in enumerate(rules):
        if rule.id == rule_id:
            return place
    raise NotFound("There is no such rule any more.", reason="rule_not_found")


def _entered(act: Act) -> Rule:
    """The rule of the form. Raises Invalid."""
    filters = {
        "kinds": act.texts("kinds"),
        "words": _lines(act, "words"),
        "sources": act.texts("sources"),
        "languages": act.text("languages").replace(",", " ").split(),
        "areas": _lines(act, "areas"),
        "tones": act.texts("tones"),
        "min_people": _number(act, "min_people", "0"),
    }
    return Rule(
        id=_id(act.text("rule")),
        name=act.text("name"),
        filters=checked_filters(filters),
        tracker_id=_id(act.text("tracker")),
        policy=_policy(act.text("policy")),
        auto_min_people=_number(act, "auto_min_people", "2"),
        auto_min_confidence=_number(act, "auto_min_confidence", "60") / 100,
        contents=checked_contents(
            {
                "title": act.text("title"),
                "intro": act.text("intro"),
                "labels": _lines(act, "labels"),
                "values": {
                    name.removeprefix(FIELD_PREFIX): act.text(name)
                    for name in act.form
                    if name.startswith(FIELD_PREFIX)
                },
            }
        ),
    )


def _with(rules: list[Rule], entered: Rule, act: Act) -> list[Rule]:
    """The rules with the one of the form: in its old place, or at the end."""
    if entered.id is None:
        return [*rules, entered]
    rules[_place(rules, entered.id)] = entered
    return rules


def _lines(act: Act, name: str) -> list[str]:
    return [line for line in act.text(name).splitlines() if line.strip()]


def _number(act: Act, name: str, blank: str) -> int:
    """Raises Invalid for anything that is no whole number."""
    text = act.text(name) or blank
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise Invalid("Enter a whole number.", reason="threshold_invalid")
    return int(text)


def _id(text: str) -> UUID | None:
    """Raises Invalid for anything that is no id."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid(
            "The form names something that is not there.", reason="filter_invalid"
        ) from None


def _policy(text: str) -> Policy:
    """Raises Invalid for a word that is no policy."""
    if text not in set(Policy):
        raise Invalid(f"A policy is one of {', '.join(Policy)}.", reason="policy_invalid")
    return Policy(text)
