"""Talk that is recognisably about something else: each sort by its own stated reason.

Two signs have to meet (what is offered, and a call to come and get it), or the whole text is
covered; any word of trouble, wish or question speaks for the writer. What is left over is judged by
the model.
"""

from __future__ import annotations

from collections.abc import Collection

from classifiers.kinds.off_topic_patterns import (
    AUTOMATIC_MESSAGE,
    BAIT,
    CALL_TO_ACT,
    CHAIN_LETTER,
    CLOSED_BY_ITSELF,
    JOB_AD,
    JOB_TERMS,
    MAIL_WORDS,
    MODERATION,
    OFFER_WORDS,
    PRICE_NAMED,
    PROMOTION,
    SALE,
    SENT_FROM_DEVICE,
    SIGNED_OFF,
    TROUBLE_OR_WISH,
    USED_PRODUCT,
    WANT_TO_TRADE,
)

MAX_OFF_TOPIC_CHARACTERS = 600
"""Characters of a text that is looked at: who writes more than this has something to say."""


def off_topic(text: str, text_words: Collection[str]) -> str:
    """One snake_case reason why a cleaned text is not about the product, or an empty string.

    ``text_words`` are its lower-cased words. The reasons:

    ``job_ad``, ``sale``, ``promotion``, ``chain_letter``, ``spam`` (giveaways and quick money),
    ``automatic`` (what a platform or a bot writes), ``moderation`` and ``signature``.
    """
    if len(text) > MAX_OFF_TOPIC_CHARACTERS:
        return ""
    if AUTOMATIC_MESSAGE.fullmatch(text) or CLOSED_BY_ITSELF.search(text):
        return "automatic"
    if SIGNED_OFF.fullmatch(text) or (
        SENT_FROM_DEVICE.fullmatch(text) and (len(text) > 60 or MAIL_WORDS.search(text))
    ):
        return "signature"
    if MODERATION.fullmatch(text) and not speaks(text):
        return "moderation"
    if OFFER_WORDS.isdisjoint(text_words) or speaks(text):
        return ""
    if CHAIN_LETTER.search(text):
        return "chain_letter"
    if BAIT.search(text):
        return "spam"
    if USED_PRODUCT.search(text):
        return ""
    called = CALL_TO_ACT.search(text) or PRICE_NAMED.search(text)
    if JOB_AD.search(text) and (called or JOB_TERMS.search(text)):
        return "job_ad"
    if WANT_TO_TRADE.search(text) or (SALE.search(text) and called):
        return "sale"
    if PROMOTION.search(text):
        return "promotion"
    return ""


def speaks(text: str) -> bool:
    """Whether any word of trouble, wish or question speaks for the writer."""
    return TROUBLE_OR_WISH.search(text) is not None
