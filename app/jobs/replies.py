"""Answers travel back: drafts for whoever waits for news, and what was approved is sent."""

from __future__ import annotations

import procrastinate
from structlog.contextvars import bound_contextvars

from app.replies.drafting import draft_replies
from app.replies.ledger import SEND_TASK
from app.replies.sending import SendReplies
from app.tickets.ledger import QUEUE

SEND_CRON = "* * * * * */10"  # the sixth field counts seconds


def add_replies(jobs: procrastinate.App, replies: SendReplies) -> None:
    """Add the task to the engine. It can end at any moment and starts again where it was."""

    @jobs.periodic(cron=SEND_CRON)
    @jobs.task(name=SEND_TASK, queue=QUEUE, queueing_lock=SEND_TASK)
    async def send(timestamp: int) -> None:
        with bound_contextvars(job=SEND_TASK):
            await draft_replies(replies.database)
            await replies.run_all()
