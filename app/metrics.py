"""The counters that /metrics shows. Labels are few and bounded: platforms, reasons, stages."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

DELIVERIES = Counter(
    "relay_deliveries", "Webhook requests, by platform and outcome.", ["platform", "outcome"]
)
STAGE_ROWS = Counter(
    "relay_stage_rows", "Rows that left a stage, by outcome.", ["stage", "outcome"]
)
STAGE_SECONDS = Histogram(
    "relay_stage_batch_seconds", "Seconds a batch took in a stage.", ["stage"]
)
TICKET_CALLS = Counter(
    "relay_ticket_calls", "Calls to trackers, by type and outcome.", ["tracker", "outcome"]
)
TICKET_DELIVERIES = Counter(
    "relay_ticket_deliveries", "Webhook requests of trackers, by outcome.", ["outcome"]
)
CONNECTIONS_REFUSED = Counter(
    "relay_connections_refused", "Connections that were refused or cut off, by reason.", ["reason"]
)
