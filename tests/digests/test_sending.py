"""Digests go out once, by every way, whatever is refused or cut off."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from app.digests.ledger import claim, due_dispatches, write_due_digests
from app.digests.schedule import Schedule
from app.digests.sending import SENDING_TRIES_MOST, SendDigests
from app.digests.subscriptions import (
    NewSubscription,
    Subscription,
    add_subscription,
    end_by_token,
    list_subscriptions,
)
from app.digests.watching import watch
from app.errors import Invalid, NotFound
from app.models.states import DispatchChannel, DispatchState, Frequency
from app.storage.db import Database
from app.storage.rows import fetch_all
from app.storage.vault import Vault
from integrations.network import Network
from tests.scenes.mailbox import PASSWORD, Mailbox, open_mailbox
from tests.scenes.reading import NOW, add_comment, add_product, add_source, add_theme
from tests.scenes.stand_ins import Reply, StandIn, standing

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")
MONDAY = datetime(2026, 11, 23, 8, 0, 5, tzinfo=UTC)
KIM = "kim@example.org"
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ADD_SPIKE = """
    insert into spike (product_id, sort, subject, theme_id, day, people, expected, escalates,
                       found_at)
    values (%s, 'theme', %s, %s, '2026-11-23', 14, 2.1, true, %s)
"""
HOSTILE = "Export & <b>crashes</b> | *now* @everyone [x](https://evil.example)\r\nBcc: all@x.org"


@dataclass
class Scene:
    """A product with one busy week, and the mail server that its digests go to."""

    database: Database
    vault: Vault
    mailbox: Mailbox
    product: uuid.UUID
    sender: SendDigests

    async def subscribe(self, **fields: Any) -> uuid.UUID:
        new = NewSubscription(**{"channel": DispatchChannel.email, "address": KIM, **fields})
        async with self.database.transaction() as c:
            return await add_subscription(c, self.vault, new, NOW)

    async def the(self) -> Subscription:
        async with self.database.transaction() as c:
            (subscription,) = await list_subscriptions(c)
        return subscription


@pytest.fixture
async def scene(database: Database, vault: Vault) -> AsyncIterator[Scene]:
    with open_mailbox() as mailbox:
        async with database.transaction() as c:
            product = await add_product(c, name="Atlas")
            source = await add_source(c, product)
            theme = await add_theme(c, product, HOSTILE, created_at=NOW)
            for number in range(3):
                text = f"The export crashes again, number {number}."
                await add_comment(c, product, source, text, theme_id=theme, created_at=NOW)
        sender = SendDigests(
            database,
            vault,
            Network(allow_private=True),
            "https://relay.example.org",
            mailbox.server(),
        )
        yield Scene(database, vault, mailbox, product, sender)


@pytest.mark.parametrize(
    ("schedule", "now", "at"),
    [
        (("weekly", 0, 8, "UTC"), "2026-11-20T12:00", "2026-11-23T08:00"),
        (("weekly", 0, 8, "UTC"), "2026-11-23T08:00", "2026-11-30T08:00"),
        (("weekly", 0, 8, "Europe/Berlin"), "2026-11-23T06:59", "2026-11-23T07:00"),
        (("daily", 3, 8, "Europe/Berlin"), "2026-10-24T07:00", "2026-10-25T07:00"),
        (("daily", 0, 2, "Europe/Berlin"), "2026-03-28T12:00", "2026-03-29T01:00"),
        (("daily", 0, 0, "Pacific/Auckland"), "2026-11-20T12:00", "2026-11-21T11:00"),
    ],
)
def test_a_digest_is_due_at_its_hour_there(
    schedule: tuple[str, int, int, str], now: str, at: str
) -> None:
    frequency, *rest = schedule
    due = Schedule(Frequency(frequency), *rest).next_after(  # type: ignore[arg-type]
        datetime.fromisoformat(now).replace(tzinfo=UTC)
    )
    assert due == datetime.fromisoformat(at).replace(tzinfo=UTC)


async def test_a_mail_comes_once_with_its_text_twin_and_a_way_out(scene: Scene) -> None:
    await scene.subscribe(product_id=scene.product)
    assert await scene.sender.run(NOW) == 0
    assert await scene.sender.run(MONDAY) == 1
    assert await scene.sender.run(MONDAY) == 0
    assert await scene.sender.run(MONDAY + timedelta(days=3)) == 0
    (mail,) = scene.mailbox.mails
    assert mail["Subject"] == "Atlas: week 47 of 2026"
    assert mail["To"] == KIM
    assert mail["Bcc"] is None
    text, html = (part.get_content() for part in mail.iter_parts())
    assert "People heard: 3" in text
    assert "https://relay.example.org/digests/2026-W47?product=atlas&tz=UTC" in text
    assert "<b>crashes" not in html
    assert "&lt;b&gt;crashes" in html
    assert "<script" not in html
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    off = re.fullmatch(r"<https://relay.example.org/digests/off/(\S+)>", mail["List-Unsubscribe"])
    assert off is not None
    async with scene.database.transaction() as c:
        for _ in range(2):
            await end_by_token(c, scene.vault, off[1])
        for wrong in ("x", off[1][:-4], scene.vault.encrypt(f"other:{uuid.uuid4()}").decode()):
            with pytest.raises(NotFound):
                await end_by_token(c, scene.vault, wrong)
    assert (await scene.the()).enabled is False
    assert await scene.sender.run(MONDAY + timedelta(days=7)) == 0


async def test_where_nothing_happened_nothing_is_sent(scene: Scene) -> None:
    await scene.subscribe()
    assert await scene.sender.run(MONDAY + timedelta(days=7)) == 0
    assert scene.mailbox.mails == []
    assert (await scene.the()).last_state is DispatchState.skipped


@pytest.mark.parametrize(
    ("where", "answer", "state"),
    [
        ("to_recipients", "450 4.2.0 Greylisted, try again later", DispatchState.pending),
        ("to_data", "451 4.3.0 Busy", DispatchState.pending),
        ("to_recipients", "550 5.1.1 No such user", DispatchState.failed),
        ("to_data", "554 5.7.1 Looks like spam", DispatchState.failed),
    ],
)
async def test_a_refusal_is_tried_again_where_that_helps(
    scene: Scene, where: str, answer: str, state: DispatchState
) -> None:
    await scene.subscribe()
    getattr(scene.mailbox, where).append(answer)
    assert await scene.sender.run(MONDAY) == 0
    refused = await scene.the()
    assert refused.last_state is state
    assert answer[:3] in refused.last_detail
    assert await scene.sender.run(MONDAY + timedelta(seconds=59)) == 0
    await scene.sender.run(MONDAY + timedelta(seconds=61))
    assert len(scene.mailbox.mails) == (state is DispatchState.pending)


async def test_a_server_that_is_away_is_given_up_in_the_end(scene: Scene) -> None:
    await scene.subscribe()
    away = replace(scene.sender, mail=scene.mailbox.server(port=1))
    at = MONDAY
    for _ in range(SENDING_TRIES_MOST):
        assert (await scene.the()).last_state in (None, DispatchState.pending)
        await away.run(at)
        at += timedelta(hours=2)
    given_up = await scene.the()
    assert given_up.last_state is DispatchState.failed
    assert "127.0.0.1:1" in given_up.last_detail


async def test_a_wrong_password_is_told_without_it(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    await scene.subscribe()
    wrong = replace(scene.sender, mail=scene.mailbox.server(password="wrong-" + PASSWORD))
    await wrong.run(MONDAY)
    refused = await scene.the()
    assert (refused.last_state, refused.last_reason) == (
        DispatchState.failed,
        "mail_login_refused",
    )
    assert PASSWORD not in refused.last_detail + "".join(capsys.readouterr()) + repr(wrong.mail)
    await replace(scene.sender, mail=None).run(MONDAY)
    tls = replace(scene.sender, mail=scene.mailbox.server(tls="starttls"))
    async with scene.database.transaction() as c:
        await c.execute("update dispatch set state = 'pending'")
    await tls.run(MONDAY)
    assert (await scene.the()).last_reason == "mail_not_supported"


async def test_a_lost_answer_is_told_and_never_sent_again(scene: Scene) -> None:
    await scene.subscribe()
    scene.mailbox.hangs_up = True
    assert await scene.sender.run(MONDAY) == 0
    lost = await scene.the()
    assert lost.last_state is DispatchState.unknown
    assert "may have arrived" in lost.last_detail
    scene.mailbox.hangs_up = False
    assert await scene.sender.run(MONDAY + timedelta(hours=9)) == 0
    assert len(scene.mailbox.mails) == 1


async def test_a_worker_that_dies_while_sending_leaves_it_unknown(scene: Scene) -> None:
    await scene.subscribe()
    async with scene.database.transaction() as c:
        assert await write_due_digests(c, MONDAY) == 1
        (due,) = await due_dispatches(c, MONDAY, 9)
        assert await claim(c, due.id, MONDAY)
        assert not await claim(c, due.id, MONDAY)
    assert await scene.sender.run(MONDAY) == 0
    assert scene.mailbox.mails == []
    assert (await scene.the()).last_state is DispatchState.unknown


CHANNELS = [DispatchChannel.slack, DispatchChannel.discord, DispatchChannel.teams]


@pytest.mark.parametrize("channel", [*CHANNELS, DispatchChannel.webhook])
async def test_chats_and_programs_get_it_in_their_own_form(
    scene: Scene, channel: DispatchChannel, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in = StandIn(answer=lambda _: Reply(b"ok"))
    stand_in.faults = [Reply(b"", 429, {"retry-after": "600"}), Reply(b"", 503)]
    with standing(stand_in) as url:
        address = f"{url}/services/T000/SECRET-PATH"
        secret = SIGNING if channel is DispatchChannel.webhook else ""
        await scene.subscribe(channel=channel, address=address, signing_secret=secret)
        assert await scene.sender.run(MONDAY) == 0
        assert await scene.sender.run(MONDAY + timedelta(seconds=599)) == 0
        assert await scene.sender.run(MONDAY + timedelta(seconds=601)) == 0
        assert await scene.sender.run(MONDAY + timedelta(seconds=1201)) == 1
    shown = await scene.the()
    assert shown.shown == "127.0.0.1"
    assert "SECRET-PATH" not in repr(shown) + "".join(capsys.readouterr())
    request = stand_in.asked[-1]
    body = json.loads(request.body)
    if channel is DispatchChannel.slack:
        assert len(body["blocks"]) <= 50
        assert all(len(part["text"]["text"]) <= 3000 for part in body["blocks"])
        assert "&amp; &lt;b&gt;crashes" in request.body.decode()
    elif channel is DispatchChannel.discord:
        assert body["allowed_mentions"] == {"parse": []}
        assert len(json.dumps(body["embeds"][0])) <= 6000
    elif channel is DispatchChannel.teams:
        assert len(request.body) <= 28_000
        assert body["attachments"][0]["content"]["type"] == "AdaptiveCard"
    else:
        assert request.headers["webhook-id"] == stand_in.asked[0].headers["webhook-id"]
        headers = {name: request.headers[name] for name in request.headers if "webhook" in name}
        stamped = Webhook(SIGNING)
        signed = stamped.sign(
            headers["webhook-id"],
            datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC),
            request.body.decode(),
        )
        assert signed == headers["webhook-signature"]
        assert body["type"] == "digest.created"
        assert body["data"]["figures"][0]["value"] == 3
    if channel in (DispatchChannel.discord, DispatchChannel.teams):
        assert "@everyone" not in request.body.decode()
        assert "[x](https://evil" not in request.body.decode()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (404, DispatchState.failed),
        (400, DispatchState.failed),
        (302, DispatchState.failed),
        (500, DispatchState.pending),
    ],
)
async def test_what_a_webhook_refuses(scene: Scene, status: int, state: DispatchState) -> None:
    with standing(StandIn(answer=lambda _: Reply(b"no", status))) as url:
        await scene.subscribe(channel=DispatchChannel.slack, address=f"{url}/x")
        await scene.sender.run(MONDAY)
    refused = await scene.the()
    assert refused.last_state is state
    assert str(status) in refused.last_detail


async def test_a_webhook_on_a_private_address_is_not_called(scene: Scene) -> None:
    stand_in = StandIn(answer=lambda _: Reply(b"ok"))
    with standing(stand_in) as url:
        await scene.subscribe(channel=DispatchChannel.slack, address=url)
        await replace(scene.sender, network=Network()).run(MONDAY)
    assert stand_in.asked == []
    assert (await scene.the()).last_reason == "address_refused"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"address": "kim"}, "digest_address_invalid"),
        ({"address": "kim@example.org\nBcc: x@y.z"}, "digest_address_invalid"),
        ({"channel": "slack", "address": "ftp://x"}, "digest_address_invalid"),
        ({"channel": "slack", "address": "https://["}, "digest_address_invalid"),
        ({"channel": "webhook", "address": "https://x.org"}, "digest_secret_invalid"),
        ({"digests": False}, "digest_nothing_chosen"),
        ({"hour": 24}, "digest_time_invalid"),
        ({"time_zone": "Mars"}, "timezone_unknown"),
    ],
)
async def test_what_cannot_be_subscribed(scene: Scene, fields: Any, reason: str) -> None:
    if "channel" in fields:
        fields = fields | {"channel": DispatchChannel(fields["channel"])}
    with pytest.raises(Invalid) as refused:
        await scene.subscribe(**fields)
    assert refused.value.reason == reason


async def test_a_spike_is_told_at_once_to_whoever_asked_for_alerts(scene: Scene) -> None:
    async with scene.database.transaction() as c:
        (theme,) = await fetch_all(c, "select id from theme")
        await c.execute(ADD_SPIKE, [scene.product, str(theme["id"]), theme["id"], MONDAY])
    await scene.subscribe(alerts=True, digests=False)
    async with scene.database.transaction() as c:
        await c.execute("update digest_subscription set created_at = %s", [NOW])
    for _ in range(2):
        await watch(scene.database, MONDAY)
        await scene.sender.run(MONDAY)
    (mail,) = scene.mailbox.mails
    assert mail["Subject"].startswith("Atlas: Export & <b>crashes</b>")
    text, _ = (part.get_content() for part in mail.iter_parts())
    assert "14 people on 23 Nov 2026, 2.1 are usual; it was ignored before" in text
    assert (await scene.the()).last_about.startswith("spike:")


async def test_every_product_is_told_of_in_one_run(scene: Scene) -> None:
    async with scene.database.transaction() as c:
        for number in range(5):
            product = await add_product(c, f"product-{number}")
            source = await add_source(c, product)
            await add_comment(c, product, source, "The export crashes.", created_at=NOW)
            new = NewSubscription(DispatchChannel.email, KIM, product_id=product)
            await add_subscription(c, scene.vault, new, NOW)
    assert await scene.sender.run(MONDAY) == 5
    assert len({mail["Subject"] for mail in scene.mailbox.mails}) == 5
