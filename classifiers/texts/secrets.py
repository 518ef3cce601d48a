"""Secrets in what people paste: keys and tokens by the form that their vendor gives them, and
whatever stands behind a word such as *password*.

The forms are those of the vendors' own pages on their tokens, as of November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

TOKEN_FORMS: Mapping[str, str] = {
    "PEM key": (
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{0,8000}?"
        r"(?:-----END [A-Z ]{0,30}-----|\Z)"
    ),
    "JSON Web Token": r"\beyJ[\w-]{10,2000}\.[\w-]{10,2000}\.[\w-]{0,2000}",
    "GitHub": r"\b(?:gh[opusr]_[\w.-]{20,600}|github_pat_\w{20,200})",
    "GitLab": r"\bgl(?:pat|oas|rt|dt|ptt|ft|imt|agent|cbt|soat|ffct)-[\w.-]{16,200}",
    "Slack": r"\b(?:xox[abeoprs]-|xapp-\d-)[\w-]{10,200}",
    "Slack webhook": r"\bhttps?://hooks\.slack\.com/(?:services|workflows|triggers)/[\w/-]{8,200}",
    "Discord webhook": r"\bhttps?://(?:\w{2,10}\.)?discord(?:app)?\.com/api/webhooks/\d{5,25}/[\w-]{8,200}",
    "Discord bot": r"\b[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}\b",
    "Teams webhook": r"\bhttps?://[\w.-]{1,80}\.(?:webhook\.office\.com|logic\.azure\.com)[\w/@:.-]{8,300}",
    "Telegram bot": r"\b\d{8,10}:[\w-]{35}\b",
    "AWS": r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b",
    "Google": r"\b(?:AIza[\w-]{35}|GOCSPX-[\w-]{20,60}|ya29\.[\w-]{20,500})",
    "Stripe": r"\b(?:[srp]k_(?:live|test)_\w{10,200}|whsec_[\w+/=]{16,200})",
    "SendGrid": r"\bSG\.[\w-]{16,64}\.[\w-]{16,64}",
    "Twilio": r"\b(?:AC|SK)[0-9a-f]{32}\b",
    "Mailgun": r"\bkey-[0-9a-f]{32}\b",
    "Mailchimp": r"\b[0-9a-f]{32}-us\d{1,2}\b",
    "OpenAI or Anthropic": r"\bsk-[\w-]{16,300}",
    "Hugging Face": r"\bhf_[A-Za-z0-9]{30,60}",
    "npm": r"\bnpm_[A-Za-z0-9]{30,60}",
    "PyPI": r"\bpypi-[\w-]{40,400}",
    "Atlassian": r"\bAT(?:ATT|CTT|BB)3?[\w=-]{24,400}",
    "Linear": r"\blin_(?:api|oauth)_\w{30,80}",
    "DigitalOcean": r"\bdo[opr]_v1_[0-9a-f]{64}\b",
    "Shopify": r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b",
    "Square": r"\bsq0(?:atp|csp)-[\w-]{22,60}",
    "Databricks": r"\bdapi[0-9a-f]{32}\b",
    "New Relic": r"\bNRAK-[0-9A-Z]{27}\b",
    "Sentry": r"\bsntr[yu]s_[\w=+/]{20,300}",
}
"""By vendor. Each quantifier has an upper bound, so that no text takes long."""

_LONG_WORD = re.compile(r"[\w.:/=-]{17}")
"""Every form above has one: most texts have none, and are looked at no further."""
_TOKEN = re.compile("|".join(TOKEN_FORMS.values()))

_NAMING = re.compile(r"pass|pwd|key|secret|token|bearer|basic", re.IGNORECASE)
_VALUE = r"""["'`]?[^\s\["'`,;<>]{6,500}"""
_LOCK_WORDS = r"pass(?:word|wd|phrase|code)|pwd"
_KEY_WORDS = (
    r"(?:api|access|auth|client|private|secret|signing|account|license)[_ -]?(?:key|token|secret)"
    r"(?:[_ -]?(?:id|key))?|secret|token|apikey|bot[_ -]?token"
)
# "token: abc123", "AWS_SECRET_ACCESS_KEY=...", `"client_secret": "..."`; a plain word behind a
# colon and a space is prose ("The secret: patience"), unless it stands behind a password.
_NAMED = re.compile(
    rf"(?P<name>(?<![a-z])(?:{_KEY_WORDS}|{_LOCK_WORDS})[\"'`]?\s{{0,3}}(?:=>|:=|=)\s{{0,3}})"
    rf"(?P<a>{_VALUE})"
    rf"|(?P<name2>(?<![a-z])(?:{_LOCK_WORDS})[\"'`]?\s{{0,3}}:\s{{0,3}})(?P<b>{_VALUE})"
    rf"|(?P<name3>(?<![a-z])(?:{_KEY_WORDS})[\"'`]?\s{{0,3}}:\s{{0,3}})(?=\S{{0,80}}[\d_=+/-])"
    rf"(?P<c>{_VALUE})"
    rf"|(?P<name4>\b(?:{_LOCK_WORDS}|{_KEY_WORDS})\s{{1,3}}(?:is|was)\s{{1,3}})(?=\S{{0,80}}\d)"
    rf"(?P<d>{_VALUE})"
    rf"|(?P<name5>\b(?:bearer|basic)\s{{1,3}})(?=\S{{0,80}}[\d=])(?P<e>{_VALUE})",
    re.IGNORECASE,
)
_PROSE_WORDS = """
required wrong incorrect invalid expired missing reset changed refused rejected denied empty
optional forgotten accepted correct unknown hidden visible needed cannot should always never
protected encrypted string number boolean undefined [secret]
"""
_PROSE = frozenset(_PROSE_WORDS.split())
"""What stands behind "password:" in a report and is none."""

_LOGIN_IN_ADDRESS = re.compile(
    r"\b([a-z][a-z0-9+.-]{1,20}://)[^\s/@:\[]{1,100}:[^\s/@]{1,200}@", re.I
)


def without_secrets(text: str) -> str:
    """The text with ``[secret]`` for every key, token, password and webhook address."""
    if _LONG_WORD.search(text):
        text = _TOKEN.sub("[secret]", text)
    if "://" in text:
        text = _LOGIN_IN_ADDRESS.sub(r"\1[secret]@", text)
    if _NAMING.search(text):
        text = _NAMED.sub(_named, text)
    return text


def _named(match: re.Match[str]) -> str:
    """What was named, without its value."""
    name = next(filter(None, match.group("name", "name2", "name3", "name4", "name5")))
    value = next(filter(None, match.group("a", "b", "c", "d", "e")))
    word = value.strip("\"'`.,;:!?)(").lower()
    if word in _PROSE:
        return match[0]
    return f"{name}[secret]"
