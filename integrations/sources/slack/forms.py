"""Messages by which a program hands on what a person says: forms of Workflow Builder and other
apps, and messages that a colleague shared into a channel."""

from __future__ import annotations

import re

from integrations.sources.slack.blocks import blocks_to_text
from integrations.sources.slack.mrkdwn import mrkdwn_to_text
from integrations.text.plain import sanitize, tidy

_MOST_ATTACHMENTS = 20
_SUBMITTER_LABELS = (
    "from|by|submitted by|sent by|reported by|requested by|posted by|filled in by|reporter"
    "|requester|submitter|author|user|member|person|name|who"
)
_SUBMITTER = re.compile(
    rf"^[ \t>•-]*[*_]*(?:{_SUBMITTER_LABELS})[ \t]*[:?]?[*_]*[ \t]*[:?]?[ \t]*"
    r"<@([UW][A-Z0-9]+)(?:\|[^<>\n]{0,200})?>[*_]*[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_LABEL = re.compile(r"^[ \t]*\*[^*\n]{1,150}\*[ \t]*:?[ \t]*", re.MULTILINE)


def submitter(raw: str) -> str:
    """The id of the member whose words a form holds; blank where it names none.

    >>> submitter("*New idea*\\n*From:* <@U77>\\n*What?* A dark theme")
    'U77'
    """
    named = _SUBMITTER.search(raw)
    return named[1] if named else ""


def form_text(raw: str) -> str:
    """What a person wrote into a form, without its questions; all of it where nothing is left.

    >>> form_text("*New idea*\\n*From:* <@U77>\\n*What?* A dark theme")
    'A dark theme'
    """
    answers = mrkdwn_to_text(_LABEL.sub("", _SUBMITTER.sub("", raw)))
    return answers or mrkdwn_to_text(raw)


def shared_text(attachments: object, *, only_shared: bool) -> str:
    """The words in a message's attachments, one paragraph each; ``only_shared`` leaves out whatever
    is not a message that was shared: previews of links are nobody's words."""
    paragraphs = []
    listed = attachments if isinstance(attachments, list) else []
    for attachment in listed[:_MOST_ATTACHMENTS]:
        if not isinstance(attachment, dict):
            continue
        if only_shared and attachment.get("is_share") is not True:
            continue
        paragraphs.append(_words_of(attachment))
    return tidy(sanitize("\n\n".join([text for text in paragraphs if text])))


def _words_of(attachment: dict[str, object]) -> str:
    for key in ("text", "pretext"):
        value = attachment.get(key)
        if isinstance(value, str) and value.strip():
            return mrkdwn_to_text(value)
    shared = attachment.get("message_blocks")
    blocks: list[object] = []
    for part in shared if isinstance(shared, list) else []:
        message = part.get("message") if isinstance(part, dict) else None
        inner = message.get("blocks") if isinstance(message, dict) else None
        blocks += inner if isinstance(inner, list) else []
    own = attachment.get("blocks")
    text = blocks_to_text(blocks) or blocks_to_text(own)
    fallback = attachment.get("fallback")
    return text or (mrkdwn_to_text(fallback) if isinstance(fallback, str) else "")
