"""The enrich step: obvious comments, noise, other languages, hostile input, and what it may
import."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifiers.contract import UNSURE, Kind, ModelError
from classifiers.kinds.enrich import DefaultEnricher


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The app crashes every time I press the save button", Kind.bug),
        ("Since the update I cannot log in any more, it says invalid token", Kind.bug),
        ("Please add the possibility to sort my lists by date", Kind.feature),
        ("It would be great to have a calendar view", Kind.feature),
        ("How can I change the language of the menu?", Kind.question),
        ("I love this app, thank you so much!", Kind.praise),
    ],
)
def test_obvious_comments(enricher: DefaultEnricher, text: str, kind: Kind) -> None:
    result = enricher.enrich([text])[0]
    assert (result.kind, result.reason, result.language) == (kind, "", "en")
    assert result.confidence == max(result.scores.values())
    assert sum(result.scores.values()) == pytest.approx(1, abs=0.001)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty_text"),
        ("😂😂", "no_words"),
        ("Hi all", "greeting"),
        ("https://a.example/x", "link_only"),
        ("Free followers, dm me on telegram", "spam"),
    ],
)
def test_noise_is_other_with_a_reason(enricher: DefaultEnricher, text: str, reason: str) -> None:
    result = enricher.enrich([text])[0]
    assert (result.kind, result.reason, result.confidence) == (Kind.other, reason, 1.0)


def test_an_unknown_language_is_marked_not_guessed(enricher: DefaultEnricher) -> None:
    result = enricher.enrich(["la aplicación se cierra sola cuando abro la cámara"])[0]
    assert (result.kind, result.confidence) == (Kind.other, 0.0)
    assert (result.reason, result.language) == ("unsupported_language", "es")


def test_code_alone_is_judged_and_not_called_a_language(enricher: DefaultEnricher) -> None:
    result = enricher.enrich(["`KeyError: 'x'`"])[0]
    assert result.reason in ("", UNSURE)
    assert result.language == "und"
    assert result.confidence > 0


def test_doubt_is_a_result(enricher: DefaultEnricher) -> None:
    texts = [
        "it just spins forever",
        "dark mode pls",
        "The app crashes every time I press the save button",
    ]
    results = enricher.enrich(texts)
    assert [result.reason for result in results] == [UNSURE, UNSURE, ""]
    for result in results:
        assert (result.reason == UNSURE) == (result.confidence < enricher.unsure_below)
        assert result.kind is max(result.scores, key=lambda kind: result.scores[kind])


def test_sentiment_has_the_right_sign(enricher: DefaultEnricher) -> None:
    happy, angry = enricher.enrich(
        ["I love it, works perfectly", "Terrible, it crashes and I lost everything"]
    )
    assert happy.sentiment > 0.3
    assert angry.sentiment < -0.3


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.text(st.characters(), max_size=80), max_size=4))
def test_any_text_is_enriched_within_bounds(enricher: DefaultEnricher, texts: list[str]) -> None:
    results = enricher.enrich(texts)
    assert len(results) == len(texts)
    for result in results:
        assert 0 <= result.confidence <= 1
        assert -1 <= result.sentiment <= 1
        assert math.isclose(float(result.vector @ result.vector), 1, abs_tol=1e-4)


@pytest.mark.parametrize(
    "text",
    ["a" * 1_000_000, "\ud800\udfff", "a\x00b", "مرحبا كيف حالك", "<script>alert(1)</script>"],
)
def test_hostile_texts(enricher: DefaultEnricher, text: str) -> None:
    assert len(enricher.enrich([text])) == 1


def test_the_version_names_encoder_and_heads(enricher: DefaultEnricher) -> None:
    assert enricher.version.startswith("all-MiniLM-L6-v2/openvino-")
    assert "+kind-" in enricher.version


def test_heads_refuse_another_encoder(enricher: DefaultEnricher) -> None:
    class Other:
        name = "another-model/sentence-transformers-f32"
        dimensions = 384

    with pytest.raises(ModelError) as refusal:
        DefaultEnricher(Other())  # type: ignore[arg-type]
    assert refusal.value.reason == "encoder_mismatch"
    Other.dimensions = 768
    with pytest.raises(ModelError) as refusal:
        DefaultEnricher(Other())  # type: ignore[arg-type]
    assert refusal.value.reason == "vector_length"


def test_importing_pulls_in_no_training_library() -> None:
    code = (
        "import sys, classifiers.kinds.enrich, classifiers.grouping.grouper, "
        "classifiers.encoding.encoder; "
        "heavy = ('torch', 'sklearn', 'scipy', 'openvino', 'sentence_transformers'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
