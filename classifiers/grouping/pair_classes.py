"""What two texts are like, and whether they are copies: what is asked of a likelihood depends on
it."""

from __future__ import annotations

from functools import lru_cache

from classifiers.grouping.distinct import TEXTS_REMEMBERED, names_parts
from classifiers.grouping.link import impersonal, in_paragraphs, length, overlap
from classifiers.texts.text import fingerprint

SHORT_TEXT_WORDS = 20
LONG_TEXT_WORDS = 60
COPY_OVERLAP = 0.95


@lru_cache(maxsize=TEXTS_REMEMBERED)
def length_class(text: str) -> str:
    """``short`` up to 20 words, ``long`` above 60, else ``medium``."""
    count = length(text)
    if count <= SHORT_TEXT_WORDS:
        return "short"
    if count > LONG_TEXT_WORDS:
        return "long"
    return "medium"


def pair_class(one: str, other: str) -> str:
    """What the two texts are like.

    =============  ============================================================================
    ``report``     both name a version, code or module: *2.1.3 fails* and *since 2.1.3 it fails*
    ``technical``  one names one; or both have a title or paragraphs; or one has, and both sound
                   like tasks in a tracker: neither speaks of me or you
    ``short``      else the length class of the shorter one,
    ``medium``     see ``length_class``
    ``long``
    =============  ============================================================================

    Those who name parts exactly file neighbouring tasks in nearly the same words, and clone whole
    reports on purpose.
    """
    names = names_parts(one) + names_parts(other)
    if names == 2:
        return "report"
    if names == 1:
        return "technical"
    paragraphs = in_paragraphs(one) + in_paragraphs(other)
    if paragraphs == 2 or (paragraphs and impersonal(one) and impersonal(other)):
        return "technical"
    sizes = {length_class(one), length_class(other)}
    return next(size for size in ("short", "medium", "long") if size in sizes)


def same_words(one: str, other: str) -> bool:
    """Whether two texts are copies, however they are cased, spaced or punctuated."""
    if 0 < overlap(one, other) < COPY_OVERLAP:  # spares most pairs the fingerprints
        return False
    return _fingerprint(one) == _fingerprint(other) != ""


@lru_cache(maxsize=TEXTS_REMEMBERED)
def _fingerprint(text: str) -> str:
    return fingerprint(text)
