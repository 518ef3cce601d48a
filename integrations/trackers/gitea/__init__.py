"""Gitea and Forgejo, as the registry finds them."""

from integrations.trackers.gitea.tracker import TRACKER as TRACKER
