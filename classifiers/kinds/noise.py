"""Comments that say nothing about the product, recognised without a model, each for a stated
reason."""

# ruff: noqa: E501 - a pattern on one line is easier to read than one folded in the middle.
from __future__ import annotations

import re

from classifiers.kinds.off_topic import off_topic, speaks
from classifiers.texts.text import LINK, has_words, words

_GREETING_WORDS = """
afternoon all am anybody anyone bye channel cheers community day evening everybody everyone folks forum friday friends
from gm gn good goodbye greetings group guys happy hello here hey hi hiya i i'm im is joined just meet monday morning
new nice night online people server team the there this to weekend welcome world yo you
"""
_GREETING = frozenset(_GREETING_WORDS.split())
_GREETS = re.compile(
    r"^\W*(?:hi|hello|hey|hiya|yo|gm|gn|(?:good )?(?:morning|evening|afternoon)|good (?:night|day)|happy \w+day|greetings|welcome|bye)\b",
    re.I,
)
_THANKS_WORDS = """
a all appreciated bunch cheers everybody everyone folks for go great guys help k kindly lot lots man many much nice
now ok okay perfect really so team thank thanks that thats the this thx tnx to ty tysm very you your
"""
_THANKS = frozenset(_THANKS_WORDS.split())
_THANKED = re.compile(r"\b(?:thanks?|thx|tnx|ty|tysm|cheers)\b", re.I)
_AGREE = (
    r"(?:\+\s?\d{1,3}|(?:the )?same(?: (?:problem|issue|bug|thing|question))?(?: (?:here|for me|as (?:above|op|you)))*|me too|"
    r"me neither|us too|(?:so|same) (?:do|am|are) (?:i|we)|this(?: please)?|i (?:totally |fully |completely )?agree|agreed|"
    r"(?:exactly|totally|absolutely)(?: (?:this|that))?|yes|yep|yeah|yup|second(?:ed| this)|i second (?:this|that)|ditto|"
    r"upvoted?|up ?voting|(?:this is )?so true|true|well said|what (?:he|she|they) said|on point|facts)"
)
_AGREES = re.compile(
    rf"\W*{_AGREE}(?:\W+(?:{_AGREE}|(?:please|pls|too|here|also|indeed|sir|mate|man|guys|\+\s?\d{{1,3}})\b))*\W*",
    re.I,
)
_CHATTER = re.compile(
    r"\W*(?:first+|1st|second|third|last|l+o+l+|lmf?ao|rofl|(?:ha|he|xd)+h?|ok(?:ay)?|k|gg+|ez|bump(?:ing)?(?: (?:for|this)(?: visibility| thread)?)?|up|(?:first|second) (?:comment|post)|"
    r"(?:(?:just )?(?:a )?test(?:ing)?(?: (?:post|message|comment|this|test(?:ing)?|\d{1,3}|mic))*(?:\W+(?:please |pls |just )?(?:ignore|disregard|delete)(?: (?:this|me|it))?|\W+sorry)?)|"
    r"(?:(?:saving|marking|bookmarking|commenting|(?:leaving |dropping )?a comment|comment|posting|dot|replying)(?: (?:this|here|it|to|so (?:that )?i|can|find|get|back|for|post|thread))* (?:later|again|reference|notifications|updates))|dot|"
    r"asdf\w*|qwert\w*|no|nope|nah|idk|brb|afk|hmm+|uh+|oh|ah|eh|follow(?:ing)?(?: (?:this|along))?(?: (?:thread|topic|post))?|subscrib(?:ed|ing)|interested|omw|np|"
    r"you'?re welcome|no problem|never ?mind|nvm|happy (?:birthday|new year|holidays|easter)|merry (?:christmas|xmas))"
    r"(?:\W+(?:ok(?:ay)?|lol|haha|all|everyone|everybody|guys|folks|one two|here|then|up|bump|\d{1,3}))*\W*",
    re.I,
)
_SOMEBODY = r"(?: (?:you|u|all|everyone|everybody|folks|guys|man|bro|dude|mate|team|again|so much|a lot|(?:kind|dear|generous|anonymous) (?:stranger|redditor|soul|sir)))*"
_ASIDE = re.compile(
    rf"\W*(?:congrat(?:s|z|ulations)(?: to)?{_SOMEBODY} (?:on|for) (?:the|your) (?:new )?(?:series [a-f]|(?:seed |funding )round|funding|fundraise|ipo|acquisition|wedding|engagement|baby|birthday|anniversary|promotion|job|nomination|award)(?: round)?"
    rf"|(?:(?:great|nice|good|awesome|amazing|cool|lovely|brilliant) (?:video|vid|stream|episode|clip|edit)s?\W+)?(?:you|u|this (?:channel|video|guy)|he|she|they) (?:deserves?|needs?) (?:(?:so|way|a lot|many|much) )*more (?:subs|subscribers|views|followers)"
    rf"|(?:thanks?|thank you|thx|tysm|ty)(?: so much)? for the (?:awards?|upvotes?|(?:reddit )?(?:gold|silver)(?=,? (?:kind|dear|generous|anonymous) )),?"
    rf"|(?:i(?:'ve| have)? )?(?:marked|marking)(?: this| it)? (?:as )?(?:solved|resolved|answered)(?:\W+(?:thanks?|thank you|thx|ty|cheers))?){_SOMEBODY}\W*",
    re.I,
)
"""Talk between people of a channel that is plainly not about a product: each form as a whole."""
_POINTS_WORDS = """
a amazing at and awesome best check click cool come for free from go have here it join look lol look more my new now
on out please see site some something the this to visit watch wow
"""
_POINTS = frozenset(_POINTS_WORDS.split()) | {LINK}
_CALL = r"(?:^\W*|[.,!;:–-]\s*|\b(?:just|pls|please|kindly|guys)\s+)"
"""Where a call to somebody begins: who tells what happens has a subject before the verb."""
_CODE = r"\W?(?-i:[A-Z0-9]{4,16})\b"
_OFFER = (
    r"(?:earn\s+(?:up to\s+|over\s+)?[$€£]?\s?\d[\d,.]*\s?[$€£k]?|(?:make|win|made|won)\s+(?:up to\s+|over\s+)?(?:[$€£]\s?\d[\d,.]*\s?k?|\d[\d,.]*\s?(?:[$€£]|k\b|dollars?|usd|euros?|bucks)))\s*(?:(?:dollars?|usd|euros?)\s*)?(?:per|a|every|each|daily|from home|last week|in a week)\s?"
    r"|work from home (?:and|to) earn|double your (?:money|bitcoin|crypto|investment)|guaranteed (?:profit|returns?|income)"
    r"|free (?:followers|v-?bucks|robux|nitro)|(?:get|claim|grab|win) (?:your |a |some )?free (?:likes|skins|gift ?cards?|iphones?|bitcoins?)|free (?:likes|skins|gift ?cards?|iphones?|bitcoins?) (?:for (?:everyone|all|you)|here|now|link|generator)"
    r"|(?:buy (?:cheap |real |instagram |tiktok |youtube ){0,3}|get (?:cheap |real |free |instagram |tiktok |youtube ){1,4})(?:followers|likes|views|subscribers|backlinks|viagra|cialis)"
    rf"|{_CALL}(?:contact|message|text|dm|reach|write)(?: (?:me|him|her|us))? (?:on|via|at|through) (?:whats ?app|telegram|signal)"
    rf"|{_CALL}(?:use|enter|join|(?:join|sign up) (?:with|using)) my (?:(?:promo|referral|invite|invitation|discount) )?(?:code|link)\b"
    rf"|my (?:promo|referral|invite|invitation|discount) (?:code(?: is|:) {_CODE}|link(?: is|:) {LINK}\b)"
    rf"|(?:\d{{1,2}} ?% off|discount|both get|bonus|cashback|save \d+).{{0,60}}\b(?:code|coupon) {_CODE}"
    rf"|\b(?:code|coupon) {_CODE}.{{0,60}}(?:\d{{1,2}} ?% off|discount|both get|bonus|cashback|to save \d+)"
    rf"|^\W*(?:promo|coupon|discount|invite|referral)(?: code)?\W+{_CODE}\W*$"
    r"|recover(?:ed)? my (?:lost |stolen )?(?:crypto|bitcoins?|btc)|forex (?:trading )?(?:signals?|expert|mentor)"
    rf"|{_CALL}(?:check(?: out)?|visit|subscribe to|follow) my (?:new )?(?:blog|channel|profile|page|website|site|youtube|onlyfans|insta\w*)(?=\W*$|\s*[.,!;:]|\s+(?:{LINK}|for|and|at|on|if)\b)"
    r"|sub ?4 ?sub|\bf4f\b|follow (?:for|4) follow|hot (?:singles|girls) |casino bonus|(?:best )?online casino|essay writing service"
    r"|(?:seo|web design|link building|marketing) (?:services?|experts?) (?:at|for|with)|\bguest posts?\b.{0,40}backlinks?"
    rf"|investment opportunity\b(?=.*\b(?:contact|dm|message|whatsapp|telegram|{LINK})\b)"
)
_SPAM = re.compile(_OFFER, re.IGNORECASE)
# Who writes about the product may well name what spam offers: any word of trouble, wish or question
# speaks for them.
_ABOUT = re.compile(
    r"\?|\b(?:crash\w*|bugs?|errors?|fail\w*|broken?|breaks?|wrong|stuck|missing|fix\w*|issues?|problems?|reject\w*|invalid|empty|blank"
    r"|expired?|not|never|cannot|can'?t|won'?t|(?:do|does|did|is|are|was|were|has|have|had|could|would|should)n'?t|unable|why|how|when|where|please add|could you|would|wish|filter\w*|ban|banned"
    r"|block\w*|report\w*|spam\w*|scam\w*|moderat\w*|pretend\w*|screen|button|field|checkout|app|page says|update\w*|version|slow"
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
    head = text[:1_000]
    found = words(head)
    if LINK in found and len(text) <= 1_000 and (set(found) == {LINK} or _points(found, head)):
        return "link_only"
    if len(found) <= 8 and "?" not in head:
        if _GREETS.match(head) and _GREETING.issuperset(found):
            return "greeting"
        if _THANKED.search(head) and _THANKS.issuperset(found):
            return "thanks"
        if _AGREES.fullmatch(head):
            return "agreement"
        if _CHATTER.fullmatch(head):
            return "chatter"
    if len(found) <= 14 and "?" not in head and _ASIDE.fullmatch(head):
        return "chatter"
    if not _ABOUT.search(head) and _SPAM.search(head) and not speaks(head):
        return "spam"
    return off_topic(text, found)


def _points(found: list[str], head: str) -> bool:
    """Whether there is nothing but "look here" beside the link."""
    return len(found) <= 8 and "?" not in head and _POINTS.issuperset(found)
