"""The encoder and the heads that the settings name: those in which the model in force is put
(``app.judging.model_in_force``), where they do not name one themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.config import Settings
from classifiers.contract import Embedder
from classifiers.encoding import encoder
from classifiers.encoding.models import DEFAULT_MODEL, EncoderModel, model_called
from classifiers.encoding.torch_encoder import encoder_name
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.grouping.thresholds import Thresholds
from classifiers.kinds.enrich import DefaultEnricher

ALL_LANGUAGES = "all"


def built_in_model(settings: Settings) -> EncoderModel:
    """The model that serves where RELAY_ENCODER names no other."""
    return model_called(settings.model or DEFAULT_MODEL)


def heads_folder(settings: Settings) -> Path | None:
    """The folder of the heads that belong to the encoder; None for the default's."""
    if settings.heads_dir is not None or settings.encoder:
        return settings.heads_dir
    return built_in_model(settings).heads


def load_embedder(settings: Settings) -> Embedder:
    """The built-in encoder from its prepared graph, or the one that ``RELAY_ENCODER`` names.

    Raises:
        ModelError: ``model_not_prepared``, ``model_missing``, ``model_not_installed``,
            ``model_digest_mismatch`` or ``torch_missing``.
    """
    threads = settings.model_threads or None
    if settings.encoder:
        return encoder.load_named(settings.encoder, threads=threads)
    return encoder.load(settings.model_path, threads=threads, model=built_in_model(settings))


def encoder_space(settings: Settings) -> str:
    """What ``load_enricher`` would call its space, without loading anything."""
    return encoder_name(settings.encoder) if settings.encoder else built_in_model(settings).name


def load_enricher(settings: Settings, *, heads: Path | None = None) -> DefaultEnricher:
    """The whole enrich step; ``heads`` instead of those that the settings name.

    Raises:
        ModelError: as ``load_embedder``; ``vector_length``, ``encoder_mismatch`` or
            ``heads_unreadable``.
    """
    return DefaultEnricher(
        load_embedder(settings),
        folder=heads or heads_folder(settings),
        languages=known_languages(settings),
    )


def load_grouper(settings: Settings) -> DefaultGrouper:
    """The grouper with the link that belongs to the heads. Raises ModelError:
    ``thresholds_unreadable``."""
    return DefaultGrouper(Thresholds.read(heads_folder(settings)))


def known_languages(settings: Settings) -> frozenset[str] | None:
    """The languages that are judged; None for all. A built-in encoder knows its own, others what
    they are said to."""
    if not settings.languages:
        return None if settings.encoder else built_in_model(settings).languages
    chosen = frozenset(settings.languages.split(","))
    return None if ALL_LANGUAGES in chosen else chosen


def prepare_encoder(settings: Settings, say: Callable[[str], None]) -> None:
    """Build the graph of the built-in encoder unless it is there or another encoder is named.
    Raises ModelError."""
    model = built_in_model(settings)
    if not settings.encoder and not encoder.is_prepared(settings.model_path, model):
        encoder.prepare(settings.model_path, progress=say, model=model)
