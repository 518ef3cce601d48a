"""Sends events to the receiver, signed as Standard Webhooks has it.

Source: the specification of Standard Webhooks, version 1 (``webhook-id`` stays the same over
repetitions; several signatures while a secret is changed; 410 means that nothing is wanted any
more).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from integrations import failures
from integrations.contract import IntegrationError
from integrations.http import client
from integrations.network import PLAIN_NETWORK, Network
from integrations.scrubbing import Scrubber
from integrations.signatures import Signature, sign
from integrations.trackers.webhook.events import event
from integrations.trackers.webhook.settings import SECRET_PREFIX

STANDARD_WEBHOOK = Signature(
    header="webhook-signature",
    encoding="base64",
    prefix="v1,",
    signed="{id}.{timestamp}.{body}",
    id_header="webhook-id",
    timestamp_header="webhook-timestamp",
    separator=" ",
    secret_prefix=SECRET_PREFIX,
    is_base64_secret=True,
)
"""How we sign, and how the receiver signs what it posts back."""
RECEIVER = "The receiver"
ANSWER_MAX_BYTES = 256 * 1024


class WebhookSender:
    """The connection to one receiver. ``clock`` gives the time in UTC."""

    def __init__(
        self,
        address: str,
        secrets: Sequence[str],
        *,
        network: Network = PLAIN_NETWORK,
        timeout: httpx.Timeout | float = 20.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._address = address
        self._secrets = secrets
        self._clock = clock
        self.scrubber = Scrubber([*secrets, *(one.removeprefix(SECRET_PREFIX) for one in secrets)])
        self._client = client(network, timeout=timeout, max_response_bytes=ANSWER_MAX_BYTES)

    async def send(self, message_id: str, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        """One event; what the receiver answered, empty where that is no JSON object. Raises
        TrackerError."""
        now = self._clock()
        body = json.dumps(event(kind, now, data), ensure_ascii=False).encode()
        headers = {"content-type": "application/json", **self._signed(message_id, body, now)}
        try:
            response = await self._client.post(self._address, content=body, headers=headers)
        except IntegrationError as error:
            raise failures.refused(error) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise failures.from_transport(RECEIVER, error) from None
        answer = _json_of(response)
        if response.is_success:
            return answer
        raise failures.from_status(
            RECEIVER,
            response.status_code,
            response.headers,
            [self.scrubber.clean(str(answer.get(key) or "")) for key in ("error", "message")],
            now=now,
        )

    async def close(self) -> None:
        """Release connections."""
        await self._client.aclose()

    def _signed(self, message_id: str, body: bytes, now: datetime) -> Mapping[str, str]:
        """The headers, with one signature for each secret."""
        stamp = int(now.timestamp())
        signed = [
            sign(STANDARD_WEBHOOK, secret, body, message_id, stamp) for secret in self._secrets
        ]
        header = STANDARD_WEBHOOK.header
        return {**signed[0], header: " ".join(headers[header] for headers in signed)}


def _json_of(response: httpx.Response) -> dict[str, Any]:
    try:
        value = response.json() if response.content else {}
    except (ValueError, RecursionError):
        value = {}
    return value if isinstance(value, dict) else {}
