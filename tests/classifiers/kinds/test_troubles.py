"""What asks is heard for trouble: which signs are read, whose probabilities change, and that chats
are read as chats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifiers.contract import UNSURE, Embedder, Kind
from classifiers.encoding.models import MULTILINGUAL
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.kinds.experts import log_softmax
from classifiers.kinds.kind import KINDS, KindModel
from classifiers.kinds.several import read
from classifiers.kinds.trouble_signs import TROUBLE_SIGNS, trouble_signs
from classifiers.kinds.troubles import (
    BUG_COLUMN,
    QUESTION_COLUMN,
    TROUBLES,
    Troubles,
    broken_or_not,
    bug_or_question,
    no_question,
)
from classifiers.stored_weights import version_of, write
from tests.scenes.growth import grows_at_most

CHAT = (
    "Hi all, can anyone help me? I start the session with the new driver and get this error: "
    '"Could not create the context, unknown host". Version 2.3 on Ubuntu.\n'
    "@olga which version of the server do you run?\n"
    "2.3 as well, it worked with 2.2\n"
    "Please open an issue with the full log, this looks like a bug."
)
ASKING = (
    "Hi all, can anyone help me? I am new here and would like to know which of the two drivers is "
    "meant for phones.\n"
    "@olga the second one, see the guide\n"
    "Great, thanks a lot!"
)


def signs_of(text: str) -> set[str]:
    row = trouble_signs([text])[0]
    return {name for name, sign in zip(TROUBLE_SIGNS, row, strict=True) if sign}


@pytest.mark.parametrize(
    "text",
    [
        'it says "cannot connect" every time',
        "I get `ENOENT` when I start it",
        "Traceback (most recent call last):\n  ...",
        "any idea?\n  at org.loom.Weaver.start(Weaver.java:88)",
        "npm ERR! code 1",
        "the job ended: exited with code 137",
        "the API answers with status 502 since noon",
        "ValueError: too many values",
    ],
)
def test_a_quoted_error_is_a_sign(text: str) -> None:
    assert "quoted_error" in signs_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "how do you handle errors in your team?",
        "which exception should I raise for an unknown key?",
        "Good morning everyone, glad to be here.",
        "the process should exit with code 0, right?",
    ],
)
def test_talk_about_errors_is_none(text: str) -> None:
    assert "quoted_error" not in signs_of(text)


def test_who_is_sent_to_the_tracker_and_code_are_signs_too() -> None:
    assert signs_of("could you file an issue for that?") == {"sent_to_tracker"}
    assert signs_of("what does `strict` do?") == {"code"}


def test_signs_take_no_longer_than_their_text() -> None:
    for pattern in ("error ", "at a.b", 'file "', "x" * 60 + "error", "status ", "open an "):
        assert grows_at_most(
            20, lambda text: trouble_signs([text] * 20), pattern * 20, pattern * 20_000
        )


def test_a_bug_gets_the_odds_it_was_heard_with_and_the_others_share_the_rest() -> None:
    opinion = log_softmax(np.log([[0.2, 0.1, 0.6, 0.04, 0.06]]))
    after = np.exp(broken_or_not(opinion, np.array([np.log(0.6 / 0.4)])))
    np.testing.assert_allclose(after, [[0.6, 0.05, 0.3, 0.02, 0.03]])


def test_bug_and_question_share_what_both_had() -> None:
    opinion = log_softmax(np.log([[0.2, 0.1, 0.6, 0.04, 0.06]]))
    after = np.exp(bug_or_question(opinion, np.array([2.0])))
    kept = [KINDS.index(kind) for kind in (Kind.feature, Kind.praise, Kind.other)]
    np.testing.assert_allclose(after[0, kept], [0.1, 0.04, 0.06])
    np.testing.assert_allclose(after[0, BUG_COLUMN] + after[0, QUESTION_COLUMN], 0.8)
    odds = np.log(after[0, BUG_COLUMN] / after[0, QUESTION_COLUMN])
    assert odds == pytest.approx((np.log(0.2 / 0.6) + 2.0) / 2)
    assert KINDS[BUG_COLUMN] is Kind.bug
    assert KINDS[QUESTION_COLUMN] is Kind.question


def test_clear_trouble_is_no_question_but_nobody_is_sure_of_it() -> None:
    asks = log_softmax(np.log([[0.2, 0.1, 0.6, 0.04, 0.06]]))
    after = np.exp(no_question(np.repeat(asks, 2, axis=0), np.array([True, False])))
    np.testing.assert_allclose(after[1], np.exp(asks[0]))
    assert KINDS[int(after[0].argmax())] is Kind.bug
    assert after[0, BUG_COLUMN] == pytest.approx(0.4, abs=0.01)
    np.testing.assert_allclose(after.sum(axis=1), 1)
    praise = log_softmax(np.log([[0.2, 0.1, 0.1, 0.5, 0.1]]))
    np.testing.assert_allclose(no_question(praise, np.array([True])), praise)


def test_trouble_in_a_dialog_opens_a_theme_and_is_doubted(enricher: DefaultEnricher) -> None:
    dialog = (
        "<okapi> exported my clip, the sound is off by like 1s at the end\n"
        "<lumen4> 5.2?\n<okapi> ye\n<lumen4> known afaik. go back to 5.1 for now"
    )
    told = enricher.enrich([dialog])[0]
    assert told.kind is Kind.bug
    assert told.reason == UNSURE
    assert told.scores[Kind.question] > 0.3


def test_parts_and_reports_keep_their_probabilities(embedder: Embedder) -> None:
    texts = [ASKING, "why does it stop since the update?", "how do I print?"]
    _, features = read(embedder, texts, [[(0, 20)], [], []])
    opinion = log_softmax(np.tile([1.0, 0.0, 2.0, 0.0, 0.0], (4, 1)))
    reports = np.array([-np.inf, -np.inf, 99.0, -np.inf])
    heard = Troubles.read()[0].blend(opinion, features, texts, reports)
    changed = (heard != opinion).any(axis=1)
    assert changed.tolist() == [True, True, False, False]
    np.testing.assert_allclose(np.exp(heard).sum(axis=1), 1)


def test_a_polite_opening_does_not_outvote_what_was_quoted(enricher: DefaultEnricher) -> None:
    broken, asking = enricher.enrich([CHAT, ASKING])
    assert broken.kind is Kind.bug
    assert asking.kind is Kind.question


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("why does the import stop halfway since 5.1?", Kind.bug),
        ("Can you tell me why my notes are gone every time I close the lid?", Kind.bug),
        ("Does anyone know why I get logged out each morning? It never did that before.", Kind.bug),
        ("How do I change the order of my lists?", Kind.question),
        ("Can you tell me where my invoices are listed?", Kind.question),
    ],
)
def test_trouble_in_the_words_of_a_question_is_a_bug(
    enricher: DefaultEnricher, text: str, kind: Kind
) -> None:
    assert enricher.enrich([text])[0].kind is kind


def test_what_is_stored_is_read_again_and_named(tmp_path: Path) -> None:
    troubles, card = Troubles.read()
    write(TROUBLES, troubles, card, tmp_path)
    again = Troubles.read(tmp_path)[0]
    assert version_of(again) == version_of(troubles) == card["version"]
    assert f"+troubles-{card['version']}" in KindModel().name


def test_the_card_says_how_communities_that_were_left_out_are_told() -> None:
    card = KindModel().card
    told = card["bugs_in_unseen_communities"]
    assert told["all"]["f1"] >= 0.72
    assert min(scores["f1"] for scores in told.values()) >= 0.68
    chats = {
        domain: sure for domain, sure in card["coverage_by_sort"]["chat"].items() if domain in told
    }
    assert len(chats) == 3
    sure = sum(scores["coverage"] * told[name]["rows"] for name, scores in chats.items())
    right = sum(
        scores["coverage"] * scores["precision"] * told[name]["rows"]
        for name, scores in chats.items()
    )
    assert right / sure >= 0.88


def test_the_model_for_other_languages_hears_trouble_too() -> None:
    folder = MULTILINGUAL.heads
    model = KindModel(folder)
    assert f"+troubles-{Troubles.read(folder)[1]['version']}" in model.name
    assert model.card["bugs_in_unseen_communities"]["all"]["f1"] >= 0.7
    assert model.unsure_below_in("help_desk") < model.unsure_below_in("chat")
