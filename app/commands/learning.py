"""`relay train` and the versions of what it learned: `relay model versions`, `promote`,
`rollback`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, Yes, perform, settings

if TYPE_CHECKING:
    from app.learning.model_versions import ModelVersion
    from app.learning.training import Outcome
    from app.running.runtime import Services


class What(StrEnum):
    """What is learned."""

    kind = "kind"
    grouping = "grouping"


OneOf = Annotated[What, typer.Option("--what", help="What was learned.")]
ACTOR = "command line"


def train(
    product: OfProduct = None,
    what: Annotated[What | None, typer.Option("--what", help="Only this; both without it.")] = None,
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
        "--product": product, "--what": what, "--dry-run": dry_run, "--hold": hold, "--apply": apply, "--json": as_json,
    }  # fmt: skip
    _only_one(data is not None, of_product, {"--out": out, "--seed": seed})
    if data is not None:
        _train_shipped(data, out, 7 if seed is None else seed)
        return
    from app.judging.chosen_model import load_enricher
    from app.learning.rejudging import rejudge
    from app.learning.training import train as learn

    enricher = load_enricher(settings())

    async def work(services: Services) -> tuple[list[Outcome], tuple[int, int] | None]:
        async with services.database.session() as session:
            product_id = (await finding.product_or_only(session, product)).id
        chosen = [what] if what is not None else list(What)
        done = [
            await learn(
                services.database,
                enricher,
                product_id,
                one.value,
                actor=ACTOR,
                dry_run=dry_run,
                hold=hold,
                heads_dir=settings().heads_dir,
            )
            for one in chosen
        ]
        judged = (
            await rejudge(services.database, enricher, product_id)
            if apply and not dry_run
            else None
        )
        return done, judged

    outcomes, judged = perform(work)
    if as_json:
        output.as_json(outcomes)
        return
    for outcome in outcomes:
        _tell(outcome, dry_run=dry_run, hold=hold)
    if judged is not None:
        output.done(
            f"{judged[0]:,} unsure comments were judged again, {judged[1]:,} are of another kind "
            "now."
        )


def versions(product: OfProduct = None, as_json: AsJson = False) -> None:
    """List the versions of what a product learned, with their scores on labels kept out."""
    from app.learning.model_versions import versions as list_versions

    async def work(services: Services) -> list[ModelVersion]:
        async with services.database.session() as session:
            product_id = (await finding.product_or_only(session, product)).id
        async with services.database.transaction() as c:
            return await list_versions(c, product_id)

    found = perform(work)
    if as_json:
        output.as_json(found)
        return
    output.table(
        ["what", "version", "status", "labels", "before", "after", "trained", "by", "reason"],
        [
            (
                v.what,
                v.number,
                v.status,
                v.labels,
                *_before_after(v.what, v.scores),
                v.trained_at,
                v.trained_by,
                v.reason,
            )
            for v in found
        ],
        empty="Nothing was learned yet: the shipped model serves. Correct kinds and themes, then run `relay train`.",
        cut="by",
    )


def promote(
    version: Annotated[int, typer.Argument(min=1, help="Its number.")],
    what: OneOf,
    product: OfProduct = None,
    yes: Yes = False,
) -> None:
    """Put a version in force; asks first, with the figures, where it was rejected."""
    from app.errors import Conflict
    from app.learning.model_versions import VERSION_UNCONFIRMED
    from app.learning.model_versions import promote as put_in_force

    async def work(services: Services, anyway: bool) -> None:
        async with services.database.session() as session:
            product_id = (await finding.product_or_only(session, product)).id
        async with services.database.transaction() as c:
            await put_in_force(c, product_id, what.value, version, anyway=anyway)

    try:
        perform(lambda services: work(services, yes))
    except Conflict as refusal:
        if refusal.reason != VERSION_UNCONFIRMED:
            raise
        typer.confirm(f"{refusal.detail}\nPut it in force?", abort=True, err=True)
        perform(lambda services: work(services, True))
    output.done(f"Version {version} of {what.value} is in force from the next batch on.")


def rollback(what: OneOf = What.kind, product: OfProduct = None) -> None:
    """Go back to the version before the one in force, or to the shipped model."""
    from app.learning.model_versions import roll_back

    async def work(services: Services) -> ModelVersion | None:
        async with services.database.session() as session:
            product_id = (await finding.product_or_only(session, product)).id
        async with services.database.transaction() as c:
            return await roll_back(c, product_id, what.value)

    back = perform(work)
    now = f"version {back.number}" if back else "the shipped model"
    output.done(f"Rolled back: {now} of {what.value} is in force from the next batch on.")


def _only_one(
    shipped: bool, of_product: Mapping[str, object], of_shipped: Mapping[str, object]
) -> None:
    """Raises Invalid (``option_invalid``) for options that mean nothing to the one of both that was
    asked for."""
    from app.errors import Invalid

    idle = [
        name
        for name, given in (of_product if shipped else of_shipped).items()
        if given not in (None, False)
    ]
    if not idle:
        return
    if shipped:
        told = "--data trains shipped heads, which are no product's: leave it out, or leave out"
    else:
        told = "Without --data a product learns from its corrections: give --data DIR as well, or leave out"
    raise Invalid(f"{told} {' and '.join(idle)}.", reason="option_invalid")


def _train_shipped(data: Path, out: Path | None, seed: int) -> None:
    """Raises Invalid without a folder of its own, ConfigError where libraries that training needs
    are not installed."""
    import shutil
    from importlib.util import find_spec

    from app.errors import ConfigError, Invalid
    from classifiers.stored_weights import WEIGHTS

    if out is None or out.resolve() == WEIGHTS.resolve():
        raise Invalid(
            "The heads of this program are not written over: name another folder with --out DIR; "
            "RELAY_HEADS_DIR=DIR "
            "puts its heads in force.",
            reason="option_invalid",
        )
    missing = [name for name in ("scipy", "sklearn") if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"Training the shipped heads needs {' and '.join(missing)}: install the extra `train`, "
            "as in "
            "`pip install 'feedback-relay[train]'`.",
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
    shutil.copyfile(WEIGHTS / THRESHOLDS, out / THRESHOLDS)


def _tell(outcome: Outcome, *, dry_run: bool, hold: bool) -> None:
    from app.learning.training import REASONS_TO_SERVE
    from app.learning.unchanged import NOTHING_NEW

    before, after = _before_after(outcome.what, outcome.scores)
    measured = f", on labels kept out {before} before and {after} after" if after else ""
    output.say(f"{outcome.what}: {outcome.labels:,} labels{measured}.")
    if outcome.promoted:
        output.done(
            f"Version {outcome.version} is in force from the next batch on. {outcome.detail}"
        )
    elif outcome.reason == NOTHING_NEW:
        output.say(f"Not trained ({outcome.reason}): {outcome.detail}")
    elif outcome.reason in REASONS_TO_SERVE:
        kept = (
            f"Version {outcome.version} is kept as a candidate."
            if hold
            else "A dry run: nothing is kept."
        )
        output.done(f"{outcome.detail} {kept}")
    else:
        kept = (
            f" Kept as version {outcome.version}, rejected."
            if outcome.version and not dry_run
            else ""
        )
        output.say(f"Not promoted ({outcome.reason}): {outcome.detail}{kept}")


def _before_after(what: str, scores: Any) -> tuple[str, str]:
    """The score that decides: macro F1 of kinds, precision and recall of joins."""
    if not scores:
        return "", ""
    if what == What.kind:
        return f"F1 {scores['before']['macro_f1']:.3f}", f"F1 {scores['after']['macro_f1']:.3f}"
    told = [
        f"P {scores[side]['precision']:.2f} R {scores[side]['recall']:.2f}"
        for side in ("before", "after")
    ]
    return told[0], told[1]
