"""`relay train` and the versions, over a database with labels and the real encoder."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.config import Settings
from app.judging.product_models import shipped_base
from app.models.states import Learned
from app.storage.db import Database
from app.storage.vault import Vault
from classifiers.grouping.thresholds import Thresholds
from classifiers.stored_weights import SHIPPED_WEIGHTS
from tests.commands.command_line import Relay, command_line
from tests.scenes.forum import open_forum
from tests.scenes.learning import correct, fill


@pytest.fixture
def relay(
    database_url: str, tmp_path: Path, model_dir: Path, settings: Settings, vault: Vault
) -> Relay:
    """`relay` over a product whose team files what does not sync under requests."""

    async def prepare() -> None:
        database = Database(database_url)
        await database.open()
        try:
            forum = await open_forum(database, settings, vault)
            await fill(forum)
            await correct(forum, 40, 30)
        finally:
            await database.close()

    asyncio.run(prepare())
    return command_line(
        database_url, tmp_path, RELAY_MODEL_DIR=str(model_dir), RELAY_MODEL_THREADS="1"
    )


def test_train_versions_promote_and_roll_back(relay: Relay, database_url: str) -> None:
    dry = relay("train", "--what", "kind", "--dry-run")
    assert "kind: 70 labels, on labels kept out F1" in dry.out
    assert "nothing is kept" in dry.out
    assert relay("model", "versions").rows[1:] == []

    told = relay("train")
    assert "Version 1 is in force" in told.out
    assert "Not promoted (too_few_labels)" in told.out
    heading, row = relay("model", "versions").rows
    version: dict[str, Any] = dict(zip(heading, row, strict=True))
    assert (version["what"], version["version"], version["status"]) == ("kind", "1", "active")
    assert version["before"] < version["after"]
    again = relay("train", "--what", "kind").out
    assert "Not trained (nothing_new): Nothing changed since version 1, which is in force" in again
    (listed,) = relay("model", "versions", "--json").json
    assert listed["scores"]["gain"]["low"] > 0
    base = shipped_base(Learned.kind, Settings())
    assert listed["base"] == base, "pages know the base without loading the encoder"

    assert "the shipped model of kind is in force" in relay("model", "rollback").out
    assert "nothing_active" in relay("model", "rollback", fails=True).err
    assert "Version 1 of kind is in force" in relay("model", "promote", "1", "--what", "kind").out
    assert "model_not_found" in relay("model", "promote", "7", "--what", "kind", fails=True).err
    assert "judged again" in relay("train", "--what", "kind", "--apply").out

    with psycopg.connect(database_url) as connection:
        connection.execute("update product_model set status = 'rejected'")
    promote = ("model", "promote", "1", "--what", "kind")
    refused = relay(*promote, typed="n\n", fails=True).err
    assert "Version 1 was rejected: on labels kept out its score was" in refused
    assert "Put it in force?" in refused
    assert [row[2] for row in relay("model", "versions").rows[1:]] == ["rejected"]
    assert "Version 1 of kind is in force" in relay(*promote, "--yes").out


def test_training_the_shipped_heads_names_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "scipy" else found(name)
    )
    call = command_line(database_url, tmp_path)
    told = call("train", "--data", str(tmp_path), "--out", str(tmp_path / "heads"), fails=True).err
    assert "training_extra_missing" in told
    assert "feedback-relay[train]" in told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            ["--data", ".", "--out", "heads", "--dry-run", "--what", "kind"],
            "leave out --what and --dry-run",
        ),
        (["--data", ".", "--out", "heads", "--hold"], "leave out --hold"),
        (
            ["--data", ".", "--out", "heads", "--apply", "--product", "x"],
            "leave out --product and --apply",
        ),
        (["--data", ".", "--out", "heads", "--json"], "leave out --json"),
        (["--data", "."], "name another folder with --out"),
        (["--data", ".", "--out", str(SHIPPED_WEIGHTS)], "name another folder with --out"),
        (["--out", "heads"], "give --data DIR as well, or leave out --out"),
        (["--seed", "3"], "leave out --seed"),
    ],
)
def test_options_that_would_be_ignored_or_overwrite_the_program_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], told: str
) -> None:
    monkeypatch.setattr(
        "classifiers.training.train.main", lambda arguments: pytest.fail(f"trained: {arguments}")
    )
    err = command_line(None, tmp_path)("train", *given, fails=True).err
    assert told in " ".join(err.split())
    assert "(option_invalid)" in err


def test_shipped_heads_go_to_a_folder_that_can_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr("classifiers.training.train.main", asked.append)
    heads = tmp_path / "heads"
    heads.mkdir()
    command_line(None, tmp_path)("train", "--data", str(tmp_path), "--out", str(heads))
    assert asked[0][asked[0].index("--out") + 1] == str(heads)
    assert asked[0][asked[0].index("--seed") + 1] == "7"
    assert Thresholds.read(heads) == Thresholds.read()
