"""Slack, as the registry finds it."""

from integrations.sources.slack.source import SOURCE as SOURCE
