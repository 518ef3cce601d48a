"""`relay model use`, `list` and `show`: one command changes the model, and says what it costs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from app.models.states import ModelChoice
from classifiers.encoding import models
from classifiers.encoding.models import MODELS
from tests.commands.command_line import Relay, command_line
from tests.scenes.forum import Forum
from tests.scenes.tiny_e5 import tiny_model


@pytest.fixture
def relay(database_url: str, tmp_path: Path, model_dir: Path) -> Relay:
    """The command line, where the default is prepared."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "all-MiniLM-L6-v2").symlink_to(model_dir / "all-MiniLM-L6-v2")
    return command_line(database_url, tmp_path, RELAY_MODEL_DIR=str(tmp_path / "model"))


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder with the package of a tiny model, which is what `multilingual` means here."""
    monkeypatch.setitem(models.MODELS, "multilingual", tiny_model(tmp_path / "wheels"))
    return str(tmp_path / "wheels")


def test_every_model_may_be_put_in_force() -> None:
    assert set(MODELS) == set(ModelChoice)


async def test_a_model_is_put_in_force_and_back(
    forum: Forum, client: httpx.AsyncClient, relay: Relay, wheels: str
) -> None:
    await forum.post_comment(client, "The export crashes")
    await forum.work()
    said = await asyncio.to_thread(
        relay, "model", "use", "multilingual", "--from", wheels, typed="y\n"
    )
    assert f"Takes tinye5==1.0 from {wheels}" in said.err
    assert "Reads 1 old comment again" in said.err
    assert "The multilingual model is in force." in said.out
    assert "relay model use default" in said.err
    row = "select choice, rereading, chosen_by from model_in_force"
    assert await forum.rows(row) == [
        {"choice": "multilingual", "rereading": "themes", "chosen_by": "command"}
    ]
    shown = (await asyncio.to_thread(relay, "model", "show", "--json")).json
    assert (shown["model"], shown["comments"]) == ("multilingual", 1)
    assert (shown["still_to_read_again"], shown["of_them_in_themes"]) == (1, 1)
    listed = (await asyncio.to_thread(relay, "model", "list", "--json")).json
    assert [(one["model"], one["in_force"], one["installed"]) for one in listed] == [
        ("default", False, True),
        ("multilingual", True, True),
    ]
    again = await asyncio.to_thread(relay, "model", "use", "multilingual")
    assert "in force already" in again.out
    await asyncio.to_thread(relay, "model", "use", "default", "--yes")
    assert (await forum.rows(row))[0]["choice"] == "default"


async def test_who_says_no_changes_nothing(forum: Forum, relay: Relay, wheels: str) -> None:
    await asyncio.to_thread(
        relay, "model", "use", "multilingual", "--from", wheels, typed="n\n", fails=True
    )
    assert await forum.rows("select choice from model_in_force") == [{"choice": "default"}]


async def test_what_cannot_be_installed_leaves_the_model_before_in_force(
    forum: Forum, relay: Relay, wheels: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    said = await asyncio.to_thread(
        relay,
        "model",
        "use",
        "multilingual",
        "--yes",
        "--from",
        str(tmp_path / "empty"),
        fails=True,
    )
    assert "(model_download_failed)" in said.err
    assert await forum.rows("select choice from model_in_force") == [{"choice": "default"}]


def test_a_model_that_nobody_knows(relay: Relay) -> None:
    said = relay("model", "use", "huge", fails=True)
    assert "There is no model huge; there are: default, multilingual" in said.err


def test_a_setting_goes_before(database_url: str, tmp_path: Path) -> None:
    fixed = command_line(database_url, tmp_path, RELAY_MODEL="default")
    said = fixed("model", "use", "multilingual", "--yes", fails=True)
    assert "RELAY_MODEL names default" in said.err
    assert "(model_fixed)" in said.err
