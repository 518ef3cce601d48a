"""Follows questions with your tags on Stack Overflow or another site of Stack Exchange, with their
answers and comments. It costs nothing.

1. Enter the site and the tags in the settings. A tag has to exist on the site.
2. Enter a key, as is said below, where more is written than 300 calls a day can fetch.

Heard are questions, answers and comments, from the beginning on, every quarter of an hour, with
edits and deletions. Comments on a question that is otherwise quiet are found with its next answer
or edit. What is written there is licensed CC BY-SA: author and address stay with every quote.
Answers by a program are not welcome there, so none are sent.
"""

from __future__ import annotations

from integrations.signatures import SENDS_NOTHING
from integrations.source_contract import Source
from integrations.sources.stackexchange.polling import STACKEXCHANGE_POLLING
from integrations.sources.stackexchange.posts import (
    STACK_IGNORED,
    STACK_KINDS,
    delivery_id,
    event,
    parse,
)
from integrations.sources.stackexchange.settings import Settings

SOURCE: Source[Settings] = Source(
    name="stackexchange",
    title="Stack Exchange",
    settings=Settings,
    signature=SENDS_NOTHING,
    handled=STACK_KINDS,
    ignored=STACK_IGNORED,
    event=event,
    parse=parse,
    delivery_id=delivery_id,
    polling=STACKEXCHANGE_POLLING,
    no_replies="The sites of Stack Exchange do not welcome answers by a program: answer there in "
    "person.",
    guide=__doc__,
)
