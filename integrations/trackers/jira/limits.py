"""What Jira accepts at most, in Cloud and in Data Center alike."""

from __future__ import annotations

JIRA_SUMMARY_MAX_CHARACTERS = 255
JIRA_DESCRIPTION_MAX_CHARACTERS = 32_767
"""Of wiki markup, or of the JSON of an ADF document."""
