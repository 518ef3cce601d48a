"""Signs that somebody is in trouble, whatever the words around them: an error that is quoted, code
beside a question, an answer that sends the asker to the tracker. Signs for a head, never
verdicts."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from classifiers.kinds.features import FEATURE_CHARACTERS
from classifiers.kinds.heads import STYLE_SCALE, Floats

_TROUBLE_PATTERNS = {
    # What failed, and right behind it the words it failed with; stack traces; and what compilers,
    # installers and servers print.
    "quoted_error": (
        r"\b(?:errors?|exceptions?|fail\w*|throws?|threw|gets?|got|getting|gives?|says?|saying"
        r"|message|crash\w*|panic)\b[^\n]{0,40}?(?:\[<-|[\"`“«]|: ?\S)"
        r"|\btraceback \(most recent|\bcaused by:|^ *at [\w$.<>]{1,200} ?\("
        r"|\bfile \"[^\"\n]{1,200}\", line \d|\b\w{0,80}(?:error|exception) ?: ?\S|\bnpm err!"
        r"|\bexit(?:ed with)? (?:code|status) [1-9]|\bsegmentation fault|\b(?:panic|fatal): "
        r"|\bstatus(?: code)? [45]\d\d\b"
    ),
    "sent_to_tracker": (
        r"\b(?:(?:file|open|raise|create|submit|report|log) (?:an? |this |it |the )?(?:new )?"
        r"(?:as )?(?:an? )?!?(?:issue|bug|ticket)|known (?:issue|bug)"
        r"|(?:is|was|be|sounds like|looks like) a bug|fixed (?:in|on)|will (?:be )?fix"
        r"|reproduc\w+|regression|stack ?trace|same (?:issue|problem|error)|workaround)\b"
    ),
    # Also the mark that data sets put in the place of code.
    "code": r"`|\[<-code",
}
TROUBLE_SIGNS = {
    name: re.compile(pattern, re.MULTILINE) for name, pattern in _TROUBLE_PATTERNS.items()
}
"""The patterns run on lower-cased text."""


def trouble_signs(texts: Sequence[str]) -> Floats:
    """``float64[n, TROUBLE_SIGNS]`` of cleaned texts, on the scale of the signs of style."""
    read = [text[:FEATURE_CHARACTERS].casefold() for text in texts]
    rows = [[sign.search(text) is not None for sign in TROUBLE_SIGNS.values()] for text in read]
    return np.array(rows, np.float64).reshape(len(texts), len(TROUBLE_SIGNS)) * STYLE_SCALE
