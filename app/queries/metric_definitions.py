"""What each number of a span means, in words that stand beside it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

METRIC_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "comments": "Comments that were written in the period and not deleted since.",
        "people_heard": "Distinct people who wrote in the period. Linked accounts are one person, "
        "a comment that names nobody is one of its own; staff and programs are left out.",
        "people_new": "People heard whose first comment ever was written in the period.",
        "people_returning": "Of the people heard in as many days before, those who were heard "
        "again in the period.",
        "people_lost": "People who wrote four times or more in the 90 days before the period, and "
        "nothing in it.",
        "net_tone": "(friendly - unfriendly) / both, per 100 comments that sound either way, with "
        "their number and the interval in which it lies with 95 % confidence.",
        "response_coverage": "Questions that somebody else answered within seven days / all that "
        "were asked in the period.",
        "response_median": "Half of all questions of the period were answered within this time; "
        "those without an answer wait for ever.",
        "response_p90": "Nine of ten questions of the period were answered within this time.",
        "theme_closure": "Themes accepted or ignored in the period / (open when it began + opened "
        "in it). Merged ones are left out.",
        "told_of_shipped": "Themes shipped in the period whose people were told by now / all that "
        "were shipped in it.",
        "rising": "Themes by the people who spoke of them in the period, against as many days "
        "before.",
    }
)
