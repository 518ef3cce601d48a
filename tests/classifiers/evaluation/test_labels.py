"""Labels of files from anywhere: read in any case, folded as asked, refused with what would
help."""

from __future__ import annotations

import shlex

import pytest

from classifiers.contract import Kind
from classifiers.evaluation.datasets import DataError
from classifiers.evaluation.labels import read_folds, read_kinds, read_labels


def refusal(given: list[str], only: str | None = None, **mapping: str) -> str:
    with pytest.raises(DataError) as caught:
        read_labels(given, "file.csv", only=only, mapping=mapping)
    assert caught.value.reason == "unknown_kind"
    return caught.value.detail


def test_case_spaces_and_underscores_do_not_count() -> None:
    labels = read_labels(["Bug", " FEATURE", "Feature"], "file.csv")
    assert labels.names == ("bug", "feature")
    assert labels.offered == (Kind.bug, Kind.feature)
    folded = read_labels(
        ["Feature_Request", "bug"], "file.csv", mapping={"feature-request": "FEATURE"}
    )
    assert folded.fold("feature request") == "feature"


def test_foreign_labels_are_refused_with_the_options_that_help() -> None:
    said = refusal(["Bug", "feature request", "feature request", "rest"])
    assert "feature request (2), rest (1)" in said
    assert (
        "--map 'feature request=feature' --map rest=other --map question=other --map praise=other"
        in said
    )
    assert "--only bug" in said
    assert "--map gibberish=KIND" in refusal(["bug", "gibberish"])


def test_what_a_refusal_proposes_is_accepted() -> None:
    mapping = {
        "feature request": "feature",
        "rest": "other",
        "question": "other",
        "praise": "other",
    }
    labels = read_labels(["Bug", "feature request", "rest"], "file.csv", mapping=mapping)
    assert labels.names == ("bug", "feature", "other")
    assert labels.offered == tuple(Kind)
    assert {labels.fold(kind) for kind in Kind} == set(labels.names)


def test_one_kind_against_words_the_model_does_not_know() -> None:
    labels = read_labels(["feature", "notfeature", "whatever"], "file.csv", only="Feature")
    assert labels.names == ("feature", "rest")
    assert [labels.fold(one) for one in ("feature", "notfeature", "bug", "other")] == [
        "feature",
        "rest",
        "rest",
        "rest",
    ]
    assert labels.offered == tuple(Kind)


def test_one_kind_after_folding() -> None:
    labels = read_labels(
        ["enhancement", "defect"], "file.csv", only="feature", mapping={"enhancement": "feature"}
    )
    assert labels.fold("enhancement") == "feature"
    assert "Say what they are: --map enhancement=feature" in refusal(
        ["enhancement", "defect"], only="feature"
    )


def test_kinds_can_be_folded_into_a_word_of_the_files() -> None:
    mapping = dict.fromkeys(["question", "praise", "other"], "rest")
    labels = read_labels(["bug", "rest"], "file.csv", mapping=mapping)
    assert labels.names == ("bug", "rest")
    assert Kind.feature not in labels.offered
    assert Kind.praise in labels.offered


def test_options_that_can_mean_nothing_are_refused() -> None:
    assert "has no such label" in refusal(["bug"], rant="bug")
    assert "the model tells bug, feature" in refusal(["bug"], only="rant")
    assert "No row of file.csv is labelled praise; it has bug (1)." in refusal(
        ["bug"], only="praise"
    )


def test_a_file_of_many_labels_is_summed_up() -> None:
    assert "and 8 more" in refusal([f"label {number}" for number in range(20)])


def test_folds_are_read_one_by_one() -> None:
    assert read_folds(["Feature Request=feature", " rant = other"]) == {
        "Feature Request": "feature",
        "rant": "other",
    }
    for given in ("defect", "defect=", "=bug", "a=bug,b=feature"):
        with pytest.raises(DataError, match="--map anew for each label") as caught:
            read_folds([given])
        assert caught.value.reason == "option_invalid"
        assert given in caught.value.detail


def test_a_fold_into_no_kind_names_the_kinds() -> None:
    told = (
        "bananas is no kind, nor a label of file.csv; the kinds are bug, feature, question, "
        "praise, other."
    )
    assert told in refusal(["defect"], defect="bananas")
    assert "bananas is no kind" in refusal(["bug"], x="bananas"), (
        "the kinds help more than the labels"
    )
    with pytest.raises(DataError, match="bananas is no kind; the kinds are bug"):
        read_kinds(["defect"], {"defect": "bananas"})


def test_labels_with_signs_in_them_are_told_apart_and_quoted_for_a_shell() -> None:
    said = refusal(["it's odd, really", "it's odd, really", "$(x)", "so long " * 20])
    assert (
        '"it\'s odd, really" (2), "$(x)" (1), "so long so long so long so long so long ..." (1)'
        in said
    )
    assert shlex.split(said)[shlex.split(said).index("--map") + 1] == "it's odd, really=KIND"
    assert "'$(x)=KIND'" in said


def test_kinds_of_rows_are_read_like_labels_and_the_others_counted() -> None:
    kinds, strange = read_kinds(
        ["Bug", None, "bug report", "Rant", "rant", ""], {"Bug_Report": "bug"}
    )
    assert kinds == [Kind.bug, None, Kind.bug, None, None, None]
    assert strange == {"rant": 2}
