"""After a change of encoder: comments are read again, themes stay, and vectors of two encoders
never meet."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
from pydantic import ValidationError

from app.config import Settings
from app.judging.chosen_model import encoder_space, known_languages, load_enricher
from app.learning.reenriching import reenrich, stale_comments
from app.running.doctor import findings, surroundings
from app.storage.db import Database
from app.triage.regroup import split
from classifiers.contract import UNSURE, Enrichment, Kind, ModelError
from classifiers.encoding import torch_encoder
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.stored_weights import SHIPPED_WEIGHTS
from classifiers.training.train_encoder import train_encoder
from classifiers.training.train_tone import ToneTexts
from tests.commands.command_line import command_line
from tests.scenes.forum import Forum
from tests.scenes.middles import check_middles
from tests.scenes.small_model import SmallEnricher


class Wider(SmallEnricher):
    """Another encoder: other vectors, and heads that understand German and call a wish for
    "Kalender" one."""

    version = "wide/1"
    space = "wide"

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        found = super().enrich(texts)
        return [
            replace(
                each,
                kind=Kind.feature if "Kalender" in each.clean else Kind.other,
                vector=np.roll(each.vector, 1),
            )
            for each in found
        ]


async def test_reading_again_keeps_themes_and_judges_what_has_none(
    forum: Forum, client: httpx.AsyncClient, database: Database
) -> None:
    for text in (
        "The export crashes",
        "The export crashes badly",
        "Ein Kalender fehlt",
        "Only talk",
    ):
        await forum.post_comment(client, text, author=text)
    await forum.work()
    before = await forum.rows("select id, title, people, mentions, status from theme")
    places = await forum.rows(
        "select id, kind, theme_id, kind_confidence from comment where theme_id is not null"
    )
    assert len(before) == 1
    assert len(places) == 2
    async with database.transaction() as connection:
        assert await stale_comments(connection, SmallEnricher()) == 0
        assert await stale_comments(connection, Wider()) == 4
    told: list[int] = []
    assert await reenrich(database, Wider(), say=told.append) == 4
    assert told == [2, 4]
    assert await forum.rows("select distinct model from comment_embedding") == [{"model": "wide"}]
    assert await forum.rows("select distinct model from theme_middle") == [{"model": "wide"}]
    await check_middles(forum)
    assert await forum.rows("select id, title, people, mentions, status from theme") == before
    still = "select id, kind, theme_id, kind_confidence from comment where theme_id is not null"
    assert await forum.rows(still) == places
    (calendar,) = await forum.rows("select kind, stage from comment where text like '%%Kalender%%'")
    assert calendar == {"kind": "feature", "stage": "enriched"}  # it goes on to be grouped
    await forum.work()
    assert len(await forum.themes()) == 2
    assert await reenrich(database, Wider()) == 0


async def test_themes_count_what_came_to_them_while_it_was_read(
    forum: Forum, client: httpx.AsyncClient, database_url: str
) -> None:
    for text in ("The export crashes", "The export crashes badly"):
        await forum.post_comment(client, text, author=text)
    await forum.work()
    (theme,) = await forum.themes()
    first, _ = await forum.rows("select id from comment order by id")

    async def take_out() -> None:
        elsewhere = Database(database_url)
        await elsewhere.open()
        async with elsewhere.transaction() as connection:
            await split(connection, theme["id"], [first["id"]], actor="user:ann@example.com")
        await elsewhere.close()

    class Meanwhile(Wider):
        def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
            asyncio.run(take_out())
            return super().enrich(texts)

    assert await reenrich(forum.database, Meanwhile()) == 2
    assert (
        await forum.rows("select model, comments from theme_middle")
        == [{"model": "wide", "comments": 1}] * 2
    )
    await check_middles(forum)


async def test_a_persons_kind_outlives_every_model(
    forum: Forum, client: httpx.AsyncClient, database: Database
) -> None:
    await forum.post_comment(client, "Ein Kalender fehlt")
    await forum.work()
    await forum.rows("update comment set kind = 'question', kind_by = 'person' returning id")
    assert await reenrich(database, Wider()) == 1
    assert await forum.rows("select kind, stage from comment") == [
        {"kind": "question", "stage": "grouped"}
    ]


async def test_the_command_reads_again_with_the_shipped_model(
    forum: Forum, client: httpx.AsyncClient, database_url: str, tmp_path: Path, model_dir: Path
) -> None:
    await forum.post_comment(client, "The export crashes every time I save a file")
    await forum.work()
    relay = command_line(database_url, tmp_path, RELAY_MODEL_DIR=str(model_dir))
    said = await asyncio.to_thread(relay, "model", "reenrich")
    assert "Comments read again: 1." in said.out
    assert await forum.rows("select distinct model from comment_embedding") == [
        {"model": "all-MiniLM-L6-v2"}
    ]
    assert "Comments read again: 0." in (await asyncio.to_thread(relay, "model", "reenrich")).out


def test_the_doctor_names_heads_of_an_earlier_version(tmp_path: Path) -> None:
    card = json.loads((SHIPPED_WEIGHTS / "grouping.json").read_text())
    del card["weights"]["middle"]
    (tmp_path / "grouping.json").write_text(json.dumps(card))
    old = Settings(data_dir=tmp_path, heads_dir=tmp_path)
    found = {each.subject: each for each in surroundings(old)}["model"]
    assert not found.ok
    assert "'middle'" in found.detail
    assert (
        found.remedy == "Train the heads in RELAY_HEADS_DIR again with this version, or unset it."
    )


async def test_the_doctor_counts_vectors_of_another_encoder(
    forum: Forum, client: httpx.AsyncClient, database_url: str, settings: Settings
) -> None:
    await forum.post_comment(client, "The export crashes")
    await forum.work()
    found = {each.subject: each for each in await findings(settings, database_url)}
    assert not found["vectors"].ok
    assert "all-MiniLM-L6-v2: 1." in found["vectors"].detail
    assert found["vectors"].remedy == "Run `relay model reenrich`."
    await forum.rows("update comment_embedding set model = 'all-MiniLM-L6-v2' returning comment_id")
    found = {each.subject: each for each in await findings(settings, database_url)}
    assert found["vectors"].ok


def test_languages_follow_the_encoder_unless_they_are_said(tmp_path: Path) -> None:
    assert known_languages(Settings(data_dir=tmp_path)) == {"en"}
    assert known_languages(Settings(data_dir=tmp_path, encoder="multi")) is None
    assert known_languages(Settings(data_dir=tmp_path, languages=" DE, en")) == {"de", "en"}
    assert known_languages(Settings(data_dir=tmp_path, languages="all")) is None
    assert encoder_space(Settings(data_dir=tmp_path)) == "all-MiniLM-L6-v2"
    with pytest.raises(ValidationError, match="xx cannot be told apart"):
        Settings(data_dir=tmp_path, languages="en,xx")


def test_without_torch_a_named_encoder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_encoder, "available", lambda: False)
    chosen = Settings(data_dir=tmp_path, encoder="some/multilingual-model")
    with pytest.raises(ModelError) as refusal:
        load_enricher(chosen)
    assert refusal.value.reason == "torch_missing"
    (model,) = [each for each in surroundings(chosen) if each.subject == "model"]
    assert not model.ok
    assert "pip install" in model.detail


def tiny_model(folder: Path, dimensions: int) -> Path:
    """A sentence-transformers model of random weights whose vectors are this long."""
    if not torch_encoder.available():
        pytest.skip("sentence-transformers and torch are not installed here")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    transformers = pytest.importorskip("transformers")
    base = folder / "base"
    base.mkdir(parents=True)
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *"abcdefghijklmnopqrstuvwxyz",
        *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz"),
    ]
    (base / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    transformers.BertTokenizerFast(str(base / "vocab.txt")).save_pretrained(base)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=dimensions,
        num_hidden_layers=1,
        num_attention_heads=4,
        intermediate_size=64,
    )
    transformers.BertModel(config).save_pretrained(base)
    transformer = Transformer(str(base), max_seq_length=64)
    SentenceTransformer(modules=[transformer, Pooling(dimensions)]).save(str(folder / "tiny"))
    return folder / "tiny"


def test_a_named_encoder_serves_with_heads_of_its_own(tmp_path: Path) -> None:
    tiny = tiny_model(tmp_path, 384)
    chosen = Settings(data_dir=tmp_path, encoder=str(tiny))
    assert encoder_space(chosen) == "tiny"
    with pytest.raises(ModelError) as refusal:
        load_enricher(chosen)
    assert refusal.value.reason == "encoder_mismatch"
    assert "train_encoder" in refusal.value.detail

    few = np.array([True, True, False, False, False, False]), np.arange(6), np.ones(6, bool)

    def shipped(_data: Path, heads: Path, *_rest: object) -> None:
        for name in ("kind", "kind_reports", "kind_troubles", "sentiment"):
            for end in ("npz", "json"):
                (heads / f"{name}.{end}").write_bytes(
                    (SHIPPED_WEIGHTS / f"{name}.{end}").read_bytes()
                )

    from classifiers.encoding import encoder

    heads = tmp_path / "heads"
    tone = ToneTexts(["You idiot", "Shut up", "It crashes", "Nice", "Why", "Add it"], *few)
    made = [
        ("It crashes. Please add a calendar for the week.", frozenset({Kind.bug, Kind.feature}))
    ]
    named = encoder.load_named(str(tiny))
    train_encoder(
        named, tmp_path, heads, 7, say=lambda _: None, base=shipped, tone=tone, several=made
    )
    enricher: DefaultEnricher = load_enricher(chosen.model_copy(update={"heads_dir": heads}))
    assert enricher.space == "tiny"
    (german,) = enricher.enrich(["Die Anwendung stürzt beim Öffnen der Kamera immer ab"])
    assert german.language == "de"
    assert german.reason in ("", UNSURE)
    assert german.vector.shape == (384,)
    with pytest.raises(ModelError) as refusal:
        load_enricher(Settings(data_dir=tmp_path, encoder=str(tiny_model(tmp_path / "short", 64))))
    assert refusal.value.reason == "vector_length"
