"""What a thread says of where a comment belongs: what opened it, what it answers, whom it agrees
with, and whether it changes the subject.

In a thread likeness tells little: *same here, since Monday* shares no word with what it agrees
with, and who drifts to another matter speaks of the same product. So these signs are weighed by a
link of their own, fitted on threads that drift (``classifiers.training.train_threads``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from classifiers.contract import THEME_KINDS, Member
from classifiers.grouping.link import Floats, length
from classifiers.grouping.sorts import Sort

_THREAD_SIGN_NAMES = """
link opener parent latest mates author agrees agrees_parent agrees_opener agrees_latest
still mine advises asks drifts words told report elsewhere chat
"""
THREAD_SIGNS = tuple(_THREAD_SIGN_NAMES.split())
"""What ``thread_signs`` gives, in this order; its table says what each one is."""
SAID_IN_THREAD = ("parent", "opener", "latest", "author", "agrees", "still")
"""Signs that are told to people as reasons."""
LINK_LOGIT_MOST = 6.0
"""A logit beyond it says no more."""
REPORT_LEAST, REPORT_MOST = 0.05, 0.95
THREAD_LATEST = 8
"""Comments of a thread that are looked at, the latest ones, beside what opened it and what is
answered."""
AGREEING_WORDS = 30
"""Up to so many words, an agreement may be all that a comment is."""
SUBJECT_CHANGE_CHARACTERS = 160
"""Where a comment says whom it agrees with, or that it changes the subject."""
_LEADING_WORDS = "oh haha lol yes yep yeah ok and also ugh well hi hello update mine"
_AGREES_AT_START = (
    r"\+\s?1\b|👍|💯|me too|me neither|us too|same\b|the same|exactly|here (?:too|as well|neither)",
    r"ditto|seconded|second (?:this|that)|i second|agreed?\b|absolutely|likewise|can confirm",
    r"i can confirm|confirmed|(?:also )?happen(?:s|ed) (?:to me|here|with)|(?:too|as well)\b",
    r"not (?:only|just) you|so do i|this(?: one)?[.!,]|yes\b|yep\b|yup\b|bump\b|please[.!]*$",
    r"signed\b|need(?:ed)? this",
)
_AGREES_ANYWHERE = (
    r"same (?:here|problem|issue|thing|story|wish|boat|with|on)|me too|\+1|the (?:very )?same",
    r"(?:here|too|as well)[.!,]|(?:here|too|as well)$|not (?:only|just) you|reproduc\w+",
    r"(?:would|'d) (?:love|need|like|use|want|buy) (?:this|that|it)|(?:need|want) (?:this|that)",
    r"(?:had|have|get|see|noticed|got) (?:this|that|it|the same)\b",
)
_SAYS_THE_SAME = re.compile(
    rf"^\W*(?:(?:{'|'.join(_LEADING_WORDS.split())}),?\s){{0,2}}\W*(?:{'|'.join(_AGREES_AT_START)})"
    rf"|\b(?:{'|'.join(_AGREES_ANYWHERE)})",
    re.IGNORECASE,
)
_STILL = re.compile(
    r"\b(?:still|again|update|any (?:news|update|plans|progress)|not fixed|no change)\b",
    re.IGNORECASE,
)
_MINE = re.compile(r"\b(?:i|i'm|i've|i'd|me|my|mine|we|we'd|us|our|here)\b", re.IGNORECASE)
_ADVICE = re.compile(
    r"\b(?:you|your|try|tried|just|should|thanks|thank|fixed on|there is an?|isn't|ask|use|buy)\b",
    re.IGNORECASE,
)
_DRIFTS = (
    r"by the way|btw|while (?:we|you)(?: a|')re|while you|different (?:thing|issue|problem)",
    r"another (?:thing|one|problem)|on another|unrelated|related or not|off topic|even more",
    r"(?:and|also),? (?:could|can|please|the|a)|also (?:could|can|please)|one (?:small|more|thing)",
    r"i don't|with me it|instead of that|what i (?:miss|need)|apart from that",
)
_DRIFT = re.compile(rf"\b(?:{'|'.join(_DRIFTS)})\b", re.IGNORECASE)


def agreement(text: str) -> bool:
    """Whether a short text says the same as somebody else: *same here*, *+1*, *can confirm on
    4.8*."""
    return length(text) <= AGREEING_WORDS and bool(
        _SAYS_THE_SAME.search(text[:SUBJECT_CHANGE_CHARACTERS])
    )


def in_thread(comment: Member, members: Sequence[Member]) -> list[Member]:
    """Those of ``members`` that are in the comment's thread."""
    return [one for one in members if comment.thread and one.thread == comment.thread]


def thread_signs(
    comment: Member, members: Sequence[Member], candidates: Sequence[Member], logit: float
) -> Floats:
    """``float64[len(THREAD_SIGNS)]`` of a comment and a theme of whose ``members`` one at least is
    in its thread; ``candidates`` are those of all themes, ``logit`` is the link's.

    The example: *Same here since 4.8. Also, could they be sorted?*, told a bug (.8), second in its
    thread, after *Notes are doubled*, which opened it and a theme.

    ==============  =====  =====================================================================
    link            -2.1   the link's own logit, -6 to 6
    opener          1.0    the theme holds what opened the thread
    parent          0.0    it holds what the comment answers, other than what opened the thread
    latest          1.0    it holds what was last said in the thread, of what is in themes
    mates           1.0    how much of the thread, of what is in themes, it holds
    author          0.0    the author has said something of it in this thread
    agrees          1.0    the comment is an agreement
    agrees_parent   0.0    ... and ``parent``; the others only where no other is answered
    agrees_opener   1.0    ... and ``opener``
    agrees_latest   1.0    ... and ``latest``
    still           0.0    it says that nothing has changed: *still*, *any news*
    mine            1.0    it speaks of who writes
    advises         0.0    it speaks to somebody, thanks or gives advice
    asks            1.0    it ends with a question mark
    drifts          1.0    it says that it changes the subject: *also*, *by the way*
    words           2.40   logarithm of one more than its words
    told            1.0    it was told a bug or a request
    report          1.4    logit of the probability that it is one, .05 to .95
    elsewhere       0.0    how much nearer a theme is that has no part in the thread: cosine
    chat            0.0    it was said in a chat
    ==============  =====  =====================================================================
    """
    thread = in_thread(comment, candidates)
    own = in_thread(comment, members)
    threaded_themes = {one.theme_id for one in thread}
    # Who answers the opening may just have written in the thread: many platforms say no more.
    to_opening = any(one.opens and one.name == comment.answers for one in thread)
    stated = bool(comment.answers) and not to_opening
    answered = stated and any(one.name == comment.answers for one in own)
    opener = any(one.opens for one in own)
    latest = max(thread, key=lambda one: one.place).theme_id == own[0].theme_id
    agrees = agreement(comment.text)
    nearest = max(float(one.vector @ comment.vector) for one in members)
    outside = [
        float(one.vector @ comment.vector)
        for one in candidates
        if one.theme_id not in threaded_themes
    ]
    opening = comment.text[:SUBJECT_CHANGE_CHARACTERS]
    held_report = min(max(comment.report, REPORT_LEAST), REPORT_MOST)
    signs = {
        "link": max(-LINK_LOGIT_MOST, min(LINK_LOGIT_MOST, logit)),
        "opener": opener,
        "parent": answered,
        "latest": latest,
        "mates": len(own) / len(thread),
        "author": bool(comment.author) and any(one.author == comment.author for one in own),
        "agrees": agrees,
        "agrees_parent": agrees and answered,
        "agrees_opener": agrees and opener and not stated,
        "agrees_latest": agrees and latest and not stated,
        "still": bool(_STILL.search(opening)),
        "mine": bool(_MINE.search(opening)),
        "advises": bool(_ADVICE.search(opening)),
        "asks": comment.text.rstrip().endswith("?"),
        "drifts": bool(_DRIFT.search(opening)),
        "words": math.log1p(length(comment.text)),
        "told": comment.kind in THEME_KINDS,
        "report": math.log(held_report / (1 - held_report)),
        "elsewhere": max(0.0, max(outside, default=0.0) - nearest),
        "chat": comment.sort == Sort.chat,
    }
    return np.array([float(signs[name]) for name in THREAD_SIGNS], np.float64)


def reasons(signs: Floats) -> tuple[str, ...]:
    """What of these signs people are told: names of ``SAID_IN_THREAD``."""
    return tuple(name for name in SAID_IN_THREAD if signs[THREAD_SIGNS.index(name)])
