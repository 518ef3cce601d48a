"""Texts cut from one template around different objects: *the printer crashes with an error 41* and
*the scanner crashes with an error 20*.

Who says the same as somebody else hardly ever says it in the same run of words. Two texts that do,
and each have something of their own beside it, are about that: of 37 such pairs of neighbours in
eleven inboxes 34 were different. Copies have nothing of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from classifiers.texts.phrases import content_words, stem
from classifiers.texts.text import words

TEMPLATE_CHARACTERS, TEMPLATE_WORDS = 960, 80
"""What is compared of a text."""
LEAST_RUN_WORDS = 3
"""Words in a row, small ones too, that a template has at least ..."""
COUNTED_RUN_WORDS = 2
"""... and those of runs that count for how much of a text it is."""
LEAST_TEMPLATE_SHARE = 0.4
"""Of the shorter text."""


def template_apart(one: str, other: str) -> tuple[str, str] | None:
    """A word of each by which two texts of one template differ; None where they are of none.

    *Medication labels come out blank on the Dymo* and *Medication labels come out with the last
    line cut off on the Dymo* differ in *blank* and *last*.
    """
    one_words, other_words = _read(one), _read(other)
    if len(set(one_words) & set(other_words)) < LEAST_RUN_WORDS:
        return None
    own, others = _own_word(one_words, other_words), _own_word(other_words, one_words)
    if own is None or others is None:
        return None
    matcher = SequenceMatcher(None, one_words, other_words, autojunk=False)
    runs = [block.size for block in matcher.get_matching_blocks()]
    in_runs = sum(size for size in runs if size >= COUNTED_RUN_WORDS)
    shorter = min(len(one_words), len(other_words))
    if max(runs) < LEAST_RUN_WORDS or in_runs < LEAST_TEMPLATE_SHARE * shorter:
        return None
    return own, others


def _own_word(text_words: Sequence[str], other_words: Sequence[str]) -> str | None:
    """The first word that carries a matter and is not in the other text, in any form."""
    shared = {stem(word) for word in other_words}
    own = (word for word in text_words if content_words(word) and stem(word) not in shared)
    return next(own, None)


def _read(text: str) -> list[str]:
    """Without headings, which a form puts into every report."""
    lines = text[:TEMPLATE_CHARACTERS].split("\n")
    return words("\n".join(line for line in lines if not line.startswith("#")))[:TEMPLATE_WORDS]
