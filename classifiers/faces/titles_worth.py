"""How well a sentence stands as a title: what counts for it and against it.

All weights were chosen by reading the titles of groups of our own comments.
"""

from __future__ import annotations

import re

from classifiers.faces.titles_cutting import CutAt
from classifiers.faces.titles_noise import ANAPHORA

SHORT_TITLE_CHARACTERS = 14
NAMED_WORTH = 0.55
"""A title worth less names nothing, whoever gave it."""

UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Letters of scripts that set no blanks between words."""
_TROUBLE = re.compile(
    r"\b(?:crash\w*|fail\w*|broken|break\w*|error\w*|freez\w*|hang\w*|lose\w*|lost|missing"
    r"|nothing|vanish\w*|disappear\w*|wrong|crop\w*|truncat\w*|doubl\w*|clones?|cloned|drain\w*"
    r"|jumps?"
    r"|leaps?|loops?|looping|blurr\w*|garbled|ignor\w*|corrupt\w*|leak\w*|times? out|timeout\w*"
    r"|deadlock\w*|refus\w*|reject\w*|exception\w*|incorrect\w*|mismatch\w*|unable|regression"
    r"|frozen|overlap\w*"
    r"|dies|quits|bug|faulty|invalid|unexpected\w*|too (?:small|big|late|early|long|slow|tiny)"
    r"|off by|[45]\d\d"
    r"|stuck|slow\w*|blank|empty|unreadable|invisible|can(?:no|')?t|won'?t|doesn'?t|don'?t|isn'?t"
    r"|aren'?t|not|never|no longer|stop\w*|kill\w*|twice|duplicat\w*|forever|lag\w*|cut off|no)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"^(?:add|allow|support|let|make|give|show|enable|provide|offer|bring|put|export|import|need"
    r"|set|save|mute|choose)\b|\b(?:support|option|setting|mode|button|should|need)\b",
    re.IGNORECASE,
)
_CASUAL = re.compile(
    r"\b(?:lol|lmao|ur|u|bc|szn|pls|plz|smh|tbh|jk|omg|wtf|ffs|cool cool|gonna|wanna|dude|bro"
    r"|guys|folks|like (?:an?|\d+))\b|\bw/|!!|\?\?|\w[👀😂🤣💀🙃😭]",
    re.IGNORECASE,
)
_STORY = re.compile(
    r"^(?:i|i'm|im|we|my|our|got|had|made|took|tried|opened|bought|paid|ran|lost|upgraded"
    r"|switched|went|spent|feels?|looks?|do not|don't|check|guess|imagine|why|who)\b",
    re.IGNORECASE,
)
_ABOUT_WORDS = re.compile(
    r"^(?:i )?(?:(?:asked|came|posted|wrote|said|voted|searched|reproduced|bisected|confirm\w*"
    r"|seconded|agreed|tried|tested|told|seeing|getting|here|use case|my (?:vote|use case)"
    r"|support told|count me|update from|(?:profile|screenshot|log)s? attached)\b)"
    r"|\b(?:for|about) (?:it|that|this|those)$|^can confirm\b|\bas above$"
    r"|\b(?:helps? anybody|any ideas?|would be enough|would be plenty|would already be enough)\b",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"\b(?:is|are|will) there (?:be )?(?:an?|any|some)\b"
    r"|\b(?:can|could|would) (?:you|we|it|there)\b|\b(?:please|pls|plz)\b|\bwish"
    r"|\b(?:i'?d|we'?d|would) (?:really )?(?:like|love|be)\b",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"^(?:why|how|what|who|where|when|is|are|does|do|did|anyone|any|has|can|could)\b.*\?",
    re.IGNORECASE,
)

TURNED_CUT_WORTH = -0.3
"""What counts against a cut that may turn the meaning."""
LABEL_CUT_WORTH = -0.2
"""What counts against a cut that leaves what stands before a colon or a bracket."""
_WORTH_OF_CUT = {
    CutAt.nowhere: 0.0,
    CutAt.clause: -0.12,
    CutAt.joint: -0.15,
    CutAt.words: -0.3,
}


def worth_of_cut(place: CutAt, cut_off: str, *, turned: bool) -> float:
    """By where a sentence was cut, and what is lost by it: 0 where nothing is."""
    worth = _WORTH_OF_CUT[place]
    if turned:
        worth += TURNED_CUT_WORTH
    if place is CutAt.clause and cut_off.lstrip().startswith((":", "(")):
        worth += LABEL_CUT_WORTH
    return worth


def names_matter(title: str, worth: float, kind: str) -> bool:
    """Whether a title that an author gave says what it is about: a bug's names the trouble, a
    request's what is asked for, even by a noun alone (*Nested folders*)."""
    if worth < NAMED_WORTH or _STORY.match(title) or _CASUAL.search(title):
        return False
    return kind == "feature" or bool(_TROUBLE.search(title))


def worth_of_words(count: int) -> float:
    """By the number of telling words: one says little, and more than ten are hard to read."""
    if count > 10:
        return 0.85
    return {1: 0.3, 2: 0.6, 3: 0.8}.get(count, 0.95)


def worth_of_title(short: str, kind: str) -> float:
    """What counts for and against the words of a title.

    =====  ===========================================  ======================================
    +0.17  names a trouble, or asks for something       *The ruler vanishes*, *Add a dark mode*
    -0.3   points to what was said before               *It looks odd as well*
    -0.2   is short                                     *Ruler gone*
    -0.12  tells a story                                *I opened the print preview*
    -0.3   speaks of other words, not of the matter     *I asked for that elsewhere*
    =====  ===========================================  ======================================
    """
    cue = _REQUEST if kind == "feature" else _TROUBLE
    worth = 0.0
    if cue.search(short):
        worth += 0.17
    if ANAPHORA.match(short):
        worth -= 0.3
    if len(short) < SHORT_TITLE_CHARACTERS and not UNSPACED.search(short):
        worth -= 0.2
    if _ABOUT_WORDS.search(short):
        worth -= 0.3
    elif _STORY.match(short):
        worth -= 0.12
    return worth


def worth_of_sentence(sentence: str, kind: str = "", *, whole: bool = True) -> float:
    """What counts for and against the sentence that a title is made of. A request is often put as
    a question, which counts for it.

    =====  ===========================  =============================
    -0.12  asks                         *Why does the ruler vanish?*
    -0.12  chats                        *The ruler vanished!! lol*
    -0.25  breaks off                   *The ruler vanishes...*
    -0.07  begins with a small letter   *the ruler vanishes*
    +0.12  wishes, in a request         *Could we pin the ruler?*
    =====  ===========================  =============================
    """
    worth = 0.0
    if kind == "feature":
        worth += 0.12 * bool(_WISH.search(sentence))
    elif _ASKING.match(sentence.strip()):
        worth -= 0.12
    if _CASUAL.search(sentence):
        worth -= 0.12
    if sentence.rstrip().endswith(("..", "…")):
        worth -= 0.25
    if whole and sentence.split()[0].islower():
        worth -= 0.07
    return worth
