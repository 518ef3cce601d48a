"""Phrases by which people of any channel show what they want: written by hand, signs for the heads,
never verdicts.

The patterns run on lower-cased text with straight apostrophes.
"""

from __future__ import annotations

import re

# "can't" is no *cannot*: hearing it made the heads worse on four of five unseen sets
# (docs/quality.md).
_NOT = r"(?:n't|not|never|no longer|cannot)"

_PATTERNS = {
    # Something is broken.
    "crash": (
        r"\b(?:crash\w*|force ?clos\w*|freez\w*|frozen|hangs?\b|hung\b|stuck|segfault\w*"
        r"|core dump|black screen|blank screen|white screen)"
    ),
    "error": (
        r"\b(?:error|exception|traceback|stack ?trace|panic|failed|fails?|failure|failing|fatal"
        r"|undefined is not|null ?pointer)"
    ),
    "bug_word": r"\b(?:bugs?|buggy|glitch\w*|regression|broken|defect|corrupt\w*)\b",
    "not_working": (
        r"\b(?:do(?:es|es not|esn't)?|did|is|are|was|wo|won't|stopped|quit|can|can't|ca|isn't"
        r"|don't|didn't|doesn't|not|never)\b.{0,20}\b"
        r"(?:work(?:ing|s)?|load(?:ing|s)?|open(?:ing|s)?|start(?:ing|s)?|respond(?:ing|s)?"
        r"|connect(?:ing|s)?|sync(?:ing|s)?|play(?:ing|s)?)\b"
    ),
    "stopped": (
        r"\b(?:stopped|stops|quits?|no longer|anymore|any more|used to work"
        r"|worked (?:fine|before)|since (?:the|last|this|i) (?:\w+ )?(?:update|upgrade|version)"
        r"|after (?:the |last |latest |new |recent )*(?:update|upgrad\w*))"
    ),
    "cannot": (
        rf"\b(?:can|could|will|wo|do|does|did|is|would)\s?{_NOT}|\bunable to|\bwon't let"
        rf"|\bimpossible to"
    ),
    "expected": (
        r"\b(?:expected (?:behaviou?r|result)|actual (?:behaviou?r|result)|steps to reproduce"
        r"|repro(?:duc\w*)?\b|what happened|current behaviou?r)"
    ),
    "fix": r"\b(?:fix(?:ed|es)?|please fix|needs? fixing|resolve this|patch)\b",
    "wrong": (
        r"\b(?:wrong\w*|incorrect\w*|unexpected\w*|invalid|missing|lost|disappear\w*|deleted|gone"
        r"|weird|strange)\b"
    ),
    "slow": (
        r"\b(?:slow|slower|lag|lags|laggy|drain\w*|memory leak|takes (?:forever|ages|too long)"
        r"|timeouts?|timed out)\b"
    ),
    "keeps": (
        r"\b(?:keeps?|kept|always|every ?time|constantly|randomly|sometimes)\b.{0,20}\b\w+ing\b"
    ),
    "annoyed": (
        r"\b(?:useless|garbage|trash|terrible|horrible|awful|worst|crap|annoying|frustrat\w*"
        r"|uninstall\w*|refund|disappoint\w*|waste)\b"
    ),
    # Something is wanted.
    "would_be": (
        r"\b(?:would|'d|will|might|could) (?:also |really |just )?be "
        r"(?:so |really |very |even |much |super )?"
        r"(?:nice|great|good|cool|awesome|useful|helpful|better|perfect|amazing|handy|lovely|neat"
        r"|wonderful|convenient|ideal|excellent|fantastic)"
    ),
    "wish": (
        r"\b(?:i wish|wish (?:it|there|you|the|i|we|they)|hope (?:you|they|for|to see|it|there)"
        r"|hoping (?:for|you|to)|if only|wishlist|looking forward to)\b"
    ),
    "would_like": (
        r"\b(?:would|'d|i) (?:really |also |just )?(?:like|love|want|prefer|appreciate) "
        r"(?:to (?:see|have|be able)|it if|if|an?\b|the (?:ability|option)|more|for)"
    ),
    "please_add": (
        r"\b(?:please|pls|plz|can you|could you|can we|could we|should|just|to|kindly"
        r"|needs? to)\s+(?:please |pls |also |maybe |just )*"
        r"(?:add|make|include|allow|support|implement|provide|bring|introduce|enable|create|give"
        r"|consider|put|let us|offer|integrate|extend|expose)\b"
    ),
    "add_start": (
        r"(?:^|[.!?\n]\s*|\]:?\s*)(?:add|allow|support|implement|provide|enable|introduce|make"
        r"|expose|extend|integrate|improve)\b"
    ),
    "option": (
        r"\b(?:option|ability|able|way|feature|setting|toggle|button|possibility|support) "
        r"(?:to|for|that|which|of)\b"
    ),
    "feature_word": (
        r"\b(?:feature request|feature|enhancement|proposal|suggestion|suggest\w*|improvement"
        r"|idea|rfc|request\w*)\b"
    ),
    "asks_for": (
        r"\b(?:when (?:will|are|is|can) (?:you|we|there|it|this|the)"
        r"|will (?:you|there|we|it) (?:ever |also |be |get )*"
        r"(?:add|support|a\b|an\b|be able|have|available|get)"
        r"|any (?:plans?|chance|eta|news|updates?) (?:to|of|for|on|about)"
        r"|(?:plans?|planned|planning) (?:to|for|on)|on (?:the|your) roadmap"
        r"|still waiting (?:for|on)|bring (?:it |them |this )?back"
        r"|i (?:really )?miss (?:the|being|having|an?)"
        r"|(?:sad|shame|pity|wild|crazy|surprised) (?:that )?there(?:'s| is| are|s) "
        r"(?:no|still no)|would kill for|why (?:can't|cant|can i not|isn't there|is there no"
        r"|don't you)|no way to|still no\b)"
    ),
    "needs": (
        r"\b(?:needs?|needed|lacks?|lacking|missing|should (?:be|have|also|allow|support)"
        r"|must have|could use|there should|why (?:is there no|isn't there|no)"
        r"|if (?:it|you|there|we) (?:had|could|would|were|was|can|add\w*))\b"
    ),
    "only_thing": (
        r"\b(?:only thing|one thing|just one|only (?:problem|issue|complaint|downside)"
        r"|(?:4|four|3|three|5|five) stars? (?:if|when|until|because)|would (?:give|rate))"
    ),
    "alternative": (
        r"\b(?:motivation|use ?case|alternatives? (?:you've )?considered|describe the solution"
        r"|additional context|instead of|similar to|like in)\b"
    ),
    "more": (
        r"\b(?:more (?:options?|features?|levels?|colors?|themes?|languages?|control|content"
        r"|choices|customi\w+)|customi[sz]\w+|dark mode|night mode|landscape|widget|export|import"
        r"|backup|offline|tablet)\b"
    ),
    # Something is asked.
    "how_to": (
        r"\b(?:how (?:do|can|to|should|would|does|did|could)"
        r"|what(?:'s| is| are) the (?:best|right|proper|correct|difference|recommended)"
        r"|where (?:do|can|is|are|does)|how come)\b"
    ),
    "is_there": (
        r"\b(?:is there (?:an?y?|some)|are there any|is it possible"
        r"|does (?:anyone|anybody|it|this|the)|has anyone|can (?:i|someone|anyone|we)"
        r"|anyone (?:know|else|have)|do (?:i|you|we) (?:have|need|know)|am i|should i"
        r"|any (?:idea|ideas|help|advice|tips|thoughts|suggestions|plans?))\b"
    ),
    "why_what": (
        r"(?:^|[.!?\n]\s*)(?:why|what|which|who|when|where|is|are|does|do|did|can|could|would"
        r"|will|has|have|any)\b[^.!\n]{3,200}\?"
    ),
    "help": (
        r"\b(?:help|confus\w*|don't understand|not sure|wondering|wonder|question|clarif\w*"
        r"|explain\w*|struggling|trying to (?:understand|figure)|figure out|documentation|docs"
        r"|tutorial|example)\b"
    ),
    # Something is liked.
    "love": (
        r"\b(?:love|loved|loving|loves|awesome|amazing|excellent|perfect\w*|fantastic|brilliant"
        r"|wonderful|superb|great|best|favou?rite|addict\w*|fun)\b"
    ),
    "thanks": (
        r"\b(?:thanks|thank you|thx|kudos|congrat\w*|well done|good job|great (?:job|work)"
        r"|nice (?:job|work)|keep (?:it )?up|appreciate)\b"
    ),
    "recommend": (
        r"\b(?:recommend\w*|must have|must download|5 stars?|five stars?"
        r"|works (?:great|well|perfectly|fine|flawlessly|like a charm)|easy to use"
        r"|so (?:good|helpful|useful|easy))\b"
    ),
    # Something else: work in progress, opinions, bookkeeping.
    "review_talk": (
        r"\b(?:lgtm|merged?|pull request|pr\b|duplicate of|closing|closed|commit\w*|rebase\w*"
        r"|i (?:think|believe|guess|agree|tried|tested|updated)|fyi|see (?:also|#))\b"
    ),
    "offer": (
        r"\b(?:i (?:can|could|will|would|'ll) (?:try|work|submit|send|take|look|open|make"
        r"|provide)|happy to|working on (?:it|this|a)|here (?:is|are)"
        r"|this (?:is|was) (?:a|the|because))\b"
    ),
    "spam": (
        r"\b(?:click here|free (?:gift|money|followers|coins)|whatsapp|telegram|dm me|subscribe"
        r"|follow me|promo ?code|earn (?:money|\$)|crypto|bitcoin|invest\w*|giveaway|check out my"
        r"|use my code|referral)\b"
    ),
}

CUES = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
