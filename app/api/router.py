"""The REST API, put on an application by ``install_api``."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from app.api import (
    account_links,
    accounts,
    comments,
    decisions,
    deliveries,
    digest_subscriptions,
    digests,
    following,
    learning,
    linking,
    matters,
    merging,
    metrics,
    people,
    polling,
    products,
    promises,
    questions,
    replies,
    reply_rules,
    routing,
    source_health,
    sources,
    spikes,
    stats,
    suggestions,
    themes,
    ticket_fields,
    tickets,
    trackers,
)
from app.api.docs import API_PREFIX, install_docs
from app.api.problems import install_error_handlers

router = APIRouter()
for part in (
    products,
    routing,
    sources,
    source_health,
    polling,
    deliveries,
    comments,
    decisions,
    merging,
    suggestions,
    themes,
    matters,
    trackers,
    ticket_fields,
    tickets,
    linking,
    following,
    replies,
    reply_rules,
    questions,
    promises,
    people,
    account_links,
    stats,
    metrics,
    spikes,
    digests,
    digest_subscriptions,
    learning,
    accounts,
):
    router.include_router(part.router)


def install_api(app: FastAPI) -> None:
    """Put ``/api/v1``, its description and the one shape of errors on ``app``."""
    install_error_handlers(app)
    app.include_router(router, prefix=API_PREFIX)
    install_docs(app)
