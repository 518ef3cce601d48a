"""GitLab, as the registry finds it."""

from integrations.trackers.gitlab.tracker import TRACKER as TRACKER
