"""Tries the way in to a source: a signed request to its real address, as its platform sends."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.errors import Conflict, Invalid
from app.setup.platforms import platform
from app.setup.sources import Source, active_secrets, get_source, webhook_url
from app.storage.db import Database
from app.storage.rows import fetch_value
from app.storage.vault import Vault
from integrations.contract import IntegrationError
from integrations.network import Network
from integrations.signatures import sign
from integrations.source_contract import TEST_HEADER

if TYPE_CHECKING:
    import httpx

TEST_TIMEOUT_SECONDS = 15.0
TEST_DETAIL_MAX_CHARACTERS = 300
SELECT_TEST_DELIVERY = "select id from delivery where source_id = %s and dedup_key = %s"


@dataclass(frozen=True, slots=True)
class TriedWayIn:
    """What became of a test. ``status`` is the HTTP status of the answer, 0 where none came;
    ``detail`` is a sentence."""

    arrived: bool
    status: int
    detail: str
    delivery_id: int | None = None


async def send_test_event(
    database: Database, vault: Vault, source_id: uuid.UUID, *, base_url: str, network: Network
) -> TriedWayIn:
    """Send a request to the source's address, as its platform would, and say what happened.

    Raises NotFound, Invalid (``test_not_possible``) where only the platform can sign, Conflict
    (``no_secret``), SecretUnreadable.
    """
    async with database.transaction() as connection:
        source = await get_source(connection, source_id)
        secrets = await active_secrets(connection, vault, source_id)
    test_id = uuid.uuid4().hex
    headers, body = _signed_request(source, secrets, test_id)
    url = webhook_url(base_url, source.id)
    try:
        answer = await _post(url, headers, body, network)
    except IntegrationError as error:
        return TriedWayIn(False, 0, f"{url} could not be called. {error.detail}")
    if answer is None:
        return TriedWayIn(
            False,
            0,
            f"Nothing answers at {url}, so no platform gets through either: look whether the web "
            "server, the proxy before it and RELAY_PUBLIC_URL are right.",
        )
    if not answer.is_success:
        return TriedWayIn(False, answer.status_code, _refusal(url, answer))
    async with database.transaction() as connection:
        delivery_id = await fetch_value(
            connection, SELECT_TEST_DELIVERY, [source.id, f"test:{test_id}"]
        )
    if delivery_id is None:
        detail = (
            f"Something answered at {url} with {answer.status_code}, and nothing arrived here: "
            "another server, or a page of a proxy, stands at this address."
        )
        return TriedWayIn(False, answer.status_code, detail)
    detail = f"It arrived, was signed rightly and is stored as delivery {delivery_id}."
    return TriedWayIn(True, answer.status_code, detail, delivery_id)


def _signed_request(
    source: Source, secrets: list[str], test_id: str
) -> tuple[Mapping[str, str], bytes]:
    definition = platform(source.platform)
    signature = definition.signed_by(source.settings)
    if not definition.sends or signature.algorithm == "ed25519":
        raise _only_by_platform(definition.title)
    if not secrets:
        raise Conflict("The source has no secret: rotate it first.", reason="no_secret")
    headers, body = {"content-type": "application/json"}, b"{}"
    if definition.sample is not None:
        settings: Any = definition.settings.model_validate(source.settings)
        item = definition.sample(settings)
        headers, body = dict(item.headers), item.body
    moment = int(datetime.now(UTC).timestamp())
    try:
        signed = sign(signature, secrets[0], body, id=f"test_{test_id}", timestamp=moment)
    except ValueError:
        raise _only_by_platform(definition.title) from None
    return {**headers, **signed, TEST_HEADER: test_id}, body


def _only_by_platform(title: str) -> Invalid:
    return Invalid(f"{title} alone can send here, so use its own test.", reason="test_not_possible")


async def _post(
    url: str, headers: Mapping[str, str], body: bytes, network: Network
) -> httpx.Response | None:
    """The answer; None where nothing answers. The address is our own, so it may be a private
    one."""
    import httpx  # here: most who read a source's settings call nothing

    from integrations.http import client

    own = replace(network, allow_private=True)
    async with client(own, timeout=TEST_TIMEOUT_SECONDS) as http:
        try:
            return await http.post(url, headers=headers, content=body)
        except httpx.HTTPError:
            return None


def _refusal(url: str, answer: httpx.Response) -> str:
    try:
        problem = json.loads(answer.content)
        words = str(problem["detail"])[:TEST_DETAIL_MAX_CHARACTERS]
    except (ValueError, KeyError, TypeError, RecursionError):
        return (
            f"{url} answered with {answer.status_code}, and not in our words: a proxy or another "
            "server stands before it."
        )
    return f"It was refused with {answer.status_code}: {words}"
