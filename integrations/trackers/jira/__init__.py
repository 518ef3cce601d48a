"""Jira, as the registry finds it."""

from integrations.trackers.jira.tracker import TRACKER as TRACKER
