"""Whether mails get through, and what was sent last arrived."""

from __future__ import annotations

from app.config import Settings
from app.digests.failures import SendFailed
from app.digests.ledger import troubled_subscriptions
from app.digests.mail import check_mail
from app.digests.subscriptions import list_subscriptions
from app.models.states import DispatchChannel
from app.running.verdicts import right, wrong
from app.storage.db import Database
from integrations.tracker_contract import Finding


async def mail_findings(settings: Settings, database: Database) -> list[Finding]:
    """The mail server, where one is named or needed, and each subscription that is in trouble."""
    async with database.transaction() as connection:
        subscriptions = await list_subscriptions(connection)
        troubled = await troubled_subscriptions(connection)
    by_mail = any(one.channel is DispatchChannel.email and one.enabled for one in subscriptions)
    results = await _server_findings(settings, by_mail=by_mail)
    for one in troubled:
        remedy = "Put that right, then press “Send one now” under Digest, Who gets digests."
        results.append(wrong(f"digest to {one.shown}", one.detail, remedy))
    return results


async def _server_findings(settings: Settings, *, by_mail: bool) -> list[Finding]:
    server = settings.mail_server
    if server is None:
        if not by_mail:
            return []
        remedy = "Set RELAY_SMTP_HOST, and what else the server wants."
        return [wrong("mail", "Somebody gets digests by mail, and no server is named.", remedy)]
    try:
        await check_mail(server)
    except SendFailed as failure:
        remedy = "Look at the settings that begin with RELAY_SMTP_."
        return [wrong("mail", failure.detail, remedy)]
    return [right("mail", f"{server.host} takes mails from us.")]
