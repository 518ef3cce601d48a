"""Linear, as the registry finds it."""

from integrations.trackers.linear.tracker import TRACKER as TRACKER
