"""The link of grouping comes from the same folder as the heads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.config import Settings
from app.judging.chosen_model import load_grouper
from classifiers.contract import ModelError
from classifiers.grouping.thresholds import Thresholds
from classifiers.stored_weights import SHIPPED_WEIGHTS


def test_the_grouper_belongs_to_the_heads(tmp_path: Path) -> None:
    card = json.loads((SHIPPED_WEIGHTS / "grouping.json").read_text()) | {"version": "other"}
    (tmp_path / "grouping.json").write_text(json.dumps(card))
    assert (
        load_grouper(Settings(data_dir=tmp_path, heads_dir=tmp_path)).thresholds.version == "other"
    )
    assert load_grouper(Settings(data_dir=tmp_path)).thresholds == Thresholds.read()


def test_heads_without_a_link_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as refusal:
        load_grouper(Settings(data_dir=tmp_path, heads_dir=tmp_path))
    assert refusal.value.reason == "thresholds_unreadable"
    assert "grouping.json" in refusal.value.detail
