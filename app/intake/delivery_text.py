"""Finds deliveries by what stands in their bodies."""

from __future__ import annotations

import json
from collections.abc import Mapping

TEXT_SEARCHED_DELIVERIES = 10_000
"""A body is found among so many of the newest ones: none of them is in an index."""

# ``escape`` writes every byte that is not ASCII as an octal number, so that a body in any encoding
# can be compared, and letters of ASCII whatever their case.
HOLDS_TEXT = """
    d.id >= (
        select coalesce(min(newest.id), 0)
        from (select id from delivery
              where %(of_source)s::uuid is null or source_id = %(of_source)s
              order by id desc limit %(searched)s) newest)
    and (position(lower(encode(convert_to(%(text)s, 'UTF8'), 'escape'))
                  in lower(encode(d.body, 'escape'))) > 0
      or position(lower(encode(convert_to(%(json_text)s, 'UTF8'), 'escape'))
                  in lower(encode(d.body, 'escape'))) > 0)
"""


def text_values(text: str, source_id: object) -> Mapping[str, object]:
    """The values of HOLDS_TEXT: a text, which JSON may write with escapes."""
    return {
        "text": text,
        "json_text": json.dumps(text)[1:-1],
        "of_source": source_id,
        "searched": TEXT_SEARCHED_DELIVERIES,
    }
