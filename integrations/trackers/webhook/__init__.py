"""A program of your own, as the registry finds it."""

from integrations.trackers.webhook.tracker import TRACKER as TRACKER
