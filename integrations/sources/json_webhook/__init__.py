"""Any webhook that sends JSON, by a mapping that people enter."""

from integrations.sources.json_webhook.source import SOURCE as SOURCE
