"""GitHub, as the registry finds it."""

from integrations.trackers.github.tracker import TRACKER as TRACKER
