"""`relay train`, and `relay model versions`, `promote` and `rollback`: what it learned."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import finding, output
from app.commands.options import (
    AsJson,
    OfProduct,
    Yes,
    perform,
    settings,
    settings_with_model,
)

if TYPE_CHECKING:
    from app.learning.model_versions import ModelVersion
    from app.learning.training import Outcome
    from app.running.runtime import Services


class What(StrEnum):
    """What is learned: the words of ``Learned``, without importing SQLAlchemy for a help text."""

    kind = "kind"
    grouping = "grouping"


OneOf = Annotated[What, typer.Option("--what", help="What was learned.")]
TRAINED_BY = "command line"
DEFAULT_SEED = 7


def train(
    product: OfProduct = None,
    learned: Annotated[
        What | None, typer.Option("--what", help="Only this; both without it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Measure, and keep nothing.")] = False,
    hold: Annotated[
        bool, typer.Option("--hold", help="Keep it as a candidate instead of promoting it.")
    ] = False,
    apply: Annotated[
        bool,
        typer.Option(
            "--apply", help="Judge unsure, undecided comments again by the version in force."
        ),
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="Train the shipped heads from the public sets in this folder.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            file_okay=False, help="With --data, which needs it: the folder the heads go to."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="With --data: orders the folds of the scores (7).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Learn a product's kinds and thresholds from its corrections; with --data train the shipped
    heads instead."""
    of_product = {
        "--product": product,
        "--what": learned,
        "--dry-run": dry_run,
        "--hold": hold,
        "--apply": apply,
        "--json": as_json,
    }
    _only_one(data is not None, of_product, {"--out": out, "--seed": seed})
    if data is not None:
        _train_shipped(data, out, DEFAULT_SEED if seed is None else seed)
        return
    from app.judging.chosen_model import heads_folder, load_enricher
    from app.learning.rejudging import rejudge
    from app.learning.training import train as learn

    chosen_settings = settings_with_model()
    enricher = load_enricher(chosen_settings)

    async def work(services: Services) -> tuple[list[Outcome], tuple[int, int] | None]:
        async with services.database.transaction() as connection:
            product_id = (await finding.product_or_only(connection, product)).id
        chosen = [learned] if learned is not None else list(What)
        outcomes = [
            await learn(
                services.database,
                enricher,
                product_id,
                part.value,
                actor=TRAINED_BY,
                dry_run=dry_run,
                hold=hold,
                heads_dir=heads_folder(chosen_settings),
            )
            for part in chosen
        ]
        if apply and not dry_run:
            return outcomes, await rejudge(services.database, enricher, product_id)
        return outcomes, None

    outcomes, judged = perform(work)
    if as_json:
        output.as_json(outcomes)
        return
    for outcome in outcomes:
        _print_outcome(outcome, dry_run=dry_run, hold=hold)
    if judged is not None:
        count, changed = judged
        output.done(
            f"{count:,} unsure comments were judged again, {changed:,} are of another kind now."
        )


def versions(product: OfProduct = None, as_json: AsJson = False) -> None:
    """List the versions of what a product learned, with their scores on labels kept out."""
    from app.learning.model_versions import versions as list_versions

    async def work(services: Services) -> list[ModelVersion]:
        async with services.database.transaction() as connection:
            product_id = (await finding.product_or_only(connection, product)).id
        async with services.database.transaction() as connection:
            return await list_versions(connection, product_id)

    rows = perform(work)
    if as_json:
        output.as_json(rows)
        return
    output.table(
        ["what", "version", "status", "labels", "before", "after", "trained", "by", "reason"],
        [
            (
                version.what,
                version.number,
                version.status,
                version.labels,
                *_before_after(version.what, version.scores),
                version.trained_at,
                version.trained_by,
                version.reason,
            )
            for version in rows
        ],
        empty="Nothing was learned yet: the shipped model serves. Correct kinds and themes, then "
        "run `relay train`.",
        cut="by",
    )


def promote(
    version: Annotated[int, typer.Argument(min=1, help="Its number.")],
    learned: OneOf,
    product: OfProduct = None,
    yes: Yes = False,
) -> None:
    """Put a version in force; asks first, with the figures, where it was rejected."""
    from app.errors import Conflict
    from app.learning.model_versions import VERSION_UNCONFIRMED
    from app.learning.model_versions import promote as put_in_force

    async def work(services: Services, anyway: bool) -> None:
        async with services.database.transaction() as connection:
            product_id = (await finding.product_or_only(connection, product)).id
        async with services.database.transaction() as connection:
            await put_in_force(connection, product_id, learned.value, version, anyway=anyway)

    try:
        perform(lambda services: work(services, yes))
    except Conflict as refusal:
        if refusal.reason != VERSION_UNCONFIRMED:
            raise
        typer.confirm(f"{refusal.detail}\nPut it in force?", abort=True, err=True)
        perform(lambda services: work(services, True))
    output.done(f"Version {version} of {learned.value} is in force from the next batch on.")


def rollback(learned: OneOf = What.kind, product: OfProduct = None) -> None:
    """Go back to the version before the one in force, or to the shipped model."""
    from app.learning.model_versions import roll_back

    async def work(services: Services) -> ModelVersion | None:
        async with services.database.transaction() as connection:
            product_id = (await finding.product_or_only(connection, product)).id
        async with services.database.transaction() as connection:
            return await roll_back(connection, product_id, learned.value)

    version = perform(work)
    in_force = f"version {version.number}" if version else "the shipped model"
    output.done(f"Rolled back: {in_force} of {learned.value} is in force from the next batch on.")


def _only_one(
    shipped: bool, of_product: Mapping[str, object], of_shipped: Mapping[str, object]
) -> None:
    """Raises Invalid (``option_invalid``) for options that mean nothing to the one asked for."""
    from app.errors import Invalid

    meaningless = of_product if shipped else of_shipped
    idle = [name for name, value in meaningless.items() if value not in (None, False)]
    if not idle:
        return
    advice = (
        "Without --data a product learns from its corrections: give --data DIR as well, or leave "
        "out"
    )
    if shipped:
        advice = "--data trains shipped heads, which are no product's: leave it out, or leave out"
    raise Invalid(f"{advice} {' and '.join(idle)}.", reason="option_invalid")


def _train_shipped(data: Path, out: Path | None, seed: int) -> None:
    """Raises Invalid without a folder of its own, ConfigError where libraries that training needs
    are not installed."""
    import shutil
    from importlib.util import find_spec

    from app.errors import ConfigError, Invalid
    from classifiers.stored_weights import SHIPPED_WEIGHTS

    if out is None or out.resolve() == SHIPPED_WEIGHTS.resolve():
        raise Invalid(
            "The heads of this program are not written over: name another folder with --out DIR; "
            "RELAY_HEADS_DIR=DIR puts its heads in force.",
            reason="option_invalid",
        )
    missing = [name for name in ("scipy", "sklearn") if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"Training the shipped heads needs {' and '.join(missing)}: install the extra `train`, "
            "as in `pip install 'feedback-relay[train]'`.",
            reason="training_extra_missing",
        )
    from classifiers.training.train import main
    from classifiers.training.train_encoder import THRESHOLDS

    main(
        [
            "--data",
            str(data),
            "--model",
            str(settings().model_path),
            "--seed",
            str(seed),
            "--out",
            str(out),
        ]
    )
    shutil.copyfile(SHIPPED_WEIGHTS / THRESHOLDS, out / THRESHOLDS)


def _print_outcome(outcome: Outcome, *, dry_run: bool, hold: bool) -> None:
    from app.learning.training import REASONS_TO_SERVE
    from app.learning.unchanged import NOTHING_NEW

    score_before, score_after = _before_after(outcome.what, outcome.scores)
    measured = ""
    if score_after:
        measured = f", on labels kept out {score_before} before and {score_after} after"
    output.say(f"{outcome.what}: {outcome.labels:,} labels{measured}.")
    if outcome.promoted:
        output.done(
            f"Version {outcome.version} is in force from the next batch on. {outcome.detail}"
        )
    elif outcome.reason == NOTHING_NEW:
        output.say(f"Not trained ({outcome.reason}): {outcome.detail}")
    elif outcome.reason in REASONS_TO_SERVE:
        fate = "A dry run: nothing is kept."
        if hold:
            fate = f"Version {outcome.version} is kept as a candidate."
        output.done(f"{outcome.detail} {fate}")
    else:
        fate = ""
        if outcome.version and not dry_run:
            fate = f" Kept as version {outcome.version}, rejected."
        output.say(f"Not promoted ({outcome.reason}): {outcome.detail}{fate}")


def _before_after(learned: str, scores: Any) -> tuple[str, str]:
    """The score that decides: macro F1 of kinds, precision and recall of joins."""
    if not scores:
        return "", ""
    describe = _kind_score if learned == What.kind else _join_score
    return describe(scores["before"]), describe(scores["after"])


def _kind_score(score: Mapping[str, float]) -> str:
    return f"F1 {score['macro_f1']:.3f}"


def _join_score(score: Mapping[str, float]) -> str:
    return f"P {score['precision']:.2f} R {score['recall']:.2f}"
