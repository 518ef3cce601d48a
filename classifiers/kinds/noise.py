"""Comments that say nothing about the product, recognised without a model, each for a stated
reason."""

from __future__ import annotations

import re

from classifiers.kinds.off_topic import off_topic, speaks
from classifiers.texts.text import LINK_WORD, has_words, words

OPENING_CHARACTERS = 1_000
"""What is looked at of a text, and the longest that is called nothing but a link."""
SMALL_TALK_WORDS = 8
ASIDE_WORDS = 14
"""Longer texts say something of their own."""
_GREETING_WORDS = """
afternoon all am anybody anyone bye channel cheers community day evening everybody everyone folks
forum friday friends from gm gn good goodbye greetings group guys happy hello here hey hi hiya i i'm
im is joined just meet monday morning new nice night online people server team the there this to
weekend welcome world yo you
"""
_WORDS_OF_GREETINGS = frozenset(_GREETING_WORDS.split())
_STARTS_WITH_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|hiya|yo|gm|gn|(?:good )?(?:morning|evening|afternoon)"
    r"|good (?:night|day)|happy \w+day|greetings|welcome|bye)\b",
    re.I,
)
_THANKS_WORDS = """
a all appreciated bunch cheers everybody everyone folks for go great guys help k kindly lot lots man
many much nice now ok okay perfect really so team thank thanks that thats the this thx tnx to ty
tysm very you your
"""
_WORDS_OF_THANKS = frozenset(_THANKS_WORDS.split())
_HAS_THANKS = re.compile(r"\b(?:thanks?|thx|tnx|ty|tysm|cheers)\b", re.I)
_AGREEMENT_FORM = (
    r"(?:\+\s?\d{1,3}|(?:the )?same(?: (?:problem|issue|bug|thing|question))?"
    r"(?: (?:here|for me|as (?:above|op|you)))*|me too|"
    r"me neither|us too|(?:so|same) (?:do|am|are) (?:i|we)|this(?: please)?"
    r"|i (?:totally |fully |completely )?agree|agreed|"
    r"(?:exactly|totally|absolutely)(?: (?:this|that))?|yes|yep|yeah|yup|second(?:ed| this)"
    r"|i second (?:this|that)|ditto|"
    r"upvoted?|up ?voting|(?:this is )?so true|true|well said|what (?:he|she|they) said|on point"
    r"|facts)"
)
_AGREEMENT = re.compile(
    rf"\W*{_AGREEMENT_FORM}(?:\W+(?:{_AGREEMENT_FORM}"
    rf"|(?:please|pls|too|here|also|indeed|sir|mate|man|guys"
    rf"|\+\s?\d{{1,3}})\b))*\W*",
    re.I,
)
_CHATTER = re.compile(
    r"\W*(?:first+|1st|second|third|last|l+o+l+|lmf?ao|rofl|(?:ha|he|xd)+h?|ok(?:ay)?|k|gg+|ez"
    r"|bump(?:ing)?(?: (?:for|this)(?: visibility| thread)?)?|up|(?:first|second) (?:comment|post)|"
    r"(?:(?:just )?(?:a )?test(?:ing)?(?: (?:post|message|comment|this|test(?:ing)?|\d{1,3}"
    r"|mic))*(?:\W+(?:please |pls |just )?(?:ignore|disregard|delete)(?: (?:this|me|it))?"
    r"|\W+sorry)?)|"
    r"(?:(?:saving|marking|bookmarking|commenting|(?:leaving |dropping )?a comment|comment"
    r"|posting|dot|replying)(?: (?:this|here|it|to|so (?:that )?i|can|find|get|back|for|post"
    r"|thread))* (?:later|again|reference|notifications|updates))|dot|"
    r"asdf\w*|qwert\w*|no|nope|nah|idk|brb|afk|hmm+|uh+|oh|ah|eh"
    r"|follow(?:ing)?(?: (?:this|along))?(?: (?:thread|topic|post))?|subscrib(?:ed|ing)"
    r"|interested|omw|np|"
    r"you'?re welcome|no problem|never ?mind|nvm|happy (?:birthday|new year|holidays|easter)"
    r"|merry (?:christmas|xmas))"
    r"(?:\W+(?:ok(?:ay)?|lol|haha|all|everyone|everybody|guys|folks|one two|here|then|up|bump"
    r"|\d{1,3}))*\W*",
    re.I,
)
_ADDRESSED = (
    r"(?: (?:you|u|all|everyone|everybody|folks|guys|man|bro|dude|mate|team|again|so much|a lot"
    r"|(?:kind|dear|generous|anonymous) (?:stranger|redditor|soul|sir)))*"
)
_ASIDE = re.compile(
    rf"\W*(?:congrat(?:s|z|ulations)(?: to)?{_ADDRESSED} (?:on|for) (?:the|your) (?:new )?"
    rf"(?:series [a-f]|(?:seed |funding )round|funding|fundraise|ipo|acquisition|wedding"
    rf"|engagement|baby|birthday|anniversary|promotion|job|nomination|award)(?: round)?"
    rf"|(?:(?:great|nice|good|awesome|amazing|cool|lovely|brilliant) "
    rf"(?:video|vid|stream|episode|clip|edit)s?\W+)?"
    rf"(?:you|u|this (?:channel|video|guy)|he|she|they) (?:deserves?|needs?) "
    rf"(?:(?:so|way|a lot|many|much) )*more (?:subs|subscribers|views|followers)"
    rf"|(?:thanks?|thank you|thx|tysm|ty)(?: so much)? for the "
    rf"(?:awards?|upvotes?|(?:reddit )?(?:gold|silver)(?=,? (?:kind|dear|generous|anonymous) )),?"
    rf"|(?:i(?:'ve| have)? )?(?:marked|marking)(?: this| it)? (?:as )?"
    rf"(?:solved|resolved|answered)(?:\W+(?:thanks?|thank you|thx|ty|cheers))?){_ADDRESSED}\W*",
    re.I,
)
"""Talk between people of a channel that is plainly not about a product: each form as a whole."""
_POINTS_WORDS = """
a amazing at and awesome best check click cool come for free from go have here it join look lol look
more my new now on out please see site some something the this to visit watch wow
"""
_WORDS_AROUND_LINK = frozenset(_POINTS_WORDS.split()) | {LINK_WORD}
_CALL_BEGINS = r"(?:^\W*|[.,!;:–-]\s*|\b(?:just|pls|please|kindly|guys)\s+)"
"""Where a call to somebody begins: who tells what happens has a subject before the verb."""
_PROMO_CODE = r"\W?(?-i:[A-Z0-9]{4,16})\b"
_SPAM_OFFER = (
    r"(?:earn\s+(?:up to\s+|over\s+)?[$€£]?\s?\d[\d,.]*\s?[$€£k]?"
    r"|(?:make|win|made|won)\s+(?:up to\s+|over\s+)?"
    r"(?:[$€£]\s?\d[\d,.]*\s?k?|\d[\d,.]*\s?(?:[$€£]|k\b|dollars?|usd|euros?|bucks)))\s*"
    r"(?:(?:dollars?|usd|euros?)\s*)?(?:per|a|every|each|daily|from home|last week|in a week)\s?"
    r"|work from home (?:and|to) earn|double your (?:money|bitcoin|crypto|investment)"
    r"|guaranteed (?:profit|returns?|income)"
    r"|free (?:followers|v-?bucks|robux|nitro)|(?:get|claim|grab|win) (?:your |a |some )?free "
    r"(?:likes|skins|gift ?cards?|iphones?|bitcoins?)"
    r"|free (?:likes|skins|gift ?cards?|iphones?|bitcoins?) "
    r"(?:for (?:everyone|all|you)|here|now|link|generator)"
    r"|(?:buy (?:cheap |real |instagram |tiktok |youtube ){0,3}"
    r"|get (?:cheap |real |free |instagram |tiktok |youtube ){1,4})"
    r"(?:followers|likes|views|subscribers|backlinks|viagra|cialis)"
    rf"|{_CALL_BEGINS}(?:contact|message|text|dm|reach|write)(?: (?:me|him|her|us))? "
    rf"(?:on|via|at|through) (?:whats ?app|telegram|signal)"
    rf"|{_CALL_BEGINS}(?:use|enter|join|(?:join|sign up) (?:with|using)) my "
    rf"(?:(?:promo|referral|invite|invitation|discount) )?(?:code|link)\b"
    rf"|my (?:promo|referral|invite|invitation|discount) "
    rf"(?:code(?: is|:) {_PROMO_CODE}|link(?: is|:) {LINK_WORD}\b)"
    rf"|(?:\d{{1,2}} ?% off|discount|both get|bonus|cashback|save \d+).{{0,60}}\b"
    rf"(?:code|coupon) {_PROMO_CODE}"
    rf"|\b(?:code|coupon) {_PROMO_CODE}.{{0,60}}"
    rf"(?:\d{{1,2}} ?% off|discount|both get|bonus|cashback"
    rf"|to save \d+)|^\W*(?:promo|coupon|discount|invite|referral)(?: code)?\W+{_PROMO_CODE}\W*$"
    r"|recover(?:ed)? my (?:lost |stolen )?(?:crypto|bitcoins?|btc)"
    r"|forex (?:trading )?(?:signals?|expert|mentor)"
    rf"|{_CALL_BEGINS}(?:check(?: out)?|visit|subscribe to|follow) my (?:new )?"
    rf"(?:blog|channel|profile|page|website|site|youtube|onlyfans|insta\w*)"
    rf"(?=\W*$|\s*[.,!;:]|\s+(?:{LINK_WORD}|for|and|at|on|if)\b)"
    r"|sub ?4 ?sub|\bf4f\b|follow (?:for|4) follow|hot (?:singles|girls) |casino bonus"
    r"|(?:best )?online casino|essay writing service"
    r"|(?:seo|web design|link building|marketing) (?:services?|experts?) (?:at|for|with)"
    r"|\bguest posts?\b.{0,40}backlinks?"
    rf"|investment opportunity\b(?=.*\b(?:contact|dm|message|whatsapp|telegram|{LINK_WORD})\b)"
)
_SPAM = re.compile(_SPAM_OFFER, re.IGNORECASE)
# Who writes about the product may well name what spam offers: any word of trouble, wish or question
# speaks for them.
_ABOUT_PRODUCT = re.compile(
    r"\?|\b(?:crash\w*|bugs?|errors?|fail\w*|broken?|breaks?|wrong|stuck|missing|fix\w*|issues?"
    r"|problems?|reject\w*|invalid|empty|blank|expired?|not|never|cannot|can'?t|won'?t|"
    r"(?:do|does|did|is|are|was|were|has|have|had|could|would|should)n'?t|unable|why|how|when"
    r"|where|please add|could you|would|wish|filter\w*|ban|banned"
    r"|block\w*|report\w*|spam\w*|scam\w*|moderat\w*|pretend\w*|screen|button|field|checkout|app"
    r"|page says|update\w*|version|slow"
    r"|load\w*|login|log in|account (?:is|was|got)|refund\w*|charged?|support)\b",
    re.IGNORECASE,
)


def noise(text: str) -> str:
    """One snake_case reason why a cleaned text is noise, or an empty string.

    ``empty_text`` (nothing left), ``no_words`` (emoji or signs only), ``link_only``, ``greeting``,
    ``thanks``, ``agreement`` ("+1", "same here"), ``chatter`` ("first!", "bump", "marked as
    solved"), ``spam``, and what `off_topic` names. A text that says anything else as well is none
    of these: whoever reports a bug is heard, and who asks for news of one ("any update?") is
    somebody with a question.
    """
    if not text.strip():
        return "empty_text"
    if not has_words(text):
        return "no_words"
    opening = text[:OPENING_CHARACTERS]
    text_words = words(opening)
    if len(text) <= OPENING_CHARACTERS and _only_links(text_words, opening):
        return "link_only"
    if "?" not in opening and (reason := _small_talk(text_words, opening)):
        return reason
    if not _ABOUT_PRODUCT.search(opening) and _SPAM.search(opening) and not speaks(opening):
        return "spam"
    return off_topic(text, text_words)


def _small_talk(text_words: list[str], opening: str) -> str:
    """The reason for a few words that greet, thank, agree or chat."""
    if len(text_words) <= SMALL_TALK_WORDS:
        if _STARTS_WITH_GREETING.match(opening) and _WORDS_OF_GREETINGS.issuperset(text_words):
            return "greeting"
        if _HAS_THANKS.search(opening) and _WORDS_OF_THANKS.issuperset(text_words):
            return "thanks"
        if _AGREEMENT.fullmatch(opening):
            return "agreement"
        if _CHATTER.fullmatch(opening):
            return "chatter"
    if len(text_words) <= ASIDE_WORDS and _ASIDE.fullmatch(opening):
        return "chatter"
    return ""


def _only_links(text_words: list[str], opening: str) -> bool:
    """Whether there is a link, and nothing but "look here" beside it."""
    if LINK_WORD not in text_words:
        return False
    if set(text_words) == {LINK_WORD}:
        return True
    if len(text_words) > SMALL_TALK_WORDS or "?" in opening:
        return False
    return _WORDS_AROUND_LINK.issuperset(text_words)
